"""What does an analysis plan say? Data only: outcomes, estimands, frames, methods, arguments."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from walkstats.errors import DataError
from walkstats.plan.agreeing import problems_within
from walkstats.results import Frozen


@dataclass(frozen=True)
class Frame(Frozen):
    """Which frame an analysis takes.

    Attributes
    ----------
    derive : str
        A function of ``walkstats.derive``, or one of ``walkstats.economics`` by its full name.
    arguments : mapping
    where : mapping of column to value
        Rows to keep.
    until : str
        Column of participants with a day at which follow-up ends earlier, in frames of first
        events. It belongs to strategies other than treatment policy.
    landmark : float
        Day from which a frame of first events counts, among those still free of the event then:
        where groups are formed by what was done until that day. 0 for randomisation.
    join : mapping
        Another frame (derive, arguments, where) with one row per participant, whose further columns
        are added: adherence beside first events, for example.
    """

    derive: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    where: Mapping[str, Any] = field(default_factory=dict)
    until: str = ""
    join: Mapping[str, Any] = field(default_factory=dict)
    landmark: float = 0.0

    @property
    def joined(self) -> Frame | None:
        """The frame whose columns are added."""
        return Frame(**self.join) if self.join else None

    @property
    def key(self) -> str:
        """The same text for the same frame."""
        other = self.joined
        told = [self.derive, dict(self.arguments), dict(self.where), self.until, self.landmark]
        # An argument may be a table itself, which a frozen plan holds as a view of a mapping.
        return json.dumps([*told, other.key if other else ""], sort_keys=True, default=dict)


@dataclass(frozen=True)
class Analysis(Frozen):
    """One analysis of a plan.

    Attributes
    ----------
    name : str
        Unique in the plan; file names and the ids of numbers come from it.
    title : str
    section : str
        Heading of the report under which it stands; that of its outcome by default.
    method : str
        ``"survival.cox"`` and so on; a key of ``walkstats.plan.methods.METHODS``.
    frame : Frame or None
        What it is applied to; None where it takes an earlier result.
    of : str
        Name of the earlier analysis whose result it takes; with a part of it behind a dot
        (``"per_protocol.effect"``).
    arguments : mapping
    status : str
        What it is for: the role of its outcome where it is a main analysis of it ("primary",
        "secondary", "safety", "economic", "exploratory"), else "sensitivity" (the same estimand
        under other assumptions), "supplementary" (another estimand), "subgroup" or "descriptive".
    note : str
        What a reader must know of how it was planned: a horizon chosen from the data, say. It
        stands under the analysis and among the methods.
    set : str
        Analysis set of the plan; everybody where it is empty.
    prespecified : bool
        False for an analysis that was added after the data were seen.
    reason : str
        Why it was added, or what is our own choice in it.
    outcome : str
        Id of the outcome that it belongs to; its plan fills this in.
    """

    name: str
    title: str
    section: str = ""
    method: str = "frame"
    frame: Frame | None = None
    of: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    status: str = ""
    note: str = ""
    set: str = ""
    prespecified: bool = True
    reason: str = ""
    outcome: str = ""


@dataclass(frozen=True)
class IntercurrentEvent(Frozen):
    """An event after randomisation that changes what an outcome means, and what is done about it.

    Attributes
    ----------
    event : str
    strategy : str
        "treatment policy", "hypothetical", "composite", "while on treatment" or "principal
        stratum": the words of ICH E9(R1).
    handling : str
        How the strategy is carried out here.
    column : str
        Column of participants with the day on which it happened, where there is one.
    """

    event: str
    strategy: str
    handling: str = ""
    column: str = ""


@dataclass(frozen=True)
class Estimand(Frozen):
    """What is to be estimated, in the five attributes of ICH E9(R1).

    Attributes
    ----------
    population, treatment, variable, summary : str
        Who; which conditions are compared; what is measured on each; what is compared of it.
    intercurrent : tuple of IntercurrentEvent
    """

    population: str
    treatment: str
    variable: str
    summary: str
    intercurrent: tuple[IntercurrentEvent, ...] = ()


@dataclass(frozen=True)
class Outcome(Frozen):
    """An outcome of a plan with its analyses.

    Attributes
    ----------
    id : str
        Unique in the plan.
    title : str
    role : {"primary", "secondary", "safety", "economic", "exploratory"}
    measure : str
        What is measured: a measure of the trial, or the kind of recurrence, in words.
    time_points : tuple of str
        When: "day 365", "month 3".
    estimand : Estimand or None
    analyses : tuple of Analysis
        In the order in which they are run and shown; ``section``, ``status`` and ``outcome`` are
        filled in where they are empty.
    missing : str
        The rule for missing data, as a sentence.
    own_choice : str
        What in it is the choice of this plan, and of no published one; empty for nothing.
    heading : str
        Its heading in the report; made of title and role where empty.
    """

    id: str
    title: str
    role: str
    measure: str = ""
    time_points: tuple[str, ...] = ()
    estimand: Estimand | None = None
    analyses: tuple[Analysis, ...] = ()
    missing: str = ""
    own_choice: str = ""
    heading: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        heading = self.heading or usual_heading(self)
        filled = tuple(
            dataclasses.replace(
                one,
                outcome=self.id,
                section=one.section or heading,
                status=one.status or self.role,
            )
            for one in self.analyses
        )
        self.__dict__.update(heading=heading, analyses=filled)


def usual_heading(outcome: Outcome) -> str:
    """The heading of an outcome that names none."""
    return outcome.title + " (primary outcome)" * (outcome.role == "primary")


@dataclass(frozen=True)
class AnalysisSet(Frozen):
    """Who is in an analysis.

    Attributes
    ----------
    name : str
    title : str
        In words, as a report says it.
    where : mapping of column to condition
        Conditions on columns of participants, which must all hold: a value, a list of values, or a
        table of ``at_least``, ``at_most``, ``before``, ``from``. Empty for everybody randomised.
    """

    name: str
    title: str
    where: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Multiplicity(Frozen):
    """How several main analyses are taken together.

    Attributes
    ----------
    method : {"none", "bonferroni", "holm", "hochberg", "fixed-sequence"}
    family : tuple of str
        Analyses in their order; each is tested by the first term that compares the arms.
    note : str
    """

    method: str = "none"
    family: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Revision(Frozen):
    """A change of the plan after its first version.

    Attributes
    ----------
    version, dated, what : str
    after_unmasking : bool
    """

    version: str
    what: str
    dated: str = ""
    after_unmasking: bool = False


@dataclass(frozen=True)
class Signature(Frozen):
    """Somebody's signature under a plan.

    Attributes
    ----------
    name, role, dated : str
    digest : str
        SHA-256 of what was signed, as ``plan_digest`` computes it; empty where it was on paper.
    """

    name: str
    role: str = ""
    dated: str = ""
    digest: str = ""


@dataclass(frozen=True)
class AnalysisPlan(Frozen):
    """An analysis plan.

    Attributes
    ----------
    title : str
    outcomes : tuple of Outcome
    descriptions : tuple of Analysis
        Analyses of no outcome, which stand first: flow, baseline, follow-up.
    registration, protocol : str
        Number of the trial in its registry; version of the protocol that the plan belongs to.
    version, dated : str
        Of the plan.
    alpha : float
        Two-sided; all intervals have level 1 - alpha.
    multiplicity : Multiplicity
    sets : mapping of str to AnalysisSet
    strata, covariates : tuple of str
        Columns of participants that adjusted analyses take.
    statements : mapping of str to str
        Texts that no data can tell, by the item of a check-list ("consort.2") or by any name.
    record : str
        Name of the published record.
    published : mapping of str to mapping
        Leaf of the published record -> {"analysis", "term", "part", "ratio"} of our estimate.
    revisions : tuple of Revision
    signatures : tuple of Signature
    """

    title: str
    outcomes: tuple[Outcome, ...] = ()
    descriptions: tuple[Analysis, ...] = ()
    registration: str = ""
    version: str = ""
    dated: str = ""
    alpha: float = 0.05
    multiplicity: Multiplicity = field(default_factory=Multiplicity)
    sets: Mapping[str, AnalysisSet] = field(default_factory=dict)
    strata: tuple[str, ...] = ()
    covariates: tuple[str, ...] = ()
    statements: Mapping[str, str] = field(default_factory=dict)
    record: str = ""
    published: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    revisions: tuple[Revision, ...] = ()
    signatures: tuple[Signature, ...] = ()
    protocol: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        described = tuple(
            dataclasses.replace(one, status=one.status or "descriptive")
            for one in self.descriptions
        )
        self.__dict__["descriptions"] = described
        findings = problems_within(self)
        if findings:
            raise DataError(findings)

    @property
    def analyses(self) -> tuple[Analysis, ...]:
        """All analyses in the order in which they are run: descriptions, then each outcome's."""
        return self.descriptions + tuple(a for one in self.outcomes for a in one.analyses)

    @property
    def level(self) -> float:
        """Confidence level of all intervals."""
        return float(round(1.0 - self.alpha, 12))

    def outcome(self, name: str) -> Outcome | None:
        """The outcome with an id; None for an analysis that belongs to none."""
        return next((one for one in self.outcomes if one.id == name), None)
