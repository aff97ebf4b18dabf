"""The audit of an inventory: what it is worth, and which questions it cannot answer.

outcome   What an inventory is worth: every check with its count and verdict
checks    The checks of the audit: each counts trees, says how many it could judge
counting  What a check finds: how many trees, of how many, and the verdict by a pair of limits
words     What the audit says: checks, what to do about them, questions, names of fields
sheet     What the printed page of the audit says: what its template is given
fitting   How many findings the front of an A4 sheet holds
page      The audit as people read it: a table for notebooks, and one printable A4 sheet for the department
"""

from datakit.lending import lend

__getattr__, __dir__, __all__ = lend(__name__, {}, __doc__)
