"""Residuals and the test of proportional hazards: by hand, in exact fractions, and by relations.

Tolerances: EXACT for arithmetic done twice in another order; REFIT where two fits, each iterated
until its coefficients no longer move, must agree; TESTED for statistics of two such fits.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference.goldens import data
from tests.relations import costly_relation
from tests.survival.cox_by_hand import (
    TEXTBOOK,
    Row,
    by_hand,
    rows_of,
    score_and_information,
    steps_of,
)
from walkstats import survival
from walkstats.errors import FitError
from walkstats.results import CoxFit

EXACT = {"rtol": 1e-11, "atol": 1e-12}
REFIT = {"rtol": 1e-6, "atol": 1e-8}
TESTED = {"rtol": 1e-5, "atol": 1e-7}
ROW_KINDS = ("martingale", "deviance", "cox_snell", "score", "dfbeta", "dfbetas")


def random_frame(seed: int, n: int = 40, *, spells: bool = False) -> pd.DataFrame:
    """Two covariates, a stratum of two, fractional weights, whole (so tied) times."""
    rng = np.random.default_rng(seed)
    start = rng.integers(0, 4, n) if spells else np.zeros(n)
    length = rng.integers(1, 9, n)
    return pd.DataFrame(
        {
            "start": start.astype(float),
            "stop": (start + length).astype(float),
            "event": rng.random(n) < 0.7,
            "age": rng.normal(size=n),
            "arm": rng.integers(0, 2, n),
            "stratum": rng.integers(0, 2, n),
            "weight": rng.uniform(0.5, 2.0, n),
        },
        index=[f"p{k}" for k in range(n)],
    )


def fit_of(frame: pd.DataFrame, formula: str = "age + arm", **options: Any) -> CoxFit:
    return survival.cox(frame, formula, time="stop", **options)


# ---- the textbook's data in exact fractions -----------------------------------------------------


def at(fit: CoxFit, beta: float) -> CoxFit:
    """The fit as if its coefficient were another."""
    return replace(fit, values=np.array([beta]))


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("name", sorted(TEXTBOOK))
@pytest.mark.parametrize("ratio", [1, 2, 5])
def test_textbook_residuals_in_fractions(name: str, ties: str, ratio: int) -> None:
    """With exp(b) a whole number every residual is a fraction."""
    frame = TEXTBOOK[name]
    rows = [
        Row(
            stop=int(r["stop"]),
            event=bool(r["event"]),
            x=[Fraction(int(r["x"]))],
            risk=Fraction(ratio) ** int(r["x"]),
            weight=Fraction(int(r.get("weight", 1))),
            start=int(r.get("start", -1)),
        )
        for r in frame.to_dict("records")
    ]
    exact = by_hand(rows, ties)
    options: dict[str, Any] = {"time": "stop", "ties": ties, "robust": False, "subject": None}
    options |= {"entry": "start"} if "start" in frame else {}
    options |= {"weights": "weight"} if "weight" in frame else {}
    fit = at(survival.cox(frame, "x", **options), float(np.log(ratio)))
    martingale = survival.residuals(fit, "martingale")["martingale"]
    np.testing.assert_allclose(martingale, [float(m) for m in exact.martingale], **EXACT)
    score = survival.residuals(fit, "score")["x"]
    np.testing.assert_allclose(score, [float(s[0]) for s in exact.score], **EXACT)
    schoenfeld = survival.residuals(fit, "schoenfeld").sort_index()["x"]
    expected = [float(s[0]) for s in exact.schoenfeld if s is not None]
    np.testing.assert_allclose(schoenfeld, expected, **EXACT)


def test_textbook_fractions_as_printed() -> None:
    """Without effect, Breslow: 5/6, -1/6, 1/3, 1/3, -2/3, -2/3 (each risk set counted by hand)."""
    fit = at(survival.cox(TEXTBOOK["ties"], "x", time="stop", ties="breslow"), 0.0)
    found = survival.residuals(fit, "martingale")["martingale"]
    np.testing.assert_allclose(found, [5 / 6, -1 / 6, 1 / 3, 1 / 3, -2 / 3, -2 / 3], **EXACT)


# ---- residuals by hand --------------------------------------------------------------------------


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("spells", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_residuals_by_hand(seed: int, spells: bool, ties: str) -> None:
    frame = random_frame(seed, spells=spells)
    options = {"entry": "start"} if spells else {}
    fit = fit_of(frame, ties=ties, strata="stratum", weights="weight", robust=False, **options)
    known = frame if spells else frame.drop(columns="start")
    rows = rows_of(known, ["age", "arm"], fit.values)
    exact = by_hand(rows, ties)
    found = {kind: survival.residuals(fit, kind) for kind in ROW_KINDS}
    np.testing.assert_allclose(found["martingale"].to_numpy()[:, 0], exact.martingale, **EXACT)
    np.testing.assert_allclose(found["score"], exact.score, **EXACT)
    np.testing.assert_allclose(np.linalg.inv(fit.naive_covariance), exact.information, **REFIT)
    event, martingale = frame["event"].to_numpy(), np.array(exact.martingale)
    np.testing.assert_allclose(found["cox_snell"].to_numpy()[:, 0], event - martingale, **EXACT)
    logged = np.where(event, np.log(np.where(event, event - martingale, 1.0)), 0.0)
    deviance = np.sign(martingale) * np.sqrt(-2.0 * (martingale + logged))
    np.testing.assert_allclose(found["deviance"].to_numpy()[:, 0], deviance, **EXACT)
    weight = frame["weight"].to_numpy()[:, None]
    dfbeta = weight * np.array(exact.score) @ fit.naive_covariance
    np.testing.assert_allclose(found["dfbeta"], dfbeta, **EXACT)
    in_errors = dfbeta / np.sqrt(np.diag(fit.naive_covariance))
    np.testing.assert_allclose(found["dfbetas"], in_errors, **EXACT)
    schoenfeld = survival.residuals(fit, "schoenfeld")
    expected = {label: r for label, r in zip(frame.index, exact.schoenfeld, strict=True) if r}
    assert set(schoenfeld.index) == set(expected)
    by_label = np.array([expected[label] for label in schoenfeld.index])
    np.testing.assert_allclose(schoenfeld[["age", "arm"]], by_label, **EXACT)
    scaled = survival.residuals(fit, "scaled_schoenfeld")[["age", "arm"]]
    want = len(expected) * by_label @ fit.naive_covariance + fit.values
    np.testing.assert_allclose(scaled, want, rtol=1e-9, atol=1e-10)


@costly_relation
@given(seed=st.integers(0, 10**6), spells=st.booleans(), efron=st.booleans())
def test_residuals_sum_to_what_they_split(seed: int, spells: bool, efron: bool) -> None:
    """Relation 10: weighted martingale residuals sum to 0, score residuals to the score (0)."""
    frame = random_frame(seed, spells=spells)
    fit = fit_of(
        frame, ties="efron" if efron else "breslow", strata="stratum", weights="weight",
        robust=False, **({"entry": "start"} if spells else {}),
    )  # fmt: skip
    for kind in ("martingale", "score"):
        total = survival.residuals(fit, kind, weighted=True).sum().to_numpy()
        np.testing.assert_allclose(total, 0.0, atol=1e-7)
    away = replace(fit, values=fit.values + 0.3)
    rows = rows_of(frame if spells else frame.drop(columns="start"), ["age", "arm"], away.values)
    score, _ = score_and_information(rows, fit.ties, lambda row, time: row.x)
    found = survival.residuals(away, "score", weighted=True).sum().to_numpy()
    np.testing.assert_allclose(found, score, rtol=1e-9, atol=1e-9)
    martingale = survival.residuals(away, "martingale", weighted=True).to_numpy().sum()
    assert abs(martingale) < 1e-9


LEFT_OUT = {
    "ties": ("lung.csv", "age + sex", {"time": "time", "event": "status", "event_value": 2}),
    "spells": (
        "heart.csv",
        "age + surgery + transplant",
        {"time": "stop", "entry": "start", "event": "event", "subject": None},
    ),
    "strata": ("veteran.csv", "trt + age", {"time": "time", "event": "status", "strata": "prior"}),
}


@pytest.mark.parametrize("name", sorted(LEFT_OUT))
def test_dfbeta_is_close_to_leaving_out(name: str) -> None:
    """Relation 11: correlation above 0.99 and slope 0.9 to 1.1 in every term."""
    file, formula, options = LEFT_OUT[name]
    frame = data(file)
    fit = survival.cox(frame, formula, **options)
    dfbeta = survival.residuals(fit, "dfbeta").to_numpy()
    change = np.array(
        [
            fit.values - survival.cox(frame.drop(index=k), formula, **options).values
            for k in frame.index
        ]
    )
    for ours, real in zip(dfbeta.T, change.T, strict=True):
        assert np.corrcoef(ours, real)[0, 1] > 0.99
        assert 0.9 < np.polyfit(ours, real, 1)[0] < 1.1


# ---- relations ----------------------------------------------------------------------------------


def statistics(fit: CoxFit, transform: str = "km") -> np.ndarray:
    found = survival.check_proportional_hazards(fit, transform=transform)
    return found.to_frame()["statistic"].to_numpy()


TRANSFORMS = st.sampled_from(["km", "rank", "identity", "log"])
KINDS = st.sampled_from(ROW_KINDS)


@given(seed=st.integers(0, 10**6), spells=st.booleans(), kind=KINDS, transform=TRANSFORMS)
def test_row_order_changes_nothing(seed: int, spells: bool, kind: str, transform: str) -> None:
    """Relation 1."""
    frame = random_frame(seed, spells=spells)
    options = {"strata": "stratum", "weights": "weight", **({"entry": "start"} if spells else {})}
    shuffled = frame.sample(frac=1.0, random_state=seed)
    one, two = fit_of(frame, **options), fit_of(shuffled, **options)
    found = survival.residuals(two, kind)
    assert list(found.index) == list(shuffled.index)
    np.testing.assert_allclose(found.loc[frame.index], survival.residuals(one, kind), **REFIT)
    np.testing.assert_allclose(statistics(two, transform), statistics(one, transform), **TESTED)


@given(
    seed=st.integers(0, 10**6),
    scale=st.sampled_from([1 / 365.25, 7.0, 1e6, 1e-9]),
    kind=KINDS,
    transform=TRANSFORMS,
)
def test_units_of_time_change_nothing(seed: int, scale: float, kind: str, transform: str) -> None:
    """Relations 2 and 3: log(c t) differs from log(t) by a constant, and x is in the model."""
    frame = random_frame(seed)
    one, two = fit_of(frame), fit_of(frame.assign(stop=frame["stop"] * scale))
    first, second = survival.residuals(one, kind), survival.residuals(two, kind)
    np.testing.assert_allclose(second, first, **REFIT)
    np.testing.assert_allclose(statistics(two, transform), statistics(one, transform), **TESTED)


@given(
    seed=st.integers(0, 10**6),
    shift=st.sampled_from([0.0, -40.0, 1e5]),
    scale=st.sampled_from([1.0, -2.0, 1e4, 1e-3]),
    kind=KINDS,
)
def test_units_of_a_covariate(seed: int, shift: float, scale: float, kind: str) -> None:
    """Relation 4: a + b x changes residuals of that term by b or 1/b, and no test."""
    frame = random_frame(seed)
    one, two = fit_of(frame), fit_of(frame.assign(age=shift + scale * frame["age"]))
    per_unit = {"martingale": 1.0, "deviance": 1.0, "cox_snell": 1.0, "score": scale,
                "dfbeta": 1.0 / scale, "dfbetas": np.sign(scale)}  # fmt: skip
    first, second = (survival.residuals(fit, kind).iloc[:, 0] for fit in (one, two))
    expected = per_unit[kind] * first
    # 1e5 + age keeps eleven digits of age.
    size = float(expected.abs().max())
    np.testing.assert_allclose(second, expected, rtol=1e-5, atol=1e-6 * size)
    np.testing.assert_allclose(statistics(two), statistics(one), rtol=1e-4, atol=1e-6)


def split_everywhere(frame: pd.DataFrame) -> pd.DataFrame:
    """Cut each row at every whole time inside it; times are whole."""
    pieces = frame.assign(participant_id=frame.index)
    pieces = pieces.loc[pieces.index.repeat((frame["stop"] - frame["start"]).astype(int))]
    begin = pieces["start"] + pieces.groupby("participant_id").cumcount()
    last = begin + 1 == pieces["stop"]
    return pieces.assign(start=begin, stop=begin + 1, event=pieces["event"] & last).reset_index(
        drop=True
    )


@given(
    seed=st.integers(0, 10**6),
    efron=st.booleans(),
    kind=KINDS,
    transform=st.sampled_from(["km", "identity", "log"]),
)
def test_splitting_changes_nothing(seed: int, efron: bool, kind: str, transform: str) -> None:
    """Relation 7: residuals summed by person, and every test but that by rank."""
    frame = random_frame(seed, 25, spells=True)
    options = {"ties": "efron" if efron else "breslow", "entry": "start", "strata": "stratum"}
    one = fit_of(frame.assign(participant_id=frame.index), robust=False, **options)
    two = fit_of(split_everywhere(frame), robust=False, **options)
    found = survival.residuals(two, kind, collapse="participant_id").loc[frame.index]
    np.testing.assert_allclose(found, survival.residuals(one, kind), rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(statistics(two, transform), statistics(one, transform), **TESTED)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_frequencies_are_copies(ties: str) -> None:
    """Relation 8, for what follows a fit; a copy has the residual of its row."""
    frame = random_frame(1).assign(copies=np.arange(40) % 4)
    longhand = frame.loc[frame.index.repeat(frame["copies"])].reset_index()
    one = fit_of(frame, frequencies="copies", strata="stratum", ties=ties)
    two = fit_of(longhand, strata="stratum", ties=ties)
    for kind in ROW_KINDS:
        found = survival.residuals(one, kind).loc[longhand["index"]]
        np.testing.assert_allclose(found, survival.residuals(two, kind), **REFIT)
    for transform in ("km", "rank"):
        np.testing.assert_allclose(statistics(one, transform), statistics(two, transform), **TESTED)
    baseline, again = (survival.baseline_hazard(fit).at([2, 5]) for fit in (one, two))
    pd.testing.assert_frame_equal(baseline, again, rtol=1e-8)
    pairs, longer = (survival.concordance(fit) for fit in (one, two))
    np.testing.assert_allclose(pairs.values, longer.values, **EXACT)
    np.testing.assert_allclose(pairs.std_errors, longer.std_errors, **EXACT)


# ---- proportional hazards -----------------------------------------------------------------------


def score_test_by_hand(
    rows: list[Row], ties: str, g: Any, columns: list[int]
) -> tuple[float, np.ndarray]:
    """Add x g(t) for some columns and take the score test at the coefficients given."""

    def added(row: Row, time: float) -> list[float]:
        return [*row.x, *(row.x[j] * g(time) for j in columns)]

    score, information = score_and_information(rows, ties, added)
    score[: len(rows[0].x)] = 0.0
    return float(score @ np.linalg.solve(information, score)), score


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("spells", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_proportional_hazards_by_hand(seed: int, spells: bool, ties: str) -> None:
    frame = random_frame(seed, spells=spells)
    options = {"entry": "start"} if spells else {}
    fit = fit_of(frame, ties=ties, strata="stratum", weights="weight", **options)
    rows = rows_of(frame if spells else frame.drop(columns="start"), ["age", "arm"], fit.values)
    for transform, g in (("identity", float), ("log", np.log), (np.sqrt, np.sqrt)):
        found = survival.check_proportional_hazards(fit, transform=transform)
        for k, term in enumerate(("age", "arm")):
            statistic, _ = score_test_by_hand(rows, ties, g, [k])
            np.testing.assert_allclose(found.by_term[term].statistic, statistic, rtol=1e-6)
        statistic, _ = score_test_by_hand(rows, ties, g, [0, 1])
        np.testing.assert_allclose(found.overall.statistic, statistic, rtol=1e-6)
        assert found.overall.df == 2


def test_score_is_the_derivative_of_the_likelihood() -> None:
    """The same score and information by differences of the log-likelihood with x g(t) added."""
    frame = random_frame(7, spells=True)
    fit = fit_of(frame, entry="start", weights="weight")
    steps_at = np.array([0.0, 1e-4, -1e-4])

    def log_likelihood(theta: float, beta: np.ndarray) -> float:
        """Each row at each time has its own risk; log of the products of Efron's steps."""
        total = 0.0
        plain = rows_of(frame.drop(columns="stratum"), ["age", "arm"], beta)
        for time in sorted({r.stop for r in plain if r.event}):
            for row in plain:
                row.risk = float(np.exp(np.dot(row.x, beta) + theta * row.x[0] * time))
            dead = [r for r in plain if r.event and r.stop == time]
            total += sum(r.weight * np.log(r.risk) for r in dead)
            here = [s for s in steps_of(plain, "efron") if s.time == time]
            total -= sum(s.hazard * s.denominator * np.log(s.denominator) for s in here)
        return total

    values = [log_likelihood(theta, fit.values) for theta in steps_at]
    rows = rows_of(frame.drop(columns="stratum"), ["age", "arm"], fit.values)
    _, score = score_test_by_hand(rows, "efron", float, [0])
    np.testing.assert_allclose((values[1] - values[2]) / 2e-4, score[2], rtol=1e-5)


