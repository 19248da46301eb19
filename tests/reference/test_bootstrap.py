"""Draws on fixed resamples, and intervals of R's package boot, with either engine."""

import numpy as np
import pytest

from tests.reference.goldens import agree, data, entry, topic, uncovered
from walkstats.numerics import engine
from walkstats.resampling import bootstrap_comparison
from walkstats.resampling.compared_groups import _columns, prepare_groups
from walkstats.resampling.sorted_groups import Compared, compare_resamples
from walkstats.results import Draws
from walkstats.survival.grouped_rows import read_grouped_rows

TOPIC = "bootstrap"
SEED, REPLICATES = 20240601, 399
HORIZON = {"time": "time", "event": "status", "subject": None}
NAMES = {
    "log_hazard_ratio": "hazard_ratio[2]",
    "median_1": "median[1]",
    "median_2": "median[2]",
    "mean_1": "restricted_mean[1]",
    "mean_2": "restricted_mean[2]",
    "survival_1": "survival[1, 100]",
    "survival_2": "survival[2, 100]",
}
INTERVALS = {
    "log_hazard_ratio": "hazard_ratio[2]",
    "median_difference": "median_difference[2]",
    "restricted_mean_1": "restricted_mean[1]",
    "restricted_mean_difference": "restricted_mean_difference[2]",
    "survival_difference": "survival_difference[2, 100]",
}


def drawn_copies(frame) -> np.ndarray:
    """The resamples of bootstrap.R as copies of each row: (399, n)."""
    arms = [np.flatnonzero(frame["trt"] == arm) for arm in (1, 2)]
    copies, state = np.zeros((REPLICATES, len(frame)), dtype=np.int64), SEED
    for one in copies:
        for rows in arms:
            for _ in rows:
                state = 16807 * state % 2147483647
                one[rows[int(state / 2147483647 * rows.size)]] += 1
    return copies


@pytest.fixture(scope="module", params=["numpy", "numba"])
def draws(request):
    """Draws on R's resamples; the jackknife, which has no chance in it, by the public call."""
    frame = data("veteran.csv")
    if request.param == "numba":
        pytest.importorskip("numba")
    kernel = compare_resamples
    if request.param == "numba":
        kernel = engine.load(engine.PAIRS["compare_resamples"][1])
    rows = read_grouped_rows(frame, "trt", robust=False, **HORIZON)
    model = prepare_groups(rows, 200.0, [100.0], False)
    found = _columns(Compared(*kernel(drawn_copies(frame), model)), rows.labels, model.at)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(engine.VARIABLE, request.param)
        public = bootstrap_comparison(
            frame, "trt", replicates=1, tau=200, at=100, seed=1, **HORIZON
        )
    return Draws(
        names=public.names,
        values=found.values,
        observed=public.observed,
        seed=1,
        jackknife=public.jackknife,
        cell=public.cell,
        ratios=public.ratios,
    )


def test_draws(draws):
    gold = entry(TOPIC, "boot.veteran.draws")
    for key, name in NAMES.items():
        k = draws.names.index(name)
        change = np.log if name.startswith("hazard") else np.asarray
        agree(gold, f"observed.{key}", change(draws.observed[k]))
        shown = len(gold["values"]["draws"][key])
        agree(gold, f"draws.{key}", change(draws.values[:shown, k]))
        agree(gold, f"jackknife.{key}", change(draws.jackknife[:shown, k]))


@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_intervals(draws, level):
    from walkstats.numerics.bootstrap_limits import acceleration

    gold = entry(TOPIC, "boot.veteran.intervals")
    for key, name in INTERVALS.items():
        at = f"at_{round(100 * level)}.{key}"
        change = np.log if name.startswith("hazard") else np.asarray
        kinds = [kind for kind in ("percentile", "normal", "bca") if kind in _said(gold, at)]
        assert len(kinds) >= 2
        for kind in kinds:
            # a bias of the log is that of the log, so both are taken where R takes them
            found = _on_the_log(draws, name).estimate(name, level, kind=kind)
            agree(gold, f"{at}.{kind}", [found.conf_low, found.conf_high])
        found = draws.estimate(name, level)
        agree(gold, f"{at}.percentile", change([found.conf_low, found.conf_high]))
        agree(gold, f"{at}.std_error", found.std_error)
        column = _on_the_log(draws, name).jackknife[:, draws.names.index(name)]
        agree(gold, f"{at}.acceleration", acceleration(column, draws.cell))


def _said(gold, path):
    at = gold["values"]
    for part in path.split("."):
        at = at[part]
    return at


def _on_the_log(draws, name) -> Draws:
    """R's statistic is the log hazard ratio: its influences, unlike its draws, are not ours."""
    if not name.startswith("hazard"):
        return draws
    k = draws.names.index(name)
    values, observed, jackknife = (
        np.array(part) for part in (draws.values, draws.observed, draws.jackknife)
    )
    for part in (values[:, k], observed[k : k + 1], jackknife[:, k]):
        part[:] = np.log(part)
    return Draws(
        names=draws.names,
        values=values,
        observed=observed,
        seed=1,
        jackknife=jackknife,
        cell=draws.cell,
    )


def test_a_normal_interval_of_a_ratio_is_taken_on_the_log(draws):
    gold = entry(TOPIC, "boot.veteran.intervals")
    found = draws.estimate("hazard_ratio", kind="normal")
    agree(gold, "at_95.log_hazard_ratio.normal", np.log([found.conf_low, found.conf_high]))


def test_every_entry_is_used():
    assert set(topic(TOPIC)) == {"boot.veteran.draws", "boot.veteran.intervals"}
    assert not [leaf for one in topic(TOPIC) for leaf in uncovered(TOPIC, one)]
