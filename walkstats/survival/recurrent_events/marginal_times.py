"""By what factor does a covariate multiply the hazard of each event, timed from the beginning?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import as_names, check_frame
from walkstats._formula_text import parse
from walkstats._variables import as_numbers
from walkstats.errors import DataError, FitError
from walkstats.formulas import variables_in
from walkstats.numerics.limits import chi2_p
from walkstats.numerics.quadratic_forms import quadratic_form
from walkstats.results import CoxFit, Estimates, HypothesisTest
from walkstats.results.frozen import Result
from walkstats.survival.observations import observe
from walkstats.survival.proportional import cox
from walkstats.survival.recurrent_events.own_effects import OwnEffects, own_effects
from walkstats.survival.recurrent_events.spells import Spells, read_spells

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

# Columns that the prepared frame gains.
NUMBER, WAITED, HAPPENED, ENTERED = "event number", "time to event", "event happened", "entry time"
# By default as many events as at least so many participants have had, up to the paper's four.
ENOUGH, MOST = 10, 4
NO_FOLLOW_UP = "not at risk: no follow-up."
NO_AVERAGE = "no average, since an effect is infinite or two of them cannot be told apart."


@dataclass(frozen=True, eq=False)
class MarginalTimes(Result):
    """Effects on the time from the beginning to each event.

    Attributes
    ----------
    common : CoxFit
        One coefficient for all event numbers.
    specific : CoxFit
        A coefficient for each, ``arm[walking]:event[2]``, with their joint robust covariance.
    average : Estimates
        The specific coefficients of each effect combined with the weights of least variance.
    weights : pandas.DataFrame
        One row per effect and event number: term, event, weight.
    global_tests, equality_tests : mapping of str to HypothesisTest
        By effect: that all its specific coefficients are zero; that they are equal.
    """

    common: CoxFit
    specific: CoxFit
    average: Estimates
    weights: pd.DataFrame
    global_tests: Mapping[str, HypothesisTest] = field(default_factory=dict)
    equality_tests: Mapping[str, HypothesisTest] = field(default_factory=dict)

    def to_frame(self, *, ratio: bool = False) -> pd.DataFrame:
        """One row per model ("specific", "average", "common") and term.

        Parameters
        ----------
        ratio : bool
            Estimates and limits as ratios rather than logs, as of a Cox model.
        """
        parts = []
        for name in ("specific", "average", "common"):
            estimates: Estimates = getattr(self, name)
            frame = estimates.to_frame(ratio=ratio)
            frame.insert(0, "model", name)
            parts.append(frame)
        return pd.concat(parts, ignore_index=True)


def wei_lin_weissfeld(
    episodes: pd.DataFrame,
    formula: str,
    *,
    up_to: int | None = None,
    specific: str | tuple[str, ...] | None = None,
    episode: str | None = None,
    cluster: str = "participant_id",
    subject: str | None = None,
    strata: Any = None,
    ties: str = "efron",
    time: str | None = None,
    event: str = "event",
    event_value: object = None,
    entry: str | None = None,
    weights: str | None = None,
    frequencies: str | None = None,
    level: float = 0.95,
) -> MarginalTimes:
    """Estimate by what factor covariates multiply the hazard of the first event, the second, ...

    Parameters
    ----------
    episodes : pandas.DataFrame
        One row per participant and spell of follow-up (start, stop], which a recurrence ends or
        does not.
    formula : str
        Covariates, such as ``"arm + age"``; no left side, no intercept.
    up_to : int, optional
        How many events are analysed; by default as many as at least 10 participants have had, and
        4 at most.
    specific : str or tuple of str, optional
        Terms with a coefficient for each event number in the second model; all by default.
    episode : str, optional
        Column of the event number, from 1, where the frame is laid out already: one row per
        participant and event number, ``time`` the time to that event or the end of follow-up.
    cluster : str
        Column of units that are independent of each other; the variance is robust.
    subject : str, optional
        Column of the person; ``cluster`` by default.
    strata, ties, time, event, event_value, entry, weights, frequencies, level
        As in `cox`.

    Returns
    -------
    MarginalTimes

    Raises
    ------
    ValueError
        As `cox`; for a term that is not in the formula.
    DataError
        As `cox`; for spells of one person that overlap.
    FitError
        As `cox`; where fewer than two events can be analysed.

    Notes
    -----
    Everybody is at risk for each of the first K events from the beginning, until it happens or
    follow-up ends; the hazard of the k-th at t is h_k(t) exp(b_k'x) [1]_. The K models share no
    baseline, and the joint covariance of their coefficients is the sandwich clustered by person.
    With V that of the K coefficients b of an effect, the combined one is w'b with weights w =
    V^-1 1 / (1' V^-1 1), its variance 1 / (1' V^-1 1); b'V^-1 b tests that all are zero.

    Somebody counts as at risk for the third event before having had the first: hazard ratios of
    later events hold part of the effect on earlier ones and usually lie further from 1. It
    is an analysis of times to the k-th event, as a trial with a fixed number of them might ask for.
    Covariates are those of a person's first spell.

    References
    ----------
    .. [1] Wei LJ, Lin DY, Weissfeld L. Regression analysis of multivariate incomplete failure time
       data by modeling marginal distributions. J Am Stat Assoc 1989;84:1065-1073.
       https://doi.org/10.1080/01621459.1989.10478873

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import survival
    >>> spells = pd.DataFrame({
    ...     "participant_id": [1, 1, 1, 2, 3, 3, 4, 4, 4, 5, 6, 6, 6],
    ...     "arm": ["control"] * 6 + ["walking"] * 4 + ["control"] * 3,
    ...     "start_days": [0, 30, 60, 0, 0, 90, 0, 200, 230, 0, 0, 40, 80],
    ...     "stop_days": [30, 60, 365, 365, 90, 365, 200, 230, 365, 365, 40, 80, 365],
    ...     "event": [1, 1, 0, 0, 1, 0, 1, 1, 0, 0, 1, 1, 0]})
    >>> found = survival.wei_lin_weissfeld(spells, "arm", up_to=2)
    >>> found.specific.terms
    ('arm[walking]:event[1]', 'arm[walking]:event[2]')
    """
    check_frame(episodes)
    person = subject or cluster
    follow_up: dict[str, Any] = {
        "time": time, "event": event, "event_value": event_value, "entry": entry,
        "weights": weights, "frequencies": frequencies,
    }  # fmt: skip
    if episode is not None:
        laid_out, notes = _as_given(episodes, episode, up_to, follow_up)
        said = "as laid out"
    else:
        # Time runs from the beginning whatever counts as at risk, so gaps say nothing here.
        spells = read_spells(episodes, person, at_risk="under_observation", follow_up=follow_up)
        number, said = _how_many(up_to, spells)
        laid_out = _laid_out(episodes, spells, number)
        notes = (*spells.events_said, *_changing(episodes, formula, spells))
    terms = tuple(term for term, _ in parse(formula).terms)
    own = own_effects(laid_out, formula, specific or terms, laid_out[NUMBER].to_numpy())
    late = bool((laid_out[ENTERED] > 0).any())
    options: dict[str, Any] = {
        "strata": (NUMBER, *as_names(strata, "strata")), "cluster": cluster, "ties": ties,
        "time": WAITED, "event": HAPPENED, "entry": ENTERED if late else None,
        "weights": weights, "frequencies": frequencies, "subject": person, "level": level,
    }  # fmt: skip
    common = cox(laid_out, formula, **options)
    apart = cox(own.frame, own.formula, **options)
    method = _method(int(laid_out[NUMBER].max()), said, apart)
    common, apart = (
        replace(
            fit,
            method=method,
            notes=(*_by_person(fit.notes, laid_out, person), *notes),
            measure=f"hazard ratio {which}",
        )
        for fit, which in ((common, "common to all events"), (apart, "of each event"))
    )
    return _pack(common, apart, own)


def _by_person(notes: tuple[str, ...], laid_out: pd.DataFrame, person: str) -> list[str]:
    """Notes of a Cox fit, with people rather than their rows counted as not at risk."""
    none = (laid_out[WAITED] <= laid_out[ENTERED]) & ~laid_out[HAPPENED].astype(bool)
    number = laid_out.loc[none, person].nunique()
    word = "participant is" if number == 1 else "participants are"
    kept = [note for note in notes if not note.endswith(NO_FOLLOW_UP)]
    return [*kept, f"{number} {word} {NO_FOLLOW_UP}"] if len(kept) < len(notes) else kept


def _how_many(up_to: int | None, spells: Spells) -> tuple[int, str]:
    """The number of events to analyse, and why."""
    had = np.bincount(spells.before[spells.event])
    if up_to is not None:
        whole = isinstance(up_to, (int, np.integer)) and not isinstance(up_to, bool)
        if not whole or up_to < 2:
            raise ValueError(f"up_to must be a whole number of at least 2, got {up_to!r}.")
        if up_to > had.size:
            fewer = f"choose up_to={had.size} or less" if had.size > 1 else "use cox instead"
            raise FitError(f"Nobody has {up_to} events; the most is {had.size}: {fewer}.")
        return int(up_to), "as asked"
    enough = int(np.sum(had >= ENOUGH))
    if enough < 2:
        raise FitError(
            f"Fewer than {ENOUGH} participants have a second event: say how many events are to be "
            "analysed, up_to=2, or use andersen_gill."
        )
    said = f"at most {MOST}, and those that at least {ENOUGH} participants have had"
    return min(enough, MOST), said


def _as_given(
    frame: pd.DataFrame, episode: str, up_to: int | None, follow_up: Mapping[str, Any]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """A frame that has a row per participant and event number already, and notes on its events."""
    seen = observe(frame, **follow_up, groups=(episode,))
    kept = np.flatnonzero(seen.kept)
    numbers = as_numbers(frame[episode], episode)[kept]
    bad = np.flatnonzero((numbers < 1) | (numbers != np.round(numbers)))
    if bad.size:
        raise DataError.of(
            f"{episode} is no whole number from 1 on in {bad.size} row(s)",
            column=episode,
            row=int(kept[bad[0]]),
            count=int(bad.size),
            what_to_do="give the number of the event that each row is timed to",
        )
    chosen = numbers <= (np.inf if up_to is None else up_to)
    people = frame.iloc[kept[chosen]].copy()
    people[NUMBER] = numbers[chosen].astype(np.intp)
    people[WAITED], people[HAPPENED] = seen.stop[chosen], seen.event[chosen]
    people[ENTERED] = 0.0 if seen.start is None else seen.start[chosen]
    return people, seen.notes


def _laid_out(episodes: pd.DataFrame, spells: Spells, number: int) -> pd.DataFrame:
    """One row per participant and event number, covariates from the first spell."""
    first, last = spells.firsts(), spells.lasts()
    waited = np.repeat(spells.stop[last][:, None], number, axis=1)
    happened = np.zeros(waited.shape, dtype=bool)
    rows = np.flatnonzero(spells.event & (spells.before < number))
    waited[spells.person[rows], spells.before[rows]] = spells.stop[rows]
    happened[spells.person[rows], spells.before[rows]] = True
    people = episodes.iloc[np.repeat(spells.kept[first], number)].reset_index(drop=True)
    people[NUMBER] = np.tile(np.arange(1, number + 1), spells.people)
    people[WAITED], people[HAPPENED] = waited.ravel(), happened.ravel()
    people[ENTERED] = np.repeat(spells.start[first], number)
    people.attrs = dict(episodes.attrs)
    return people


def _changing(episodes: pd.DataFrame, formula: str, spells: Spells) -> list[str]:
    """A note on covariates that change within a person."""
    changing = []
    for name in variables_in(formula):
        if name in episodes.columns:
            values = pd.factorize(episodes[name].iloc[spells.kept])[0]
            first = np.empty(spells.people, dtype=np.intp)
            first[spells.person[spells.firsts()]] = values[spells.firsts()]
            if np.any(values != first[spells.person]):
                changing.append(name)
    if not changing:
        return []
    return [f"{' and '.join(changing)} changes over time: the value of the first spell is used."]


def _method(number: int, said: str, fit: CoxFit) -> str:
    return (
        f"Marginal models of Wei, Lin and Weissfeld for the times to the first {number} events "
        f"({said}), everybody at risk for each from the beginning. {fit.method}"
    )


def _pack(common: CoxFit, specific: CoxFit, own: OwnEffects) -> MarginalTimes:
    places = np.array([[specific.terms.index(name) for name in names] for names in own.terms])
    weights = np.array([_least_variance(specific.covariance[np.ix_(at, at)]) for at in places])
    lost = [name for name, mine in zip(own.effects, weights, strict=True) if np.isnan(mine).any()]
    shared: dict[str, Any] = {
        "method": specific.method,
        "notes": (*specific.notes, *([f"{', '.join(lost)}: {NO_AVERAGE}"] if lost else [])),
        "counts": specific.counts,
        "source": specific.source,
    }
    values, covariance = _combined(specific, places, weights)
    average = Estimates(
        terms=own.effects,
        values=values,
        covariance=covariance,
        link="log",
        level=specific.level,
        measure="hazard ratio combined over events",
        **shared,
    )
    size = len(own.numbers)
    table = pd.DataFrame(
        {
            "term": np.repeat(own.effects, size),
            "event": np.tile(own.numbers, len(own.effects)),
            "weight": weights.ravel(),
        }
    )
    effects = list(zip(own.effects, places, strict=True))
    return MarginalTimes(
        common=common,
        specific=specific,
        average=average,
        weights=table,
        global_tests={name: _global(specific, name, at, shared) for name, at in effects},
        equality_tests={name: _equality(specific, name, at, shared) for name, at in effects},
        **shared,
    )


def _least_variance(covariance: Floats) -> Floats:
    """Weights that add up to 1; nan where a coefficient is infinite or two go together entirely."""
    _, rank = quadratic_form(np.ones(len(covariance)), covariance)
    if not np.all(np.isfinite(covariance)) or rank < len(covariance):
        return np.full(len(covariance), np.nan)
    solved = np.linalg.solve(covariance, np.ones(len(covariance)))
    return np.asarray(solved / solved.sum())


def _combined(fit: CoxFit, places: Indices, weights: Floats) -> tuple[Floats, Floats]:
    """Weighted coefficients of each effect and their covariance.

    Each from its own coefficients only: an infinite one of another effect says nothing of it.
    """
    pairs = list(zip(places, weights, strict=True))
    values = np.array([weight @ fit.values[at] for at, weight in pairs])
    joint = [
        [w @ fit.covariance[np.ix_(at, there)] @ v for there, v in pairs] for at, w in pairs
    ]  # fmt: skip
    return values, np.array(joint)


def _global(fit: CoxFit, name: str, at: Indices, shared: Mapping[str, Any]) -> HypothesisTest:
    statistic, df = quadratic_form(fit.values[at], fit.covariance[np.ix_(at, at)])
    return HypothesisTest(
        name=f"global Wald test of {name}",
        null=f"{name} has no effect on the time to any of the first {at.size} events.",
        statistic=statistic,
        df=float(df),
        p_value=float(chi2_p(statistic, df)),
        **shared,
    )


def _equality(fit: CoxFit, name: str, at: Indices, shared: Mapping[str, Any]) -> HypothesisTest:
    against = np.hstack([np.ones((at.size - 1, 1)), -np.eye(at.size - 1)])
    spread = against @ fit.covariance[np.ix_(at, at)] @ against.T
    with np.errstate(invalid="ignore"):  # infinite coefficients: there is no test
        differences = against @ fit.values[at]
    statistic, df = quadratic_form(differences, spread)
    return HypothesisTest(
        name=f"Wald test of equal effects of {name}",
        null=f"{name} has the same effect on the time to each of the first {at.size} events.",
        statistic=statistic,
        df=float(df),
        p_value=float(chi2_p(statistic, df)),
        **shared,
    )
