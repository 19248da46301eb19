"""Imputed values against R's mice (imputation.R), within 3.29 Monte Carlo standard errors.

Both sides draw at random, so the entries' tolerances do not apply: the mean over imputations has
the standard error sqrt(v / m), the variance v has v sqrt(2 / m) (both normal in the limit).
"""

import json

import numpy as np
import pytest

from tests.reference.goldens import HERE, data
from walkstats.missing import impute

DRAWS = {one["id"]: one for one in json.loads((HERE / "imputation.json").read_text())["draws"]}
BOUND = 3.29


def within_chance(gold, ours):
    theirs = gold["values"]
    m_r, m = theirs["imputations"], len(ours)
    mean, variance = np.array(theirs["mean"]), np.array(theirs["variance"])
    error = np.sqrt(variance / m_r + variance / m)
    assert np.all(np.abs(ours.mean(axis=0) - mean) < BOUND * error)
    error = variance * np.sqrt(2 / m_r + 2 / m)
    assert np.all(np.abs(ours.var(axis=0, ddof=1) - variance) < BOUND * error)


@pytest.mark.parametrize(("method", "seed"), [("normal", 21), ("pmm", 22)])
def test_one_incomplete_column(method, seed):
    frame = data("birthwt.csv")[["age", "lwt", "bwt"]].astype({"bwt": float})
    gaps = (frame["age"] % 4 == 0).to_numpy()
    frame.loc[gaps, "bwt"] = np.nan
    made = impute(
        frame, columns="bwt", methods={"bwt": method}, imputations=800, seed=seed, by=None
    )
    bwt = np.tile(frame["bwt"].to_numpy(), (800, 1))
    bwt[:, gaps] = made.values["bwt"]
    lwt = frame["lwt"] - frame["lwt"].mean()
    ours = np.column_stack([bwt.mean(axis=1), bwt @ lwt / (lwt @ lwt)])
    within_chance(DRAWS[f"imputation.birthwt.{method}"], ours)


@pytest.mark.slow
def test_two_incomplete_columns_in_turns():
    frame = data("birthwt.csv")[["age", "lwt", "smoke"]].astype({"lwt": float})
    frame["smoke"] = (frame["smoke"] == 1).astype("boolean")
    frame.loc[frame["age"] % 4 == 0, "smoke"] = None
    frame.loc[frame["age"] % 5 == 1, "lwt"] = np.nan
    made = impute(frame, methods={"lwt": "normal"}, imputations=1000, seed=23, by=None)
    lwt = np.tile(frame["lwt"].to_numpy(), (1000, 1))
    lwt[:, made.imputed["lwt"]] = made.values["lwt"]
    smoke = np.tile(frame["smoke"].to_numpy(dtype=float, na_value=np.nan), (1000, 1))
    smoke[:, made.imputed["smoke"]] = made.values["smoke"]
    among = (lwt * smoke).sum(axis=1) / smoke.sum(axis=1)
    ours = np.column_stack([smoke.mean(axis=1), lwt.mean(axis=1), among])
    within_chance(DRAWS["imputation.birthwt.chained"], ours)


def test_every_entry_is_used():
    used = {f"imputation.birthwt.{name}" for name in ("normal", "pmm", "chained")}
    assert used == set(DRAWS)
