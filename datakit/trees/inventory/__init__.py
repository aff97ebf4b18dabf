"""Any file of trees as one table that every notebook reads, with a list of all that was changed.

importing    A file that nobody has seen becomes an inventory that every notebook reads
outputs      What an import writes: the standard table in the layout of the city's card, and the card itself
suggest      What the columns of an unknown inventory probably mean
looks        What the values of a column look like, and how well they suit a field of the standard table
crosswalks   Which column of a file is which field of the standard table: data that a person can read and edit
standard     Any inventory as one table: the fields of the national schema, in its units
schema       The fields of the standard table
values       Rules for the values of French inventories, one function each, on unique values as text
states       What became of a tree, by the words of its state: it stands, it is to go, or it is lost
coordinates  Where a tree stands: points from whatever the file has
names        The names of a table's trees, spelt as the botanical reference does
taxa         Names of trees: Latin names, codes and French names of any inventory to one accepted name, or to none
spelling     Latin names taken to pieces, and small errors of spelling mended
changes      What was changed in a table, cell by cell, kept small
"""

from datakit.lending import lend

__getattr__, __dir__, __all__ = lend(__name__, {}, __doc__)
