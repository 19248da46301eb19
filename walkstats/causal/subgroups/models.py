"""Of which model is the effect of the arm taken, and how is it asked level by level?"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._formula_text import Parsed, parse
from walkstats._variables import levels_of
from walkstats.regression.linear import ols
from walkstats.regression.repeated_measures.over_visits import mmrm
from walkstats.regression.risks.odds import logistic
from walkstats.regression.risks.ratios import relative_risk, risk_difference
from walkstats.results import Fit
from walkstats.survival.proportional import cox
from walkstats.survival.restricted import restricted_means

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Model:
    """A model with a formula.

    Attributes
    ----------
    described : str
        In a methods section.
    effect : str
        What the arm's coefficient is.
    fit : callable
        ``fit(frame, formula, level=..., **options)``.
    events : bool
        Whether the outcome is an event.
    follow_up : bool
        Whether it is a time to an event.
    likelihood : bool
        Whether likelihoods of two fits can be compared.
    """

    described: str
    effect: str
    fit: Callable[..., Fit]
    events: bool = True
    follow_up: bool = False
    likelihood: bool = False


MODELS = {
    "cox": Model("Cox regression", "hazard ratio", cox, follow_up=True, likelihood=True),
    "logistic": Model("logistic regression", "odds ratio", logistic, likelihood=True),
    "relative_risk": Model("a model of risk ratios", "risk ratio", relative_risk),
    "risk_difference": Model("a model of risk differences", "risk difference", risk_difference),
    "ols": Model("linear regression", "difference in means", ols, events=False),
    "mmrm": Model("a model of repeated measures", "difference in means", mmrm, events=False),
}
RESTRICTED = "restricted_means"


def arms_of(frame: pd.DataFrame, arm: str) -> tuple[str, ...]:
    """The arms in order, the reference first.

    Raises
    ------
    ValueError
        For a single arm.
    """
    arms, _ = levels_of(frame[arm])
    if len(arms) < 2:
        raise ValueError(f"An effect of {arm} needs two arms; the frame has {', '.join(arms)}.")
    return arms


def parsed_formula(formula: str, arm: str) -> Parsed:
    """The formula expanded, when the arm stands in it on its own.

    Raises
    ------
    ValueError
        Where it does not, or interacts.
    """
    found = parse(formula)
    names = [name for name, _ in found.terms]
    if arm not in names:
        raise ValueError(f"The formula {formula!r} has no term {arm!r}, whose effect is asked for.")
    crossed = [name for name, parts in found.terms if arm in parts and name != arm]
    if crossed:
        raise ValueError(
            f"The formula {formula!r} crosses {arm} with something already ({crossed[0]}): give it "
            f"with {arm} alone, and the modifier as an argument. For an effect at one visit take "
            "the rows of that visit."
        )
    return found


def formula_of(parsed: Parsed, terms: Sequence[str]) -> str:
    """A formula of terms of an expanded one and of further columns, written out."""
    known = {name: parts for name, parts in parsed.terms}
    written = [":".join(_written(one, parsed) for one in known.get(t, (t,))) for t in terms]
    right = " + ".join(dict.fromkeys(written))
    return right if parsed.outcome is None else f"{_written(parsed.outcome, parsed)} ~ {right}"


def _written(part: str, parsed: Parsed) -> str:
    return part if part.isidentifier() or part in parsed.calls else f"`{part}`"


def with_effects_of(
    frame: pd.DataFrame, arm: str, arms: Sequence[str], modifier: str, levels: Sequence[str]
) -> tuple[pd.DataFrame, list[str]]:
    """The frame with a column for each arm but the first in each level, and their names.

    The columns take the arm's place in the formula, so that each coefficient is the effect in one
    level, with limits of its own where it is infinite.
    """
    own_arm = frame[arm].astype(object).map(str)
    own = frame[modifier].astype(object).map(str)
    names = {(one, level): term(arm, one, modifier, level) for level in levels for one in arms[1:]}
    known = frame[modifier].notna() & frame[arm].notna()
    columns = {
        name: ((own_arm == one) & (own == level)).astype(float).where(known)
        for (one, level), name in names.items()
    }
    made = frame.assign(**columns)
    made.attrs = dict(frame.attrs)
    return made, list(columns)


def term(arm: str, one: str, modifier: str, level: str) -> str:
    """How the effect in a level is spelt."""
    return f"{arm}[{one}], {modifier}[{level}]"


def check_options(model: str, options: Mapping[str, Any]) -> None:
    """Refuse what the model does not take, and what has an argument of its own.

    Raises
    ------
    ValueError
        For such an option.
    """
    taken = ("frame", "events", "formula", "by", "level", "tau")
    function = restricted_means if model == RESTRICTED else MODELS[model].fit
    known = [name for name in inspect.signature(function).parameters if name not in taken]
    for name in options:
        if name not in known:
            raise ValueError(
                f"options has {name!r}, which is no further argument of {model!r}. There are: "
                f"{', '.join(known)}."
            )


def fitted(
    model: str, frame: pd.DataFrame, formula: str, level: float, options: Mapping[str, Any]
) -> Fit:
    """One fit."""
    return MODELS[model].fit(frame, formula, level=level, **dict(options))
