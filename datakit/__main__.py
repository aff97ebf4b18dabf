"""``python -m datakit``: the command line, without anything installed for ``doctor``, ``list`` and ``show``."""

from datakit.cli import main

raise SystemExit(main())
