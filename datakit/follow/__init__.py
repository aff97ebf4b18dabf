"""The six months of an experiment: a dossier's indicators, computed again each month.

following   Compute the months that are new, test, and write the city's page
months      The months that there is data of, and whether what it holds is of that month
runs        Notebooks on one month's data: a team's own as they are, strangers' in the jury's sandbox
computing   One month: the notebooks are run on its data, and each figure becomes a row
table       One row for each indicator, area and month, computed once
series      From the table to the series that are tested
change      Whether a monthly series changed at a date: a test that keeps its level in short series
finding     What is said of each indicator, and what forbids a conclusion
words       The same in sentences
pictures    The same as a picture
report      What the city gets: one A4 page a month, and one at the end
"""

from datakit.lending import lend

__getattr__, __dir__, __all__ = lend(__name__, {"follow": "datakit.follow.following"}, __doc__)
