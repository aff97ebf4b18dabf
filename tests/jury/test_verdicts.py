"""A verdict is kept whole, and a dossier is worth its worst answer."""

import pytest

from datakit.errors import WrongUse
from datakit.jury import verdicts
from datakit.jury.verdicts import AnswerVerdict, FigureVerdict, Verdict


def test_a_verdict_is_read_as_it_was_written(tmp_path):
    figure = FigureVerdict("share", "%", 12.5, 12.4, 0.2, verdicts.CLOSE)
    answer = AnswerVerdict("10_question", "how-much", "How much?", "12.5 %", verdicts.CLOSE, [figure])
    one = Verdict("equipe", "ab" * 32, "Équipe", status=verdicts.CLOSE, answers=[answer], late=True)
    one.write(tmp_path)
    assert verdicts.read(tmp_path) == one
    assert [p.name for p in tmp_path.iterdir()] == [verdicts.FILE]


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"kind": "other", "answers": []}'])
def test_what_is_no_verdict_is_refused(tmp_path, text):
    if text is not None:
        (tmp_path / verdicts.FILE).write_text(text, encoding="utf-8")
    with pytest.raises(WrongUse, match="not a verdict"):
        verdicts.read(tmp_path)


def test_the_worst_answer_counts():
    assert verdicts.worst(["same", "different", "close"]) == "different"
    assert verdicts.worst([]) == "cannot"
