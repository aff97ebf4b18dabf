"""The invented weather: three stations that do not exist, a warming, warm nights in the centre, gaps and bad values."""

import numpy as np
import pandas as pd

from tools.sample import draws

WARMING = 0.06  # degrees a year, in every station
WARM_NIGHTS = 1.8  # degrees by which the centre's summer nights exceed the plain's
GAP = ("21999002", "2015-06-20", "2015-08-03")  # first and last missing day of the plain's station
FIRST, LAST = "2010-01-01", "2025-12-31"
OPENED = {"21999003": "2016-05-01"}

TRUTH = f"""every station warms by {10 * WARMING:.1f} °C a decade; summer nights (June to August) are {WARM_NIGHTS} °C
  warmer at EXEMPLE-CENTRE than at EXEMPLE-PLAINE; EXEMPLE-PLAINE has no row from {GAP[1]} to {GAP[2]}, so that
  year's hot days cannot be counted; EXEMPLE-PLATEAU opens on {OPENED["21999003"]}. Values of quality 2 (doubtful) are
  12 °C too high. Two days are a 31 February, some maxima are 99 °C, one day comes twice."""

STATIONS = [
    # number, name, latitude, longitude, altitude in metres, degrees against the plain
    ("21999001", "EXEMPLE-CENTRE", 47.32, 5.04, 250, 0.4),
    ("21999002", "EXEMPLE-PLAINE", 47.27, 5.09, 219, 0.0),
    ("21999003", "EXEMPLE-PLATEAU", 47.36, 4.95, 420, -1.3),
]


def _table(rng):
    """Every station and day, in the columns of Météo-France."""
    days = pd.date_range(FIRST, LAST)
    years = (days - days[0]).days.to_numpy() / 365.25
    season = -np.cos(2 * np.pi * (days.day_of_year.to_numpy() - 20) / 365.25)  # -1 in January, 1 in July
    shock, noise = rng.normal(0, 1.6, len(days)), np.zeros(len(days))
    for n in range(1, len(days)):  # a day resembles the one before
        noise[n] = 0.75 * noise[n - 1] + shock[n]
    wet, amount = rng.uniform(size=len(days)) < 0.38, rng.gamma(0.8, 6, len(days))
    summer = days.month.isin([6, 7, 8])
    frames = []
    for number, name, latitude, longitude, altitude, offset in STATIONS:
        mean = (
            11.4
            + offset
            + WARMING * draws.has("warming") * years
            + 9.6 * season
            + noise
            + rng.normal(0, 0.4, len(days))
        )
        spread = 4.6 + 2.0 * season + rng.normal(0, 0.6, len(days))
        low, high = mean - spread, mean + spread
        if number == "21999001":  # nights only: the offset of the whole day is taken back
            low = low - offset + WARM_NIGHTS * draws.has("nights") * summer
        frame = pd.DataFrame(
            {
                "NUM_POSTE": number,
                "NOM_USUEL": name,
                "LAT": f"{latitude:.6f}",
                "LON": f"{longitude:.6f}",
                "ALTI": altitude,
                "AAAAMMJJ": days.strftime("%Y%m%d"),
                "RR": np.round(np.where(wet, amount, 0), 1),
                "QRR": 1,
                "TN": np.round(low, 1),
                "QTN": 1,
                "TX": np.round(high, 1),
                "QTX": 1,
                "TM": np.round(mean, 1),
                "QTM": 1,
            }
        )
        keep = (rng.uniform(size=len(frame)) > 0.006) & (days >= OPENED.get(number, FIRST))
        if number == GAP[0]:
            keep &= ~((days >= GAP[1]) & (days <= GAP[2]))
        frames.append(frame[keep])
    return pd.concat(frames, ignore_index=True)


def tables(rng):
    """The CSV texts of the years up to the last but one, and of the last years.

    Returns
    -------
    history, latest : str
    """
    frame = _table(rng).astype({"TX": object, "QTX": object})
    # A cell without value is not a missing row: both happen.
    frame.loc[rng.choice(len(frame), 60, replace=False), ["TX", "QTX"]] = [None, None]
    doubtful = rng.choice(len(frame), 40, replace=False)
    frame.loc[doubtful, "TX"] = [None if v is None else round(v + 12, 1) for v in frame.loc[doubtful, "TX"]]
    frame.loc[doubtful, "QTX"] = 2
    broken = rng.choice(len(frame) - 2000, 50, replace=False)
    frame.loc[broken[:2], "AAAAMMJJ"] = frame.loc[broken[:2], "AAAAMMJJ"].str[:4] + "0231"
    frame.loc[broken[2:], "TX"] = 99.0
    frame = pd.concat([frame, frame.loc[[broken[-1] + 1]]]).sort_values(["NUM_POSTE", "AAAAMMJJ"], kind="stable")
    new = frame.AAAAMMJJ.str[:4].astype(int) >= 2025

    def text(part):
        return part.to_csv(sep=";", index=False, lineterminator="\n", float_format="%.1f")

    return text(frame[~new]), text(frame[new])
