"""Notebooks, executed again: from parameters to a report that names its data.

running     Run the notebooks again, all at once, and write a report that says on which data
combining   One run for every combination of values: many territories, all answers in one table
comparison  What many runs say of the same questions: the table, and a page that compares them
choosing    Which notebooks a run executes: by name, by path, or all of a folder
parameters  The typed parameters of a notebook
executing   One process that executes notebooks, one after the other
spreading   The same function on many tasks: in this process, on processes of this machine, or on a Dask cluster
working     A process that executes notebooks, as its parent sees it
kernels     How papermill executes one here: on this interpreter, through Unix sockets, under a watch
watching    The kernel while it runs: its memory, its time, and an end to all that it started
progress    What a run says while it runs: live lines at a terminal, plain lines in a log
record      What a run leaves: ``run.json`` and ``results.json``
report      The pages of a run: one for each notebook, one index. No page asks anything of any other host
lab         JupyterLab as a guest finds it: in the browser's language, no notebook marked as changed
frames      Tables that pandas and Markdown write, made readable for the pages of a report
shipped     The notebooks that come with the kit: where they are, and copies to open and change
"""

from datakit.lending import lend

__getattr__, __dir__, __all__ = lend(__name__, {}, __doc__)