def test_km_and_rank_by_definition() -> None:
    """1 - S(t-) and average ranks, pooled over strata, without weights."""
    frame = random_frame(3, spells=True)
    fit = fit_of(frame, entry="start", strata="stratum", weights="weight")
    for transform in ("km", "rank"):
        found = survival.check_proportional_hazards(fit, transform=transform).residuals
        for time, g in zip(found["time"], found["transformed"], strict=True):
            if transform == "km":
                survival_before = 1.0
                for u in sorted(set(frame.loc[frame["event"], "stop"])):
                    here = (frame["start"] < u) & (u <= frame["stop"])
                    dead = (frame["stop"] == u) & frame["event"]
                    survival_before *= 1.0 - dead.sum() / here.sum() if u < time else 1.0
                expected = 1.0 - survival_before
            else:
                expected = frame["stop"].rank().loc[frame["stop"] == time].iloc[0]
            assert g == pytest.approx(expected, rel=1e-12)


def test_a_term_that_is_constant_in_a_stratum_has_no_residual_there() -> None:
    """R 4.2.2, survival 3.5-3: cox.zph of trt + only + strata(celltype), see `only` below."""
    veteran = data("veteran.csv").assign(only=lambda d: np.where(d["celltype"] == 1, d["age"], 50))
    fit = survival.cox(veteran, "trt + only", strata="celltype", time="time", event="status")
    found = survival.check_proportional_hazards(fit)
    statistics = found.to_frame()["statistic"]
    np.testing.assert_allclose(
        statistics, [1.74763514451, 2.87459633964, 4.35394123949], rtol=1e-10
    )
    shown = found.residuals[["trt", "only"]].to_numpy()
    np.testing.assert_allclose(
        shown[[0, 1, 39, 99]],
        [[2.48128887380, 0.119575067395], [1.17723621590, -0.418001433922],
         [-1.78888548179, np.nan], [1.66006242548, np.nan]],
        rtol=1e-10,
    )  # fmt: skip


