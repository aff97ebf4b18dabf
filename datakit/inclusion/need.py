"""Who may need help: digital fragility from its published recipe, and a deprivation index, each part visible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from datakit.errors import CannotAnswer, WrongUse
from datakit.inclusion import privacy
from datakit.inclusion.people import inhabitants
from datakit.language import N_, _
from datakit.show.answers import Value
from datakit.show.style import number

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from datakit.data.layers import Layers


# The five parts of the index of digital fragility (https://infos.fragilite-numerique.fr/ressources-cgu, Mednum), each
# brought to a scale from 1 to 10. That page gives neither the way from a value to the scale nor the weights: the even
# scale over the areas at hand and the plain mean are choices of this kit, so a score here cannot be set beside one of
# the portal, which compares with all of France.
FRAGILITY = {
    "no_thd": N_("homes without very-high-speed network (%)"),
    "no_4g": N_("ground without 4G (%)"),
    "older": N_("inhabitants aged 65 or more (%)"),
    "low_diploma": N_("out of school with no or a low diploma (%)"),
    "poverty": N_("inhabitants below the poverty threshold (%)"),
}
PARTS = {"fragility": N_("fragility (1 to 10)"), "older_pct": N_("65 or older (%)"), "poverty_pct": N_("poor (%)")}
# Rey, G., Jougla, E., Fouillet, A. and Hémon, D. (2009). Ecological association between a deprivation index and
# mortality in France over the period 1997-2001. BMC Public Health 9:33. Sign of each part in a deprived area.
FDEP = {"median_income": -1, "graduates_pct": -1, "blue_collar_pct": 1, "unemployment_pct": 1}


@dataclass(frozen=True, eq=False)
class Fragility:
    """What `fragility` found.

    Attributes
    ----------
    table : DataFrame
        The parts that are there, from 1 (least of the areas) to 10 (most), and ``score``, their weighted mean; missing
        where one of the parts is (an unknown rate is not a low one).
    used, absent : tuple of str
        Parts of `FRAGILITY` that the score is made of, and those that the table did not have.
    """

    table: pd.DataFrame
    used: tuple[str, ...]
    absent: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Deprivation:
    """What `deprivation` found.

    Attributes
    ----------
    score : Series
        Higher is more deprived; mean 0 and standard deviation 1 over the areas at hand (weighted): it says where one
        of them stands among them, and nothing about France. Missing where one of the rates is.
    explained : float
        Share of the variance of the four rates, 0 to 1.
    loadings : dict of str to float
        Correlation of each rate with the score.
    missing : int
        Areas without a score.
    """

    score: pd.Series
    explained: float
    loadings: dict[str, float]
    missing: int


@dataclass(frozen=True, eq=False)
class Need:
    """Both indices of the areas of a run.

    Attributes
    ----------
    rates : DataFrame
        Of `rates`, indexed by ``iris``, for showing: what the small-number rule hides is empty.
    fragility : Fragility
    deprivation : Deprivation
    data : tuple of DataFrame
        The tables that the rates come from.
    """

    rates: pd.DataFrame
    fragility: Fragility
    deprivation: Deprivation
    data: tuple[pd.DataFrame, ...]

    @property
    def agreement(self) -> float:
        """Correlation of both scores."""
        return float(self.fragility.table["score"].corr(self.deprivation.score))

    def figures(self, firm: pd.Series) -> dict[str, Value]:
        """Figures of an answer: how many areas have a score, and how firm it is.

        Parameters
        ----------
        firm : Series
            Of `datakit.inclusion.gap.steadiness`.

        Returns
        -------
        dict of str to Value
            ``scored`` of ``areas``; ``firm``, % of the areas ever among the third in most need that are so for nine
            mixtures of weights in ten; ``explained`` (%, by the first component) and ``both`` (correlation).
        """
        score = self.fragility.table["score"]
        return {
            "scored": Value(int(score.notna().sum())),
            "areas": Value(len(score), "IRIS"),
            "firm": Value(100 * float((firm[firm > 0] >= 0.9).mean()), "%", decimals=0),
            "explained": Value(100 * self.deprivation.explained, "%", decimals=0),
            "both": Value(self.agreement, decimals=2),
        }

    @property
    def caution(self) -> str:
        """What neither score can say, and on invented data why they agree."""
        told = [_("Who in an area needs help, and anything about France: areas are compared with each other only.")]
        if absent := ", ".join(_(FRAGILITY[name]) for name in self.fragility.absent):
            told.append(_("Not among the parts here: {parts}.").format(parts=absent))
        if any(table.attrs.get("datakit", {}).get("synthetic") for table in self.data):
            told.append(
                _(
                    "In the invented sample, incomes, diplomas, trades, unemployment and poverty are all made from one "
                    "number: that both scores agree says nothing."
                )
            )
        return " ".join(told)


def indices(layers: Layers, areas: gpd.GeoDataFrame, minimum: float = privacy.MIN_HOUSEHOLDS) -> Need:
    """Digital fragility and deprivation of the areas of a run, made of rates that may be shown.

    Parameters
    ----------
    layers : datakit.data.layers.Layers
    areas : GeoDataFrame
        Of `datakit.inclusion.areas.iris`.
    minimum : float
        See `datakit.inclusion.privacy.suppress`.

    Returns
    -------
    Need

    Raises
    ------
    CannotAnswer
        A table is not there, or too few areas have rates that may be shown.
    """
    ids = ("census-iris-population", "census-iris-education", "census-iris-activity", "filosofi-iris")
    population, education, activity, incomes = tables = tuple(layers[id] for id in ids)
    diplomas = education.filter(regex="^(bac|sup)").sum(axis=1, min_count=4)
    found = rates(population, education.assign(bac_or_more_15_plus=diplomas), activity, incomes)
    found = areas[["iris", "commune", "households"]].merge(found, on="iris", how="left")
    parts = ["older", "low_diploma", "poverty", "graduates", "blue_collar", "unemployment"]
    figures = dict.fromkeys((f"{part}_pct" for part in parts), "pct") | {"median_income": "amount"}
    shown = privacy.suppress(
        found, figures, count="households", public=("population",), minimum=minimum, within="commune"
    ).set_index("iris")
    return Need(shown, fragility(shown), deprivation(shown, shown["population"]), tables)


def fragility(table: pd.DataFrame, weights: Mapping[str, float] | None = None) -> Fragility:
    """Index of digital fragility of each area, and each of its parts on its scale.

    Parameters
    ----------
    table : DataFrame
        One row for each area, with some of the parts of `FRAGILITY` in %: ``older_pct``, ``poverty_pct``...
    weights : dict of str to float, optional
        Part to weight, 0 or more; the same for all by default.

    Returns
    -------
    Fragility

    Raises
    ------
    CannotAnswer
        Fewer than two parts are known.
    WrongUse
        A weight under 0, or all 0.
    """
    used = [name for name in FRAGILITY if _pct(name) in table and table[_pct(name)].notna().any()]
    weights = dict.fromkeys(used, 1.0) if weights is None else {n: float(weights.get(n, 0)) for n in used}
    w = np.array(list(weights.values()))
    if len(used) < 2:
        raise CannotAnswer("fragility", _("fewer than two of its parts are known"), expected=", ".join(FRAGILITY))
    if not (np.isfinite(w) & (w >= 0)).all() or not w.sum() > 0:
        raise WrongUse(
            "fragility",
            _("weights are 0 or more, and not all 0"),
            expected=", ".join(used),
            found=str(weights),
        )
    out = pd.DataFrame({name: _one_to_ten(table[_pct(name)]) for name in used}, index=table.index)
    out["score"] = out.to_numpy() @ (w / w.sum())
    return Fragility(out, used=tuple(used), absent=tuple(n for n in FRAGILITY if n not in used))


def _pct(name):
    """The column of a part, in %: on its scale from 1 to 10 it has the plain name."""
    return f"{name}_pct"


def _one_to_ten(values):
    values = pd.to_numeric(values).astype(float)
    low, high = values.min(), values.max()
    return (
        pd.Series(np.where(values.notna(), 1.0, np.nan), values.index)
        if low == high
        else (1 + 9 * (values - low) / (high - low))
    )


def rates(
    population: pd.DataFrame, education: pd.DataFrame, activity: pd.DataFrame, incomes: pd.DataFrame
) -> pd.DataFrame:
    """The rates that both indices are made of, by IRIS.

    Parameters
    ----------
    population, education, activity, incomes : DataFrame
        As loaded by ``census-iris-population``, ``-education``, ``-activity`` and ``filosofi-iris``. Columns that a
        vintage does not have give no rate.

    Returns
    -------
    DataFrame
        ``iris``; in % ``older_pct``, ``low_diploma_pct``, ``poverty_pct``, ``graduates_pct`` (of those out of school,
        baccalaureate or more), ``blue_collar_pct`` (of the active), ``unemployment_pct`` (of the active);
        ``median_income`` in euros a year and consumption unit; ``population``.
    """
    population = population.assign(population=inhabitants(population))
    table = population.merge(education, on="iris", how="outer", suffixes=("", "_education"))
    table = table.merge(activity, on="iris", how="outer", suffixes=("", "_activity"))
    table = table.merge(incomes, on="iris", how="left")

    def share(part, whole):
        if part not in table or whole not in table:
            return np.nan
        return 100 * table[part] / table[whole].where(table[whole] > 0)

    out = pd.DataFrame({"iris": table["iris"], "population": table["population"]})
    out["older_pct"] = share("pop_65_plus", "population")
    out["low_diploma_pct"] = share("no_diploma_15_plus", "out_of_school_15_plus")
    out["graduates_pct"] = share("bac_or_more_15_plus", "out_of_school_15_plus")
    out["blue_collar_pct"] = share("blue_collar_15_64", "active_c_15_64")
    out["unemployment_pct"] = share("unemployed_15_64", "active_15_64")
    out["poverty_pct"], out["median_income"] = table.get("poverty_rate"), table.get("median_income")
    return out


def deprivation(table: pd.DataFrame, weights: pd.Series | None = None) -> Deprivation:
    """Deprivation of each area: the first principal component of four rates, as in the French index FDep.

    Parameters
    ----------
    table : DataFrame
        ``median_income`` (€), ``graduates_pct``, ``blue_collar_pct``, ``unemployment_pct``: see `rates`.
    weights : Series, optional
        Inhabitants, so that a small area does not weigh as a large one; all the same by default.

    Returns
    -------
    Deprivation

    Raises
    ------
    CannotAnswer
        A rate is not there, is the same everywhere, or fewer than ten areas have all of them. Or the rates do not go
        together as in the published index: then one number would hide what it mixes.

    Notes
    -----
    Rey et al. (2009), see `FDEP`; made for communes, and used here within one metropolis, where students lower incomes
    without making an area deprived.
    """
    absent = [c for c in FDEP if c not in table or table[c].isna().all()]
    if absent:
        silent = _("no values for {names}").format(names=", ".join(absent))
        raise CannotAnswer("deprivation", silent, expected=", ".join(FDEP))
    x = table[list(FDEP)].apply(pd.to_numeric).astype(float)
    w = pd.Series(1.0, x.index) if weights is None else pd.to_numeric(weights).astype(float)
    known = x.notna().all(axis=1) & w.gt(0)
    if known.sum() < 10:
        raise CannotAnswer(
            "deprivation",
            _("too few areas have all four rates, or rates that may be shown"),
            expected="10",
            found=str(int(known.sum())),
        )
    found, explained, loadings = _first_component(x[known].to_numpy(), (w[known] / w[known].sum()).to_numpy())
    out = pd.Series(np.nan, index=table.index, name="deprivation")
    out[known] = found
    return Deprivation(out, explained=explained, loadings=loadings, missing=int((~known).sum()))


def _first_component(x, w):
    """Score of each row, share of the variance and loadings of the first component of the rates of `FDEP`."""
    x = x - w @ x
    spread = np.sqrt(w @ x**2)
    if not (spread > 0).all():
        raise CannotAnswer(
            "deprivation",
            _("a rate is the same in all areas"),
            found=", ".join(name for name, one in zip(FDEP, spread, strict=True) if not one > 0),
        )
    x /= spread
    values, vectors = np.linalg.eigh((x * w[:, None]).T @ x)
    first = vectors[:, -1] * np.sign(vectors[:, -1] @ np.array(list(FDEP.values())))
    loadings = dict(zip(FDEP, (first * np.sqrt(values[-1])).tolist(), strict=True))
    if any(loadings[name] * sign <= 0 for name, sign in FDEP.items()):
        raise CannotAnswer(
            "deprivation",
            _("here the rates do not go together as in the published index"),
            expected=", ".join(f"{name} {'>' if sign > 0 else '<'} 0" for name, sign in FDEP.items()),
            found=", ".join(f"{name} {number(loadings[name], 2)}" for name in FDEP),
        )
    return x @ first / np.sqrt(values[-1]), float(values[-1] / len(FDEP)), loadings
