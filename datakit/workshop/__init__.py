"""The workshop: exercises that answer, and what a facilitator prepares the day before for a room whose network is weak.

codes       The short code of a machine in the room, to be read out, and what its digits mean
roster      Who is ready: a page on the room's server, kept in memory and nowhere else
saving      Take the work home: one zip of notebooks, answers and where their data came from
place       Where one works, how long that lasts, and how the work gets home
packing     Pack one folder, for USB sticks or a laptop, from which a room works without a network
wheelhouse  A wheel of every line of the lock for each system and Python, those that serve several kept once
layout      What stands where in a packed folder, and its checksums
starting    What start.pyz of a packed folder does: install from it, copy the notebooks, open JupyterLab
verifying   Try a packed folder as a participant will: every byte, every wheel, then install and run with no way out
shelves     What may be taken from a served folder: the files that its lists name, as long as they are right
nginx       nginx, where it is installed: started on a shelf, told when the shelf changes, stopped with its parent
serving     Give a folder to a room: its files over HTTP, to be resumed where poor Wi-Fi broke them off
checking    ``check("14.1", answer)``: is an answer right, and if not, what is wrong with it
sayings     What a check says
comparing   How an answer differs from the one that is expected
forms       What an answer is, in whichever form it was given
recording   What a check has to know, written down while a chapter is executed
answering   Solutions executed on other data than the sample, so that checks know its answers
handouts    What is given out: participants' notebooks, solutions, and answer keys to print
guides      Of the facilitator's guide: a sheet to print, and slides of the half day
editions    A chapter's two editions: the participants', and the whole one with its solutions
"""

from datakit.lending import lend

HOMES = {
    "check": "datakit.workshop.checking",
    "save": "datakit.workshop.saving",
    "session": "datakit.workshop.place",
}
__getattr__, __dir__, __all__ = lend(__name__, HOMES, __doc__)
