"""What is the effect in each level of one modifier, and is it the same in all?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column, check_positive
from walkstats._event_values import events_of
from walkstats._formula_text import Parsed
from walkstats.causal.subgroups.absolute import (
    observed_means,
    observed_risk,
    restricted,
    risk_at,
)
from walkstats.causal.subgroups.models import (
    MODELS,
    RESTRICTED,
    arms_of,
    check_options,
    fitted,
    formula_of,
    parsed_formula,
    term,
    with_effects_of,
)
from walkstats.causal.subgroups.modifiers import Modifier, levels_in, read_modifier
from walkstats.causal.subgroups.stacked import differences, picked, side_by_side
from walkstats.numerics.limits import chi2_p
from walkstats.results import Estimates, Fit, HypothesisTest

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

ROLES = ("time", "event", "entry", "weights", "frequencies", "subject", "visit", "cluster")
USUAL = {"subject": "participant_id", "event": "event", "time": "days"}


@dataclass(frozen=True)
class Question:
    """What is asked of every modifier alike."""

    parsed: Parsed
    model: str
    arm: str
    arms: tuple[str, ...]
    at: float | None
    tau: float | None
    test: str
    options: Mapping[str, Any]
    level: float
    outcome: str

    @property
    def has_events(self) -> bool:
        """Whether the outcome is an event."""
        return self.model == RESTRICTED or MODELS[self.model].events

    @property
    def taken(self) -> set[str]:
        """Columns that have a part of their own."""
        named = [self.options.get(role, USUAL.get(role)) for role in ROLES]
        return {self.arm, self.outcome, *(str(one) for one in named if one is not None)}

    @property
    def strata(self) -> tuple[str, ...]:
        """Columns of the strata of a Cox model."""
        given = self.options.get("strata")
        return () if given is None else (given,) if isinstance(given, str) else tuple(given)

    def people(self, frame: pd.DataFrame) -> pd.Series:
        """Participant of each row; the row where the frame names none."""
        subject = self.options.get("subject", USUAL["subject"])
        if subject in frame.columns:
            return frame[subject]
        return pd.Series(np.arange(len(frame)), index=frame.index)

    def events(self, frame: pd.DataFrame) -> Booleans | None:
        """Rows with the event; rows in which it is not known have none."""
        if not self.has_events:
            return None
        column = check_column(frame, self.outcome, "the event")
        known = column.notna().to_numpy()
        found = np.zeros(len(frame), dtype=bool)
        found[known] = events_of(column[known], self.outcome, self.options.get("event_value"))[0]
        return found


@dataclass(frozen=True)
class Found:
    """The effect in everybody, or in each level of one modifier.

    Attributes
    ----------
    effects : Estimates
    other : Estimates or None
        On the other scale, of the same terms.
    groups : pandas.DataFrame
    places : mapping of term to (modifier, level)
    interactions : Estimates or None
    test, other_test : HypothesisTest or None
    modifier : Modifier or None
    state : str
    fit : Fit or None
    notes : tuple of str
    """

    effects: Estimates
    other: Estimates | None
    groups: pd.DataFrame
    places: Mapping[str, tuple[str, str]]
    interactions: Estimates | None = None
    test: HypothesisTest | None = None
    other_test: HypothesisTest | None = None
    modifier: Modifier | None = None
    state: str = "converged"
    fit: Fit | None = None
    notes: tuple[str, ...] = field(default_factory=tuple)


def read_question(
    frame: pd.DataFrame,
    formula: str,
    model: str,
    arm: str,
    *,
    at: float | None,
    tau: float | None,
    test: str,
    options: dict[str, Any],
    level: float,
) -> Question:
    """The arguments, when they go together.

    Raises
    ------
    ValueError
        Where they do not.
    """
    check_column(frame, arm, "the arms")
    parsed = parsed_formula(formula, arm)
    timed = model == RESTRICTED or MODELS[model].follow_up
    if model == RESTRICTED and [name for name, _ in parsed.terms] != [arm]:
        raise ValueError(f"Restricted means take no covariates: give {arm!r} as the formula.")
    if (parsed.outcome is None) != timed:
        raise ValueError(
            f"{model!r} reads the time and event from columns: its formula has no left side."
            if timed
            else f"{model!r} needs the outcome at the left of the formula: 'outcome ~ {formula}'."
        )
    for name, value, needed in (("at", at, model == "cox"), ("tau", tau, model == RESTRICTED)):
        if (value is not None) != needed:
            raise ValueError(
                f"{name}= is for another model than {model!r}."
                if value is not None
                else f"model={model!r} needs {name}=, a day: "
                + ("the risk of the event until then stands beside the ratio."
                   if name == "at" else "the horizon of the means.")
            )  # fmt: skip
        if value is not None:
            check_positive(value, name, "days")
    if test != "wald" and (model == RESTRICTED or not MODELS[model].likelihood):
        raise ValueError(f"test={test!r} does not exist for {model!r}; its test is Wald's.")
    check_options(model, options)
    if model == "mmrm":
        options.setdefault("arm", arm)
    return Question(
        parsed, model, arm, arms_of(frame, arm), at, tau, test, options, level,
        str(parsed.outcome or options.get("event", USUAL["event"])),
    )  # fmt: skip


def overall_of(frame: pd.DataFrame, asked: Question) -> Found:
    """The effect in everybody."""
    terms = [f"{asked.arm}[{one}]" for one in asked.arms[1:]]
    places = {name: ("", "") for name in terms}
    if asked.model == RESTRICTED:
        assert asked.tau is not None
        effect, ratio, values = restricted(frame, asked.arm, asked.tau, asked.level, asked.options)
        return Found(effect, ratio, _counted(frame, asked, "", "", values), places)
    names = [name for name, _ in asked.parsed.terms]
    fit = fitted(asked.model, frame, formula_of(asked.parsed, names), asked.level, asked.options)
    used = frame.iloc[_kept(fit)]
    other, values = other_scale(used, asked)
    groups = _counted(used, asked, "", "", values)
    return Found(picked(fit, terms), other, groups, places, state=fit.state, fit=fit)


def of_modifier(frame: pd.DataFrame, name: str, status: str, asked: Question) -> Found:
    """The effect in each level of a modifier, and the tests that it is the same."""
    column = levels_in(frame, name)
    known = column.notna() & frame[[asked.arm, asked.outcome]].notna().all(axis=1)
    seen = frame[known]
    modifier = read_modifier(
        name, status, column[known], seen[asked.arm], asked.arms, asked.people(seen),
        asked.events(seen), asked.model in ("logistic", "relative_risk", "risk_difference"),
    )  # fmt: skip
    gone = [level for level, _ in modifier.dropped]
    made = frame.assign(**{name: column})[~column.isin(gone).to_numpy()]
    made = made.assign(**{name: made[name].cat.set_categories(list(modifier.levels))})
    made.attrs = dict(frame.attrs)
    if asked.model == RESTRICTED:
        return _restricted_levels(made, modifier, asked)
    return _modelled_levels(made, modifier, asked)


def _modelled_levels(made: pd.DataFrame, modifier: Modifier, asked: Question) -> Found:
    """One model with a coefficient of the arm for each level."""
    name = modifier.name
    with_columns, terms = with_effects_of(made, asked.arm, asked.arms, name, modifier.levels)
    covariates = [one for one, _ in asked.parsed.terms if one != asked.arm]
    own = name in asked.strata or any(_is(one, name) for one in covariates)
    plain = [*covariates, *([] if own else [name])]
    fit = _fit(with_columns, [*plain, *terms], asked)
    effects = picked(fit, terms)
    used = made.iloc[_kept(fit)]
    missing = int(made[name].isna().sum())
    others, tables = [], []
    for level in modifier.levels:
        here = used[used[name] == level]
        other, values = other_scale(here, asked)
        others.append(other)
        tables.append(_counted(here, asked, name, level, values))
    interactions, test = _interaction(effects, modifier, asked)
    if asked.test == "likelihood-ratio":
        test = _likelihood_ratio(
            fit, _fit(with_columns, [*plain, asked.arm], asked), modifier, asked
        )
    other, other_test = _compared_elsewhere(others, terms, modifier, asked)
    notes = [f"{missing} row(s) without {name} are left out of its model."] * bool(missing)
    notes += _unknown_elsewhere(others, modifier)
    return Found(
        effects, other, pd.concat(tables, ignore_index=True), _places(terms, modifier, asked),
        interactions, test, other_test, modifier, fit.state, fit, tuple(notes),
    )  # fmt: skip


def _restricted_levels(made: pd.DataFrame, modifier: Modifier, asked: Question) -> Found:
    """Restricted means level by level: levels share nobody."""
    assert asked.tau is not None
    found, tables = [], []
    for level in modifier.levels:
        here = made[(made[modifier.name] == level).to_numpy()]
        try:
            found.append(restricted(here, asked.arm, asked.tau, asked.level, asked.options))
        except ValueError as error:
            raise ValueError(f"{modifier.name} = {level}: {error}") from None
        tables.append(_counted(here, asked, modifier.name, level, found[-1][2]))
    terms = [term(asked.arm, one, modifier.name, level)
             for level in modifier.levels for one in asked.arms[1:]]  # fmt: skip
    effects = side_by_side([one[0] for one in found], terms)
    interactions, test = _interaction(effects, modifier, asked)
    other, other_test = _compared_elsewhere([one[1] for one in found], terms, modifier, asked)
    missing = int(made[modifier.name].isna().sum())
    notes = [f"{missing} row(s) without {modifier.name} are in none of its levels."] * bool(missing)
    return Found(
        effects, other, pd.concat(tables, ignore_index=True), _places(terms, modifier, asked),
        interactions, test, other_test, modifier, notes=tuple(notes),
    )  # fmt: skip


def _fit(frame: pd.DataFrame, terms: Sequence[str], asked: Question) -> Fit:
    return fitted(asked.model, frame, formula_of(asked.parsed, terms), asked.level, asked.options)


def _is(written: str, name: str) -> bool:
    """Whether a term of the formula is the modifier itself, as a factor or as it is."""
    return written == name or written.startswith((f"factor({name})", f"factor({name},"))


def _kept(fit: Any) -> NDArray[np.int64]:
    return np.asarray(fit.kept, dtype=np.int64)


def _places(
    terms: Sequence[str], modifier: Modifier, asked: Question
) -> dict[str, tuple[str, str]]:
    levels = [level for level in modifier.levels for _ in asked.arms[1:]]
    return {name: (modifier.name, level) for name, level in zip(terms, levels, strict=True)}


def _interaction(
    effects: Estimates, modifier: Modifier, asked: Question
) -> tuple[Estimates, HypothesisTest]:
    """Differences from the first level, and the test that all are 0."""
    first = modifier.levels[0]
    pairs = {
        f"{asked.arm}[{one}]:{modifier.name}[{level}]": (
            term(asked.arm, one, modifier.name, level),
            term(asked.arm, one, modifier.name, first),
        )
        for one in asked.arms[1:]
        for level in modifier.levels[1:]
    }
    found = differences(effects, pairs)
    if found.link != "identity" and found.measure:
        found = replace(found, measure=f"ratio of {found.measure}s")
    return found, _joint(found, modifier, asked, f"interaction of {asked.arm} and {modifier.name}")


def _joint(found: Estimates, modifier: Modifier, asked: Question, name: str) -> HypothesisTest:
    null = f"The effect of {asked.arm} is the same in all levels of {modifier.name}."
    errors = found.std_errors
    known = [
        one
        for one, value, error in zip(found.terms, found.values, errors, strict=True)
        if np.isfinite(value) and np.isfinite(error) and error > 0
    ]
    if len(known) < len(found.terms):
        return HypothesisTest(name, null, np.nan, float(len(found.terms)), np.nan)
    return replace(found.test(known), name=name, null=null, notes=())


def _likelihood_ratio(
    fit: Fit, without: Fit, modifier: Modifier, asked: Question
) -> HypothesisTest:
    statistic = max(2.0 * (fit.log_likelihood - without.log_likelihood), 0.0)
    df = float((len(modifier.levels) - 1) * (len(asked.arms) - 1))
    return HypothesisTest(
        name=f"interaction of {asked.arm} and {modifier.name}",
        null=f"The effect of {asked.arm} is the same in all levels of {modifier.name}.",
        statistic=statistic,
        df=df,
        p_value=float(chi2_p(statistic, df)),
    )


def _compared_elsewhere(
    others: Sequence[Estimates | None], terms: Sequence[str], modifier: Modifier, asked: Question
) -> tuple[Estimates | None, HypothesisTest | None]:
    """Levels on the other scale, side by side, with Cochran's Q."""
    known = [one for one in others if one is not None]
    if len(known) < len(others):
        return None, None
    together = side_by_side(known, terms)
    _, test = _interaction(together, modifier, asked)
    on = "ratios" if together.link != "identity" else "differences"
    return together, replace(test, name=f"{test.name} ({on})")