def test_an_effect_that_fades_is_found_and_one_that_does_not_is_not() -> None:
    """Hazard ratio 4 before day 1 and 1 after it, against 2 throughout."""
    rng = np.random.default_rng(11)
    arm = np.repeat([0, 1], 1000)
    uniform = rng.exponential(size=2000)
    fading = np.where(uniform < 4.0 * 0.5, uniform / 4.0, 0.5 + uniform - 2.0)
    faded = pd.DataFrame({"days": np.where(arm == 1, fading, uniform), "event": 1, "arm": arm})
    steady = faded.assign(days=uniform / np.where(arm == 1, 2.0, 1.0))
    tests = [survival.check_proportional_hazards(survival.cox(d, "arm")) for d in (faded, steady)]
    assert tests[0].overall.p_value < 1e-6
    assert tests[1].overall.p_value > 0.01
    assert "score test" in str(tests[0]).lower()
    assert tests[0].by_term["arm"].null.startswith("The hazard ratio of arm")


def test_residuals_that_matter_only_where_people_have_several_events() -> None:
    """Deviance of a person is 2 (N log(N / E) - (N - E)), which is never negative."""
    pieces = split_everywhere(random_frame(5, 20, spells=True))
    pieces["event"] = np.arange(len(pieces)) % 2 == 0
    fit = fit_of(pieces, entry="start")
    expected = survival.residuals(fit, "cox_snell", collapse="participant_id")["cox_snell"]
    deviance = survival.residuals(fit, "deviance", collapse="participant_id")["deviance"]
    n = pieces.groupby("participant_id")["event"].sum().loc[expected.index]
    assert n.max() > 1
    logged = np.where(n > 0, n * np.log(np.maximum(n, 1) / expected), 0.0)
    np.testing.assert_allclose(deviance**2, 2.0 * (logged - (n - expected)), **EXACT)


