"""Invented tables stay apart from real ones."""

import pandas as pd

from datakit.inclusion import mixing


def test_invented_tables_are_not_combined_with_a_real_one():
    def frame(synthetic):
        table = pd.DataFrame({"a": [1]})
        table.attrs["datakit"] = {"synthetic": synthetic}
        return table

    kept, invented = mixing.keep_real(frame(False), iris=frame(True), bpe=frame(False))
    assert (kept["iris"], invented) == (None, ["iris"])
    assert kept["bpe"] is not None
    kept, invented = mixing.keep_real(frame(False), rehearsal=True, iris=frame(True), bpe=frame(False))
    assert (kept["iris"] is not None, invented) == (True, ["iris"])
    assert mixing.keep_real(frame(True), iris=frame(True), bpe=frame(False))[1] == []  # all of it is stamped