def _unknown_elsewhere(others: Sequence[Estimates | None], modifier: Modifier) -> list[str]:
    """Levels without an estimate, or without an interval, on the other scale."""
    notes = []
    for level, one in zip(modifier.levels, others, strict=True):
        if one is None:
            continue
        where = f"{modifier.name} = {level}"
        if np.isnan(one.values).any():
            notes.append(f"{where}: the {one.measure} is not known; follow-up ends before the day.")
        elif np.isnan(one.std_errors).any() or not one.std_errors.all():
            notes.append(
                f"{where}: the {one.measure} has no standard error (nobody, or everybody, of an "
                "arm had the event), so that no test compares it with the other levels."
            )
    return notes


def other_scale(frame: pd.DataFrame, asked: Question) -> tuple[Estimates | None, Floats]:
    """Effect on the other scale in these people, and risk or mean of each arm."""
    if asked.model == "cox":
        assert asked.at is not None
        found = risk_at(frame, asked.arm, asked.arms, asked.at, asked.level, asked.options)
    elif asked.has_events:
        ratio = asked.model == "risk_difference"
        found = observed_risk(
            frame, asked.arm, asked.outcome, asked.level, asked.options, ratio=ratio
        )
    else:
        return None, observed_means(frame, asked.arm, asked.arms, asked.outcome)
    return found.effect, found.values


def _counted(
    frame: pd.DataFrame, asked: Question, name: str, level: str, values: Floats
) -> pd.DataFrame:
    """One row per arm: participants, events, risk or mean."""
    own = frame[asked.arm].astype(object).map(str).to_numpy()
    people, event = asked.people(frame), asked.events(frame)
    rows = []
    for k, one in enumerate(asked.arms):
        here = own == one
        value = values[k] if len(values) else np.full(3, np.nan)
        rows.append(
            {
                "modifier": name, "level": level, "arm": one, "n": int(people[here].nunique()),
                "events": np.nan if event is None else float(event[here].sum()),
                "value": value[0], "value_low": value[1], "value_high": value[2],
            }
        )  # fmt: skip
    return pd.DataFrame(rows)
