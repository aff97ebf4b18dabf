"""A challenge of another town, made from this kit.

plan        What an organiser answers, checked
cards       The kit's cards for another town: its communes, département and box in their addresses and filters
inventing   Invented data of that town, in its publishers' formats
words       What each question asks
making      From answers to a project that runs: copier's template, cards, data, recorded answers
recording   What the project's notebooks say, written down and compared
"""

from datakit.lending import lend

__getattr__, __dir__, __all__ = lend(
    __name__, {"new": "datakit.challenge.making", "record": "datakit.challenge.recording"}, __doc__
)
