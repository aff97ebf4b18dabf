"""The workshop: what a facilitator prepares the day before, and gives to a room whose network is weak.

serving  Give a folder to a room: its files over HTTP, to be resumed where poor Wi-Fi broke them off
"""

from datakit.lending import lend

__getattr__, __dir__, __all__ = lend(__name__, {}, __doc__)
