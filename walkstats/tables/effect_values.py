"""What is the effect of the arm at some values of a number, and in bands of it?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from walkstats._labels import capitalised, described, percent_level
from walkstats.results import Estimates
from walkstats.tables.cells import EMPTY, Cell
from walkstats.tables.description import Column, Row, Table

EVERYBODY = "Everybody"


def holds_effect_curve(result: Any) -> bool:
    """Whether a result is the effect of an arm along a number."""
    return all(hasattr(result, name) for name in ("interaction", "modifier", "bands", "overall"))


def effect_values_table(effect: Any, labels: Mapping[str, str]) -> Table:
    """The effect in everybody, at three values and, on the other scale, in bands; with the tests.

    Parameters
    ----------
    effect : EffectCurve
    labels : mapping of str to str
        Term or modifier -> what to call it.

    Returns
    -------
    Table
    """
    name = labels.get(effect.modifier, capitalised(described(effect.modifier)))
    own = {**labels}
    if len(effect.overall.terms) == 1:  # with several arms a row must say of which it is
        own |= {term: own.get(term, EVERYBODY) for term in effect.overall.terms}
        own |= {term: own.get(term, _value(term)) for term in effect.effects.terms}
    rows = [_row(effect.overall, term, own, 0) for term in effect.overall.terms]
    tests = [Cell("p", (effect.interaction.p_value,))]
    rows.append(Row(f"{name} ({effect.status}): interaction", (EMPTY, *tests)))
    if effect.nonlinear is not None:
        bent = Cell("p", (effect.nonlinear.p_value,))
        rows.append(Row("departure from a straight line", (EMPTY, bent), 1))
    rows += [_row(effect.effects, term, own, 1) for term in effect.effects.terms]
    other = effect.absolute if effect.absolute is not None else effect.relative
    if other is not None:
        if len(effect.overall.terms) == 1:
            own |= {term: own.get(term, _band(term, effect.modifier)) for term in other.terms}
        rows.append(Row(_measured(other)))
        rows += [_row(other, term, own, 1) for term in other.terms]
    notes = tuple(one for one in (effect.method, *effect.notes) if one)
    columns = (Column(_measured(effect.overall)), Column("p"))
    return Table("", "", columns, tuple(rows), notes, effect.source)


def _row(part: Estimates, term: str, labels: Mapping[str, str], indent: int) -> Row:
    ratio = part.link != "identity"
    one = part.estimate(term, ratio=ratio)
    factor = 100.0 if part.measure == "risk difference" else 1.0
    ends = tuple(factor * value for value in (one.estimate, one.conf_low, one.conf_high))
    shown = Cell("ratio" if ratio else "estimate", ends, 1 if factor == 100.0 else None)
    known = one.p_value == one.p_value
    p = Cell("p", (one.p_value,)) if known else EMPTY
    return Row(labels.get(term, term), (shown, p), indent)


def _measured(part: Estimates) -> str:
    unit = ", % points" if part.measure == "risk difference" else ""
    measure = capitalised(part.measure) or "Estimate"
    return f"{measure}{unit} ({percent_level(part.level)}% CI)"


def _value(term: str) -> str:
    """``arm[walking], age_years=54`` as "54"."""
    return f"at {term.rpartition('=')[2]}"


def _band(term: str, modifier: str) -> str:
    """``arm[walking], age_years 47 to 54`` as "47 to 54"."""
    return term.partition(f", {modifier} ")[2] or term
