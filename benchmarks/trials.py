"""On what data are engines timed? Frames like those of a walking trial, from a fixed seed."""

import numpy as np
import pandas as pd

COVARIATES = ["arm", "age", "bmi", "referred", "episodes"]


def first_events(n: int, seed: int = 20240620) -> pd.DataFrame:
    """One row per person: whole days to event or censoring, five covariates, a stratum."""
    rng = np.random.default_rng(seed)
    x = covariates(n, rng)
    risk = np.exp(-0.3 * x["arm"] + 0.02 * (x["age"] - 54) + 0.1 * x["referred"])
    days = np.ceil(rng.exponential(200 / risk))
    censored = np.ceil(rng.uniform(200, 1096, n))
    return x.assign(days=np.minimum(days, censored), event=(days <= censored).astype(int))


def monthly_spells(n: int, months: int, seed: int = 20240621) -> pd.DataFrame:
    """One row per person and month at risk, ``(start, stop]``, with recurrent events."""
    rng = np.random.default_rng(seed)
    people = covariates(n, rng)
    frailty = rng.gamma(1.0, 1.0, n)
    spells = people.loc[people.index.repeat(months)].reset_index(names="person")
    month = np.tile(np.arange(months), n)
    rate = 0.08 * frailty[spells["person"]] * np.exp(-0.3 * spells["arm"])
    spells["start_days"], spells["stop_days"] = 30.0 * month, 30.0 * (month + 1)
    spells["event"] = (rng.uniform(size=len(spells)) < rate).astype(int)
    return spells


def covariates(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Five covariates and a stratum."""
    return pd.DataFrame(
        {
            "arm": np.arange(n) % 2,
            "age": np.round(rng.normal(54, 12, n), 1),
            "bmi": np.round(rng.normal(27, 5, n), 1),
            "referred": rng.integers(0, 2, n),
            "episodes": np.round(rng.lognormal(2, 1, n)),
            "stratum": rng.integers(0, 4, n),
        }
    )
