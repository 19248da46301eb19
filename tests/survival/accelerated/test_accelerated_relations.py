"""What must not change, and what must change in a known way, when the data are written otherwise.

Tolerances: 1e-7 of a standard error for estimates, 1e-6 relative for standard errors and 1e-8 for
log-likelihoods. Newton's method stops 1e-10 standard errors from the maximum; what is left is
rounding, which a change of units moves about.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from walkstats import survival
from walkstats.errors import WalkstatsError

IN_ERRORS, RELATIVE, LIKELIHOOD = 1e-6, 1e-6, 1e-8


@st.composite
def trials(draw: st.DrawFn) -> pd.DataFrame:
    """A small trial with late entry, weights and clusters of people."""
    n = draw(st.integers(14, 22))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    days = (rng.weibull(1.4, n) * 60 + 4).round(1)
    event, arm = rng.random(n) < 0.75, np.arange(n) % 2
    assume(event.sum() >= 6 and np.bincount(arm[event], minlength=2).min() >= 2)
    month = np.floor(days / 30) * 30
    return pd.DataFrame(
        {
            "participant_id": [f"p{k}" for k in range(n)],
            "arm": pd.Categorical.from_codes(arm, ["usual", "walking"]),
            "age": rng.normal(50, 8, n).round(1),
            "days": days,
            "event": event,
            "clinic": np.arange(n) // 2,
            "entered": np.where(rng.random(n) < 0.3, (0.5 * days).round(1), 0.0),
            "low": np.where(event, month, days),
            "high": np.where(event, month + 30, np.inf),
        }
    )


MODELS: dict[str, tuple[Any, dict[str, Any]]] = {
    "weibull": (survival.parametric, {"family": "weibull", "entry": "entered"}),
    "log-normal": (survival.parametric, {"family": "log-normal", "cluster": "clinic"}),
    "log-logistic": (survival.parametric, {"family": "log-logistic", "low": "low", "high": "high"}),
    "flexible": (survival.flexible_parametric, {"df": 2, "entry": "entered"}),
    "rates": (survival.piecewise_exponential, {"cuts": (40.0,), "entry": "entered"}),
}


def fitted(name: str, frame: pd.DataFrame, formula: str = "arm + age", **more: Any) -> Any:
    model, options = MODELS[name]
    try:
        fit = model(frame, formula, **{**options, **more})
    except WalkstatsError:
        assume(False)
    assume(fit.state == "converged" and fit.std_errors.max() < 50)
    return fit


def same(a: Any, b: Any, shift: Any = 0.0, sign: Any = 1.0) -> None:
    """b holds a's values, each times ``sign`` and moved by ``shift``."""
    error = np.abs(sign) * a.std_errors
    assert np.all(np.abs(b.values - (sign * a.values + shift)) <= IN_ERRORS * error)
    assert np.allclose(b.std_errors, error, rtol=RELATIVE)


def rewritten(frame: pd.DataFrame, seed: int, factor: float, a: float, b: float) -> pd.DataFrame:
    """The same trial: rows, names, units, types and the reference otherwise, and an empty row."""
    rows = np.append(np.random.default_rng(seed).permutation(len(frame)), 0)
    last = np.arange(rows.size) == rows.size - 1
    arrays = {name: frame[name].to_numpy()[rows] for name in frame.columns}
    times = {name: arrays[name] * factor for name in ("days", "entered", "low", "high")}
    return pd.DataFrame(
        {
            **times,
            "participant_id": [f"renamed {k}" for k in range(rows.size)],
            "clinic": [f"c{k}" for k in arrays["clinic"]],
            "event": pd.array(arrays["event"], dtype="boolean"),
            "age": pd.arrays.FloatingArray(a + b * arrays["age"], last),
            "arm": pd.Categorical(arrays["arm"], categories=["walking", "nobody", "usual"]),
        },
        index=rows,
    )


@given(
    trials(),
    st.sampled_from(list(MODELS)),
    st.integers(0, 2**32 - 1),
    st.sampled_from([1e-3, 1 / 365.25, 7.0, 1e6]),
    st.floats(-1e3, 1e3),
    st.sampled_from([-2.0, 1e-4, 1 / 7, 1e4]),
)
def test_the_same_trial_written_otherwise(frame, name, seed, factor, a, b):
    """Relations 1 to 5 and 16 to 18 at once."""
    fit = fitted(name, frame)
    more = {"cuts": (40.0 * factor,)} if name == "rates" else {}
    again = fitted(name, rewritten(frame, seed, factor, a, b), **more)
    assert again.counts.left_out == {"age missing": 1}
    assert again.counts.used == fit.counts.used
    for term, other, times in (("arm[walking]", "arm[usual]", -1.0), ("age", "age", b)):
        before, after = fit.estimate(term), again.estimate(other)
        assert abs(before.estimate - times * after.estimate) <= IN_ERRORS * before.std_error
        assert np.isclose(before.std_error, abs(times) * after.std_error, rtol=RELATIVE)
    # The density of a time in other units is that of the time, divided by the factor.
    moved = 0.0 if name == "log-logistic" else frame["event"].sum() * np.log(factor)
    assert np.isclose(again.log_likelihood, fit.log_likelihood - moved, rtol=LIKELIHOOD)


@given(
    trials(),
    st.sampled_from(list(MODELS)),
    st.integers(2, 4),
    st.sampled_from(["weights", "frequencies"]),
)
def test_weights_copies_and_frequencies(frame, name, k, how):
    """Relation 8, for the model-based variance."""
    some = np.where(np.arange(len(frame)) % 3 == 0, k, 1)
    model, options = MODELS[name]
    options = {key: value for key, value in options.items() if key != "cluster"}
    copies = frame.loc[frame.index.repeat(some)].drop(columns="participant_id")

    def fit(data: pd.DataFrame, **more: Any) -> Any:
        found = model(data, "arm", **options, robust=False, **more)
        assume(found.state == "converged" and found.std_errors.max() < 50)
        return found

    assume(name != "flexible" or how == "frequencies")  # its knots regard copies, weights not
    copied, counted = fit(copies), fit(frame.assign(copies=some), **{how: "copies"})
    same(copied, counted)
    assert counted.counts.used == (int(some.sum()) if how == "frequencies" else len(frame))


@given(trials(), st.sampled_from(["weibull", "weibull", "rates", "rates", "flexible"]))
def test_splitting_follow_up(frame, name):
    """Relation 7: pieces of one follow-up are that follow-up, clustered variance included."""
    whole = fitted(name, frame, robust=True, cluster="participant_id")
    middle = (0.5 * (frame["entered"] + frame["days"])).round(3)
    pieces = pd.concat(
        [frame.assign(days=middle, event=False), frame.assign(entered=middle)], ignore_index=True
    )
    split = fitted(name, pieces)
    same(whole, split)
    assert np.isclose(split.log_likelihood, whole.log_likelihood, rtol=LIKELIHOOD)
    assert np.isclose(split.bic, whole.bic, rtol=LIKELIHOOD)


@settings(max_examples=50)
@given(trials(), st.sampled_from(["weibull", "log-normal", "log-logistic"]))
def test_residuals_add_up(frame, name):
    """Relation 10: scores sum to 0; so do the martingale residuals of a Weibull model."""
    fit = fitted(name, frame)
    scores = survival.parametric_residuals(fit, "score")
    assert np.allclose(scores.sum() * np.sqrt(np.diag(fit.naive_covariance)), 0.0, atol=1e-6)
    if name == "weibull":
        assert abs(survival.parametric_residuals(fit, "martingale")["martingale"].sum()) < 1e-6
