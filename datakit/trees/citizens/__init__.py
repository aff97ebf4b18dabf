"""The citizens' page: trees near a place, on one page that needs no network.

page    The citizens' page: one HTML file to find the trees near a place and to walk past the remarkable ones
ground  What lies under the trees: the streets, drawn, named and small enough for a phone
words   What the page says, in the language it is written in
pack    What the citizens' page knows of an inventory, packed
"""

from datakit.lending import lend

__getattr__, __dir__, __all__ = lend(__name__, {}, __doc__)
