"""docs/jury.md names every reason for which a dossier is refused, and every limit of a second run."""

import re

from datakit.dossier import agreeing, opening


def test_every_code_is_explained_and_no_other(root):
    page = (root / "docs" / "jury.md").read_text(encoding="utf-8")
    table = page.partition("## What is refused")[2].partition("\n## ")[0]
    assert set(re.findall(r"\| `(\w+)` \|", table)) == {*opening.SAID, *agreeing.SAID}


def test_what_the_sandbox_advises_is_there(root):
    page = (root / "docs" / "jury.md").read_text(encoding="utf-8")
    assert "### Not allowed here" in page and "apparmor_restrict_unprivileged_userns" in page
