"""Invented and real tables are not added together: a real place on an invented contour is a false statement."""


def synthetic(frame):
    """Whether a loaded table comes from the invented sample."""
    return bool(frame.attrs.get("datakit", {}).get("synthetic"))


def keep_real(reference, **frames):
    """Of several optional tables, keep those that may be combined with ``reference``.

    Parameters
    ----------
    reference : DataFrame
        The table that everything else is placed on, as loaded (usually the communes).
    **frames : DataFrame
        Tables by name, as loaded.

    Returns
    -------
    kept : dict
        The tables, None in place of those that are invented while the reference is real. When the reference itself is
        invented everything is kept: the whole result is then stamped as invented.
    dropped : list of str
        Names of the tables replaced by None.
    """
    dropped = [] if synthetic(reference) else [name for name, frame in frames.items() if synthetic(frame)]
    return {name: None if name in dropped else frame for name, frame in frames.items()}, dropped
