"""Does the arm help some people more than others? Effects level by level, and their interaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from walkstats._arguments import as_names, check_choice, check_frame, check_level
from walkstats.causal.subgroups.cautions import cautions, said_of_states
from walkstats.causal.subgroups.level_effects import (
    Found,
    Question,
    of_modifier,
    overall_of,
    read_question,
)
from walkstats.causal.subgroups.models import MODELS, RESTRICTED
from walkstats.causal.subgroups.modifiers import status_of
from walkstats.causal.subgroups.stacked import stacked
from walkstats.results import Estimates, HypothesisTest
from walkstats.results.frozen import Result

TESTS = ("wald", "likelihood-ratio")


@dataclass(frozen=True, eq=False)
class SubgroupEffects(Result):
    """Effects of the arm by what was known at randomisation.

    Terms are ``arm[walking], sex[male]``.

    Attributes
    ----------
    overall : Estimates
        The effect in everybody, by the formula as given; terms ``arm[walking]``.
    effects : Estimates
        In each level of each modifier; without p-values.
    interactions : Estimates
        Effect in a level less (on a log scale: over) that in the first level of its modifier; terms
        ``arm[walking]:sex[male]``.
    interaction_tests : mapping of str to HypothesisTest
        By modifier: that the effect is the same in all its levels.
    absolute, relative : Estimates or None
        The same levels on the other scale, and first everybody (terms of `overall`): differences of
        risks where `effects` are ratios, ratios where they are differences of risks or times.
    other_tests : mapping of str to HypothesisTest
        By modifier: that the effect is the same in all levels on that other scale.
    groups : pandas.DataFrame
        One row per modifier, level and arm (first everybody, with empty modifier and level):
        modifier, level, status, arm, n (participants), events, value (risk or mean), value_low,
        value_high.
    status : mapping of str to str
        Modifier -> "pre-specified" or "post hoc".
    places : mapping of str to (str, str)
        Term -> modifier and level; both empty for everybody.
    model, arm : str
    """

    overall: Estimates
    effects: Estimates
    interactions: Estimates
    interaction_tests: Mapping[str, HypothesisTest] = field(metadata={"numbers": True})
    absolute: Estimates | None
    relative: Estimates | None
    other_tests: Mapping[str, HypothesisTest] = field(metadata={"numbers": True})
    groups: pd.DataFrame
    status: Mapping[str, str]
    places: Mapping[str, tuple[str, str]]
    model: str
    arm: str

    @property
    def other(self) -> Estimates | None:
        """The other scale, whichever it is."""
        return self.absolute if self.absolute is not None else self.relative

    def to_frame(self) -> pd.DataFrame:
        """One row for everybody and one per level, ratios as ratios.

        Returns
        -------
        pandas.DataFrame
            Columns modifier, level, status, term, estimate, conf_low, conf_high, other, other_low,
            other_high, p_interaction, p_interaction_other.
        """
        rows = []
        for part in (self.overall, self.effects):
            for term in part.terms:
                rows.append(self._row(part, term))
        return pd.DataFrame(rows)

    def _row(self, part: Estimates, term: str) -> dict[str, Any]:
        name, level = self.places[term]
        one = part.estimate(term, ratio=part.link != "identity")
        row = {
            "modifier": name, "level": level, "status": self.status.get(name, ""), "term": term,
            "estimate": one.estimate, "conf_low": one.conf_low, "conf_high": one.conf_high,
        }  # fmt: skip
        other = self.other
        if other is not None:
            two = other.estimate(term, ratio=other.link != "identity")
            row |= {"other": two.estimate, "other_low": two.conf_low, "other_high": two.conf_high}
        for column, tests in (
            ("p_interaction", self.interaction_tests),
            ("p_interaction_other", self.other_tests),
        ):
            row[column] = tests[name].p_value if name in tests else np.nan
        return row


def subgroup_effects(
    frame: pd.DataFrame,
    formula: str,
    modifiers: str | Sequence[str],
    *,
    post_hoc: str | Sequence[str] = (),
    model: str = "cox",
    at: float | None = None,
    tau: float | None = None,
    test: str = "wald",
    arm: str = "arm",
    options: Mapping[str, Any] | None = None,
    level: float = 0.95,
) -> SubgroupEffects:
    """Estimate the effect of the arm in subgroups, and test whether it differs between them.

    Parameters
    ----------
    frame : pandas.DataFrame
        What the model takes: one row per participant, or per participant and visit.
    formula : str
        As for the model, with the arm as a term of its own: ``"arm"``, ``"rmdq ~ arm + age"``.
    modifiers : str or sequence of str
        Columns known at randomisation that were to be looked at before the data were seen.
    post_hoc : str or sequence of str
        Modifiers thought of later; they are labelled so everywhere.
    model : str
        "cox", "logistic", "relative_risk", "risk_difference", "ols", "mmrm" or
        "restricted_means".
    at : float, optional
        Day of the risks beside hazard ratios; needed for "cox" [days].
    tau : float, optional
        Horizon of restricted means [days].
    test : {"wald", "likelihood-ratio"}
        Of interaction; the second for "cox" and "logistic" with their own standard errors.
    arm : str
        Column of the arms; the first is the reference.
    options : mapping, optional
        Further arguments of the model by name, such as ``{"strata": ["site"]}`` or ``{"visit":
        "month"}``.
    level : float
        Confidence level.

    Returns
    -------
    SubgroupEffects
        ``effects`` level by level, ``interaction_tests`` by modifier, ``absolute`` or ``relative``
        on the other scale.

    Raises
    ------
    ValueError
        For a modifier recorded after randomisation, a number with many values, a formula that
        crosses the arm with something, and options that do not go together.
    DataError
        For a modifier of which fewer than two levels can be compared.

    Notes
    -----
    For each modifier one model is fitted: the formula with the modifier, and in the arm's place one
    coefficient per level, so that the effect in level l is b_l on the model's scale, with limits of
    its own. The test of interaction is that of b_1 = b_2 = ...: Wald's (F where the model has
    degrees of freedom), or twice the difference of the log likelihoods with and without. Other
    covariates have the same coefficient in all levels. A modifier among the strata of a Cox model
    keeps its own baseline hazards. Restricted means are compared level by level, and the test is
    that of a common difference (Cochran's Q).

    On the other scale, nothing is adjusted: differences of Kaplan-Meier risks at the day, or of
    observed risks, with Q as their test of interaction. Levels without two participants of every
    arm, or without events, are left out and said.

    References
    ----------
    .. [1] Schandelmaier S et al. (2020). Development of the Instrument to assess the Credibility of
       Effect Modification Analyses (ICEMAN). *CMAJ* 192:E901-E906.
       https://doi.org/10.1503/cmaj.200077
    .. [2] Kent DM et al. (2020). The PATH statement. *Ann Intern Med* 172:35-45.
       https://doi.org/10.7326/M18-3667

    Examples
    --------
    >>> import walkstats as ws
    >>> trial = ws.load_sample("walkback-like")
    >>> events = ws.derive.first_recurrence(trial, kind="activity_limiting", baseline=["sex"])
    >>> found = subgroup_effects(events, "arm", "sex", at=365)
    >>> found.to_frame()["estimate"].round(2).tolist()
    [0.7, 0.72, 0.6]
    >>> round(found.interaction_tests["sex"].p_value, 2)
    0.4
    """
    check_frame(frame)
    check_level(level)
    check_choice(model, [*MODELS, RESTRICTED], "model")
    check_choice(test, TESTS, "test")
    asked = read_question(
        frame, formula, model, arm, at=at, tau=tau, test=test, options=dict(options or {}),
        level=level,
    )  # fmt: skip
    planned = [str(one) for one in as_names(modifiers, "modifiers")]
    late = [str(one) for one in as_names(post_hoc, "post_hoc")]
    status = status_of(planned, late, asked.taken)
    everybody = overall_of(frame, asked)
    each = [of_modifier(frame, name, status[name], asked) for name in status]
    return _packed(asked, everybody, each, status)


def _packed(
    asked: Question, everybody: Found, each: list[Found], status: dict[str, str]
) -> SubgroupEffects:
    """All modifiers in one result."""
    groups = pd.concat([everybody.groups, *(one.groups for one in each)], ignore_index=True)
    groups.insert(2, "status", groups["modifier"].map(status).fillna(""))
    read = [one.modifier for one in each if one.modifier is not None]
    other = None if everybody.other is None else [everybody.other, *(one.other for one in each)]
    notes = cautions(read, groups, asked.level, two_scales=other is not None)
    states = {one.modifier.name: one.state for one in each if one.modifier is not None}
    fit = everybody.fit
    common: dict[str, Any] = {
        "method": _method(asked),
        "notes": tuple(
            dict.fromkeys(
                [
                    *(note for one in each for note in one.notes),
                    *said_of_states(states),
                    *notes,
                    *(() if fit is None else fit.notes),
                ]
            )
        ),
        "counts": everybody.effects.counts,
        "source": everybody.effects.source,
    }
    measure = everybody.effects.measure or MODELS[asked.model].effect
    packed: dict[str, Any] = {
        "overall": stacked([everybody.effects], tested=True, measure=measure, **common),
        "effects": stacked([one.effects for one in each], tested=False, measure=measure, **common),
        "interactions": stacked(
            [one.interactions for one in each if one.interactions is not None], tested=True,
            measure=_measure_of_interaction(measure, everybody.effects.link), **common,
        ),
    }  # fmt: skip
    elsewhere = _elsewhere(other, common)
    tests = {
        kind: {
            one.modifier.name: replace(found, **common)
            for one in each
            if one.modifier is not None and (found := getattr(one, kind)) is not None
        }
        for kind in ("test", "other_test")
    }
    return SubgroupEffects(
        **packed,
        interaction_tests=tests["test"],
        absolute=elsewhere if elsewhere is not None and elsewhere.link == "identity" else None,
        relative=elsewhere if elsewhere is not None and elsewhere.link != "identity" else None,
        other_tests=tests["other_test"],
        groups=groups,
        status=status,
        places={term: place for one in (everybody, *each) for term, place in one.places.items()},
        model=asked.model,
        arm=asked.arm,
        **common,
    )


def _elsewhere(other: list[Estimates | None] | None, common: dict[str, Any]) -> Estimates | None:
    """Everybody and all levels on the other scale; None where one of them has none."""
    known = [one for one in other or [] if one is not None]
    if not known or len(known) < len(other or []):
        return None
    return stacked(known, tested=False, measure=known[0].measure, **common)


def _measure_of_interaction(measure: str, link: str) -> str:
    return f"ratio of {measure}s" if link != "identity" else f"difference of {measure}s"


def _method(asked: Question) -> str:
    if asked.model == RESTRICTED:
        return (
            f"Difference in restricted mean time to day {asked.tau:g} in each level; interaction "
            "by Cochran's Q. Beside it the ratio of the means."
        )
    model = MODELS[asked.model]
    test = {"wald": "Wald test", "likelihood-ratio": "likelihood-ratio test"}[asked.test]
    text = (
        f"{model.described[:1].upper()}{model.described[1:]} for each modifier, with an effect of "
        f"{asked.arm} in each of its levels ({model.effect}); interaction by {test}."
    )
    if asked.model == "cox":
        return f"{text} Beside it the difference of Kaplan-Meier risks at day {asked.at:g}."
    if asked.has_events:
        what = "ratio" if asked.model == "risk_difference" else "difference"
        return f"{text} Beside it the {what} of the risks observed."
    return text