# ---- what cannot be done ------------------------------------------------------------------------


def test_refusals_in_words() -> None:
    frame = random_frame(1)
    fit = fit_of(frame)
    with pytest.raises(ValueError, match="kind must be one of"):
        survival.residuals(fit, "pearson")
    with pytest.raises(ValueError, match="weighted must be True or False"):
        survival.residuals(fit, "dfbeta", weighted="no")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="transform must be one of"):
        survival.check_proportional_hazards(fit, transform="square")
    with pytest.raises(ValueError, match="not finite at every event time"):
        survival.check_proportional_hazards(fit, transform=lambda t: np.where(t > 2, t, np.nan))
    with pytest.raises(ValueError, match="one number for each time"):
        survival.check_proportional_hazards(fit, transform=lambda t: 1.0)
    with pytest.raises(ValueError, match="belong to events"):
        survival.residuals(fit, "schoenfeld", collapse=frame["arm"])
    with pytest.raises(ValueError, match="does not know 'clinic'"):
        survival.residuals(fit, "martingale", collapse="clinic")
    with pytest.raises(ValueError, match="40 values"):
        survival.residuals(fit, "martingale", collapse=[1, 2])
    with pytest.raises(ValueError, match="one value for each row"):
        survival.residuals(fit, "martingale", collapse=frame["arm"].iloc[:5])
    with pytest.raises(ValueError, match="missing"):
        survival.residuals(fit, "martingale", collapse=frame["age"].where(frame["age"] > 0))
    with pytest.raises(ValueError, match="must be a Cox fit"):
        survival.residuals(frame, "martingale")  # type: ignore[arg-type]


