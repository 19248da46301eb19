"""What would a trial of this design look like? A synthetic trial from a design and a seed."""

from __future__ import annotations

from dataclasses import dataclass

from walkstats._arguments import check_seed
from walkstats.design import tabulation
from walkstats.design.diaries import Diaries, walk
from walkstats.design.episodes import Episodes, recur, seen
from walkstats.design.harms import Events, harm
from walkstats.design.observation import Coverage, observe_people
from walkstats.design.people import Population, recruit
from walkstats.design.resources import Use, use
from walkstats.design.specification import Design
from walkstats.design.visits import Answers, answer
from walkstats.trial import Trial


def simulate_trial(design: Design, *, seed: int) -> Trial:
    """Simulate a trial: people, their follow-up, their recurrences, walking, outcomes and costs.

    Parameters
    ----------
    design : Design
        What is meant to be, and the truth that people obey; from ``read_design`` or changed with
        ``dataclasses.replace``, ``Design.sized`` and ``Design.without_effect``.
    seed : int
        Chance enters only here: the same design and seed give the same trial, with any version of
        numpy.

    Returns
    -------
    Trial
        With every table of the dictionary filled. ``source`` says that it is synthetic, and the
        seed.

    Raises
    ------
    ValueError
        For a seed that is not a whole number of at least 0.
    DataError
        When permuted blocks cannot give the numbers per arm.

    Notes
    -----
    Each person has a recurrence rate of their own (log-normal frailty; some never recur), so that
    hazards fall between people even where each person's is constant, and hazard ratios of the trial
    are nearer to 1 than those of a person [1]_. Recurrences come again and again: a rate from seven
    pain-free days on, pain for whole days, limits on activities and care with odds of the person's
    own. What is seen of them depends on the check-ins that are answered. Missing answers do not
    depend on pain.

    Counts and means that the design fixes (people, women, ages, people with an adverse event,
    events of the lower limb, mean minutes walked before months 3 and 12, mean costs of the first
    year by arm, quality-adjusted life-years gained) are the same for every seed: a simulated trial
    varies less in these than a real one.

    Numbers per arm are exact although the last blocks of the strata are incomplete: whole
    allocation sequences are drawn until one has them (``walkstats.design.people.allocate``).

    References
    ----------
    .. [1] Hernan MA. The hazards of hazard ratios. Epidemiology 2010;21:13-15.
       doi 10.1097/EDE.0b013e3181c1ea43

    Examples
    --------
    >>> from walkstats.design import read_design
    >>> trial = simulate_trial(read_design("walkback-like"), seed=1)
    >>> trial.participants["arm"].value_counts().to_dict()
    {'walking': 351, 'control': 350}
    >>> int(trial.screening.query("stage == 'screened'")["n"].iloc[0])
    3206
    """
    seed = check_seed(seed)
    people = recruit(design, seed)
    coverage = observe_people(design, seed, people)
    return _tables(design, seed, simulate_stages(design, seed, people, coverage))


@dataclass(frozen=True)
class Stages:
    """All that was drawn for one trial, as arrays; ``happened`` are recurrences, seen or not."""

    people: Population
    coverage: Coverage
    happened: Episodes
    reported: Episodes
    diaries: Diaries
    answers: Answers
    harms: Events
    resources: Use


def simulate_stages(design: Design, seed: int, people: Population, coverage: Coverage) -> Stages:
    """Draw everything that follows once people and their check-ins are known.

    Each stage reads a stream of chance of its own, so that any of them can be drawn alone.
    """
    happened = recur(design, seed, people)
    diaries = walk(design, seed, people, coverage, happened)
    return Stages(
        people=people,
        coverage=coverage,
        happened=happened,
        reported=seen(happened, coverage),
        diaries=diaries,
        answers=answer(design, seed, people, coverage, happened, diaries),
        harms=harm(design, seed, people, coverage),
        resources=use(design, seed, people, coverage, seen(happened, coverage)),
    )


def _tables(design: Design, seed: int, stages: Stages) -> Trial:
    people = stages.people
    return Trial(
        name=design.name,
        source=f"{design.source} (seed {seed})",
        arms=design.arms,
        published=design.published,
        participants=tabulation.participants(design, people, stages.coverage),
        check_ins=tabulation.check_ins(people, stages.coverage),
        recurrences=tabulation.recurrences(people, stages.reported),
        walking=tabulation.walking(people, stages.diaries),
        outcomes=tabulation.outcomes(people, stages.coverage, stages.answers),
        costs=tabulation.costs(design, people, stages.resources),
        adverse_events=tabulation.adverse_events(people, stages.harms),
        screening=tabulation.screening(design),
        strata=tabulation.STRATA,
        currency=design.currency,
        price_year=design.price_year,
        licence="CC0-1.0",
    )
