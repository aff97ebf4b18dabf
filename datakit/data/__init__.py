"""From a data card to a table: the one way by which every byte comes in.

cards        Data cards: what is known of each dataset, read from one JSON file each, and nowhere else
card         One data card: what is known of one dataset and of each of its columns
card_checks  What is wrong with a data card, all of it at once: where, what was expected, what was found
project      Where the project is that one works in, whichever of its folders one works in
origins      Where bytes come from, in which order
locks        Lock files: what a result is computed on, by digest; and the same as a registry of pooch
fetching     Fetch: the publisher's own bytes, once, checked, from the first origin that has them
transfer     One HTTP transfer, done with care for a poor network
bodies       The body of an HTTP answer as it comes
paging       WFS services that answer in pages: one GeoJSON file from all of them
cache        The cache: laid out by content, shared by many processes, never holding half a file
files        Files that are whole or not there: written beside and moved
text         Words as they are compared: the same ones, however they were typed, and the column that names areas
archives     Is this a whole, safe file of the kind that the card announces? And the data inside an archive
readers      Files of every format to raw tables
delimited    Delimited text (CSV) to rows of text, none of them lost
geometry     Where things are: the shapes of a file from its columns or its own geometry
tables       Bytes to a table in the card's schema, and a list of every row that did not fit
reading      Load: a table in the card's schema that never lies about what was left out
layers       The tables of one chapter: loaded when they are asked for, real and invented ones never taken together
provenance   What this process has used, and from where: the account behind ``datakit.provenance()``
mirrors      Make and fill mirrors, and record in ``data.lock`` what a result was computed on
verifying    Is a mirror, in a folder or behind an address, what its ``data.lock`` says, byte by byte
"""

from datakit.lending import lend

__getattr__, __dir__, __all__ = lend(__name__, {}, __doc__)
