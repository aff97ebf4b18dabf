"""How it looks: numbers, colours and sources, figures, and maps.

style      What maps and figures share: numbers people can read, colours for colour-blind eyes
charts     Figures in the kit's style: labelled, sourced, described in words
ticks      Numbers along the axes of figures, written as everywhere else in the kit
tables     Tables for people: a caption, headers that screen readers use, text left and numbers right
columns    What columns are called where people read them
words      Words of figures, tables and maps in the user's language: texts with figures in them, names of columns
templates  HTML from Jinja2 templates: whatever they are given is escaped
answers    Answers: a question in words, one sentence computed from figures, its picture, limits and data
sentences  What a sentence says beyond its figures: numbers that are none, words that stay when figures turn round
explore    A first look at a table that one does not know: what its columns hold, where its rows are
maps       Maps that work without a network, stay small and say what they show
"""

from datakit.lending import lend

__getattr__, __dir__, __all__ = lend(
    __name__,
    {
        "Value": "datakit.show.answers",
        "ask": "datakit.show.answers",
        "heading": "datakit.show.words",
        "phrase": "datakit.show.words",
    },
    __doc__,
)
