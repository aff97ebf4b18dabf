"""What the two calls of maps take by name: the list stands once, for type checkers and for people."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypedDict, TypeVar

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from datakit.show.maps.classes import Colours, Scheme
    from datakit.show.maps.layers import Tooltip

P = ParamSpec("P")
R = TypeVar("R")


class _Words(TypedDict):
    title: str
    caption: str
    alt: str


class ForBoth(_Words, total=False):
    """What `datakit.show.maps.choropleth` and `datakit.show.maps.points` share."""

    labels: str | None
    outline: gpd.GeoDataFrame | None
    scheme: Scheme
    k: int
    diverging: bool | float
    colours: Colours | None
    tooltip: Tooltip
    legend: str | None
    data: Iterable[pd.DataFrame]
    tiles: Literal["ign", False] | None
    height: int


class ForAreas(ForBoth):
    """Beside them, for `datakit.show.maps.choropleth`."""

    unit: str


class ForPoints(ForBoth, total=False):
    """Beside them, for `datakit.show.maps.points`."""

    colour: str | None
    unit: str | None
    size: str | float | None
    size_unit: str | None
    cluster: bool | None


def named(keywords: Any) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Give a function that takes ``**asked`` the signature that people see, and have Python refuse other names.

    Parameters
    ----------
    keywords : type
        A TypedDict.

    Returns
    -------
    callable
        A decorator.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)
        told = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
        required = keywords.__required_keys__
        told += [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=inspect.Parameter.empty if name in required else ...,
                annotation=getattr(hint, "__forward_arg__", hint),
            )
            for name, hint in keywords.__annotations__.items()
        ]
        signature = signature.replace(parameters=told)

        @functools.wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                signature.bind(*args, **kwargs)
            except TypeError as error:
                raise TypeError(f"{function.__name__}: {error}") from None
            return function(*args, **kwargs)

        vars(checked)["__signature__"] = signature
        return checked

    return decorate


def given(asked: Mapping[str, Any], names: Iterable[str] | type) -> dict[str, Any]:
    """Those of some keywords that a call gives.

    Parameters
    ----------
    asked : mapping
        All that it gives.
    names : iterable of str, or a dataclass
        Which ones; the dataclass's own.

    Returns
    -------
    dict
    """
    wanted = [field.name for field in fields(names)] if isinstance(names, type) else names
    return {name: asked[name] for name in wanted if name in asked}
