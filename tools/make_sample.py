"""Make the bundled sample again, byte for byte: ``python tools/make_sample.py [FOLDER]``, or another invented city.

Each theme writes its own files from its own seed, so that a change in one does not move the others. What the sample
hides on purpose (its *planted truth*) is written in its README, and tests hold the baselines to finding it.
"""

import argparse
import hashlib
import json
import shutil
import sys
import tempfile
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from datakit.data.cards import PACKAGED, read_card  # noqa: E402
from tools.sample import draws  # noqa: E402

BUNDLED = ROOT / "datakit" / "sample"
THEMES = ("territory", "trees", "vegetation", "inclusion", "squares")
MADE = "2026-01-15T00:00:00Z"  # fixed: the sample has no retrieval, and its lock must not change with the clock
README = """\
# The sample: SYNTHETIC, INVENTED, NOT DIJON

Every file in this folder is invented by `tools/make_sample.py`, in the format of the publisher named on its data card
and with that publisher's quirks, so that the reader of the live file is the one at work here. The names and codes of
communes and the codes of IRIS are the real ones, to let a team replace one invented layer by the real one; only the
IRIS where hardship is planted have fictitious codes, so that no real place is called poor. The names of IRIS are
fictitious all over, but for communes that are one IRIS. Nothing else is real: no tree, no street, no service, no
figure. No result computed on the sample says anything about Dijon.

About one row in two hundred is broken on purpose: `datakit.load` sets it aside and says so.

## Planted truth
What the baselines must find, because it was put there.

"""


def make(folder, seed=draws.SEED, without=(), themes=THEMES):
    """Write the whole sample mirror into ``folder`` (replaced if it exists).

    Parameters
    ----------
    folder : path
    seed : int
        Another one invents another city: every random number of it.
    without : iterable of str
        Planted effects to leave out, of `tools.sample.draws.EFFECTS`.
    themes : sequence of str
        Whose files to write.
    """
    with draws.city(seed, without):
        return _make(Path(folder), themes)


def _make(folder, themes):
    seed, without = draws.drawn()
    readme, entries = README, {}
    if (seed, without) != (draws.SEED, ()):
        left_out = "".join(f"- Left out: {draws.EFFECTS[effect]} (`{effect}`).\n" for effect in without)
        readme += f"Not the bundled city: that of seed {seed}. Below stands what the bundled one holds.\n\n{left_out}\n"
    with tempfile.TemporaryDirectory() as made:
        made = Path(made)
        for k, theme in enumerate(THEMES):
            if theme not in themes:
                continue
            module = import_module(f"tools.sample.{theme}")
            module.make(made, draws.rng(10 + k))
            readme += module.TRUTH.strip() + "\n\n"
        for file in sorted(f for f in made.glob("*/*") if f.is_file()):
            id, data = file.parent.name, file.read_bytes()
            card = read_card(PACKAGED / f"{id.partition('@')[0]}.json")
            entries[id] = {
                "filename": file.name,
                "sha256": hashlib.sha256(data).hexdigest(),
                "bytes": len(data),
                "url": None,
                "licence": "CC0-1.0",
                "retrieved": MADE,
                "note": f"SYNTHETIC SAMPLE in the format of: {card.publisher}",
            }
        lock = {"version": 1, "synthetic": True, "datasets": entries}
        (made / "data.lock").write_text(json.dumps(lock, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        (made / "README.md").write_text(readme.rstrip() + "\n", encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        shutil.copytree(made, folder)
    return entries


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", default=BUNDLED, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=draws.SEED, help="of another city (default: %(default)s)")
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        choices=draws.EFFECTS,
        metavar="EFFECT",
        help="leave out a planted effect, again for another: "
        + "; ".join(f"{k}: {v}" for k, v in draws.EFFECTS.items()),
    )
    asked = parser.parse_args()
    folder = Path(asked.folder)
    if folder.resolve() == BUNDLED.resolve() and (asked.seed, asked.without) != (draws.SEED, []):
        parser.error("another city needs a FOLDER of its own: the bundled sample stays as it is")
    entries = make(folder, asked.seed, asked.without)
    total = sum(e["bytes"] for e in entries.values())
    for id, entry in entries.items():
        print(f"{id:<32}{entry['bytes'] / 1e6:8.2f} MB  {entry['filename']}")
    print(f"{len(entries)} datasets, {total / 1e6:.1f} MB in {folder}")


if __name__ == "__main__":
    main()
