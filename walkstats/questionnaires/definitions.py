"""What is a questionnaire? Items with codes, scales made of them, and rules for missing answers."""

from __future__ import annotations

from dataclasses import dataclass

from walkstats._arguments import check_choice
from walkstats.schema import Measure

TOTALS = {
    "sum": "the sum of its items",
    "mean": "the mean of its items",
    "percent": "the percentage of the highest sum possible",
    "value set": "the utility of the profile",
}
"""How items become a score -> what is said of it."""

STAND_INS = {
    "lowest": "the lowest code",
    "mean": "the mean of the items answered",
    "nothing": "nothing",
}
"""What takes the place of an unanswered item -> what is said of it."""


@dataclass(frozen=True)
class Source:
    """Where a way of scoring is from.

    Attributes
    ----------
    key : str
        By which rules and scales name it.
    cited : str
    doi : str
        Empty where there is none, or none that was looked up.
    """

    key: str
    cited: str
    doi: str = ""


@dataclass(frozen=True)
class Rule:
    """What becomes of a scale of which some items were not answered.

    Attributes
    ----------
    name : str
    stands_in : {"lowest", "mean", "nothing"}
        A key of ``STAND_INS``.
    at_most : int
        Unanswered items of one scale up to which there is a score. With none answered there is
        none, whatever the rule.
    said : str
    source : str
        Key of a source; empty where the rule is nobody's in particular.
    note : str
        What a reader should know of it, such as that it could not be confirmed.
    """

    name: str
    stands_in: str
    at_most: int
    said: str
    source: str = ""
    note: str = ""


@dataclass(frozen=True)
class Scale:
    """One score of a questionnaire, which becomes one measure of outcomes.

    Attributes
    ----------
    measure : str
    described : str
    items : tuple of int
        Numbers of its items, from 1.
    total : {"sum", "mean", "percent", "value set"}
        A key of ``TOTALS``.
    times : float
        What the total is multiplied by.
    low, high : float
    better : {"lower", "higher"}
    unit : str
    important : float or None
        A change that matters to a person, where a source says so.
    important_source : str
        Its key.
    """

    measure: str
    described: str
    items: tuple[int, ...]
    total: str
    times: float
    low: float
    high: float
    better: str
    unit: str = ""
    important: float | None = None
    important_source: str = ""

    def as_measure(self, name: str) -> Measure:
        """What the dictionary of a trial says of the measure, under a name of one's own."""
        return Measure(name, self.described, self.low, self.high, self.better, self.unit)


@dataclass(frozen=True)
class Questionnaire:
    """A questionnaire and how it is scored.

    Attributes
    ----------
    name : str
    described : str
    items : int
        How many there are, also those of no scale.
    low, high : float
        Lowest and highest code of an item.
    whole : bool
        Whether codes are whole numbers.
    reversed : tuple of int
        Items whose codes run the other way; they are turned before anything else.
    named : tuple of str
        Columns of the items, unless the caller says others.
    profile : bool
        Whether the answers may stand in one cell, a digit each.
    scales : tuple of Scale
    rules : tuple of Rule
        The first is that of the source, or the strictest where the source has none.
    sources : tuple of Source
    """

    name: str
    described: str
    items: int
    low: float
    high: float
    whole: bool
    reversed: tuple[int, ...]
    named: tuple[str, ...]
    profile: bool
    scales: tuple[Scale, ...]
    rules: tuple[Rule, ...]
    sources: tuple[Source, ...]

    def rule(self, name: str | None = None) -> Rule:
        """The rule of that name; the first by default.

        Raises
        ------
        ValueError
            For a rule that the questionnaire does not have.
        """
        if name is None:
            return self.rules[0]
        known = [rule.name for rule in self.rules]
        return self.rules[known.index(check_choice(name, known, "rule"))]

    def source(self, key: str) -> Source | None:
        """The source of that key."""
        return next((one for one in self.sources if one.key == key), None)