def test_exact_ties_have_martingale_residuals_only() -> None:
    """As in R, whose hazard for exact ties is Breslow's."""
    fit = fit_of(random_frame(1), ties="exact")
    assert abs(survival.residuals(fit, "martingale").to_numpy().sum()) < 1e-9
    for kind in ("score", "dfbeta", "schoenfeld"):
        with pytest.raises(ValueError, match="not defined for ties='exact'"):
            survival.residuals(fit, kind)
    with pytest.raises(ValueError, match="not defined for ties='exact'"):
        survival.check_proportional_hazards(fit)


def test_a_model_without_covariates() -> None:
    """Martingale residuals against Nelson-Aalen's hazard; nothing to test."""
    frame = random_frame(1)
    fit = fit_of(frame, "1")
    hazard = survival.nelson_aalen(frame, time="stop", tied="one by one")
    expected = survival.residuals(fit, "cox_snell")["cox_snell"]
    censored = frame.index[~frame["event"]]
    reached = hazard.frame.set_index("stop")["estimate"].loc[frame.loc[censored, "stop"]]
    np.testing.assert_allclose(expected[censored], reached, **EXACT)
    with pytest.raises(ValueError, match="without covariates"):
        survival.check_proportional_hazards(fit)


def test_infinite_coefficients_have_no_residuals() -> None:
    frame = pd.DataFrame({"days": range(1, 9), "event": 4 * [1] + 4 * [0], "x": 4 * [1] + 4 * [0]})
    fit = survival.cox(frame, "x")
    with pytest.raises(FitError, match="coefficient of x is not finite"):
        survival.residuals(fit, "martingale")
    with pytest.raises(FitError, match="coefficient of x is not finite"):
        survival.check_proportional_hazards(fit)


def test_rows_left_out_and_rows_never_at_risk() -> None:
    """Residuals belong to the rows used, with their index; no follow-up, no residual."""
    frame = random_frame(2, spells=True)
    frame.loc["p3", "age"] = np.nan
    frame.loc["p5", "stop"], frame.loc["p5", "event"] = frame.loc["p5", "start"], False
    fit = fit_of(frame, entry="start")
    found = survival.residuals(fit, "martingale")["martingale"]
    assert "p3" not in found.index
    assert len(found) == 39
    assert found["p5"] == 0.0
    assert not survival.residuals(fit, "score").loc["p5"].any()
    assert "p5" not in survival.residuals(fit, "schoenfeld").index
