"""Which truth gives the published figures? Least squares on very many simulated people.

    python -m calibration.fit_design [--people 400000] [--seed 1] [--steps 5]

Starts from the committed design and prints the entries of [recurrence] and [questionnaires] to
put into design.toml; ``calibration.large_sample`` then checks them with other seeds. The same
draws serve every trial of values, so that figures move smoothly with the entries. Medians are
taken between days, and recovery by the share that has recovered, since whole days do not move
smoothly.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from calibration.arrays import FirstEvents, first_events, hazard_ratio, recovery, survival
from calibration.stages import RMDQ, stages
from walkstats.design import Design, read_design
from walkstats.design.episodes import recur, seen
from walkstats.design.observation import Coverage, observe_people
from walkstats.design.people import Population, recruit

ENTRIES = (
    "rate_per_100_days",
    "rate_log_sd",
    "rate_ratio_early",
    "rate_ratio_late",
    "limiting_odds",
    "limiting_log_sd",
    "limiting_odds_ratio",
    "care_odds_ratio",
    "duration_median_days",
    "duration_ratio",
    "duration_shape",
    "worst_pain_difference",
)
# figure: (published, how far from it counts as one step)
GOALS = {
    "any hazard ratio": (0.80, 0.002),
    "any median walking": (72.0, 0.5),
    "any median control": (56.0, 0.4),
    "any events": (596 / 701, 0.004),
    "limiting hazard ratio": (0.72, 0.002),
    "limiting median walking": (208.0, 1.5),
    "limiting median control": (112.0, 0.8),
    "limiting events": (507 / 701, 0.004),
    "care hazard ratio": (0.57, 0.002),
    "recovery hazard ratio": (1.30, 0.005),
    "recovered by day 3, walking": (0.5, 0.005),
    "recovered by day 4, control": (0.5, 0.005),
    "worst pain difference": (-0.34, 0.005),
}
RMDQ_GOAL = -1.28


def figures(design: Design, seed: int, people: Population, coverage: Coverage) -> list[float]:
    """The figures in the order of GOALS."""
    reported = seen(recur(design, seed, people), coverage)
    walking = people.walking
    either, index = first_events(reported, coverage, walking, "any")
    limits, _ = first_events(reported, coverage, walking, "activity_limiting")
    cares, _ = first_events(reported, coverage, walking, "care_seeking")
    ended = recovery(reported, coverage, walking, index)
    has = index >= 0
    worst, walks = reported.worst[index[has]], walking[has]
    found = []
    for events in (either, limits):
        ratio, share = hazard_ratio(events), float(events.event.mean())
        found += [ratio, _median(events, True), _median(events, False), share]
    found += [hazard_ratio(cares), hazard_ratio(ended)]
    found += [_middle(ended, True, 3), _middle(ended, False, 4)]
    return [*found, float(worst[walks].mean() - worst[~walks].mean())]


def main() -> None:
    """Fit and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=400_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=5)
    arguments = parser.parse_args()
    half = arguments.people // 2
    design = read_design("walkback-like").sized(half, half)
    people = recruit(design, arguments.seed)
    coverage = observe_people(design, arguments.seed, people)
    goal = np.array(list(GOALS.values()))

    def misses(values: NDArray[np.float64]) -> NDArray[np.float64]:
        found = figures(_changed(design, values), arguments.seed, people, coverage)
        return (np.array(found) - goal[:, 0]) / goal[:, 1]

    start = np.array([getattr(design.recurrence, name) for name in ENTRIES])
    fit = least_squares(
        misses, start, diff_step=0.02, x_scale=np.abs(start), max_nfev=arguments.steps
    )
    values = np.round(fit.x, 4)
    for name, value in zip(ENTRIES, values, strict=True):
        print(f"{name} = {value}")
    print(f"rmdq_difference = {_rmdq(_changed(design, values), arguments.seed):.3f}")
    for name, miss in zip(GOALS, misses(values), strict=True):
        print(f"  {name}: {GOALS[name][0] + miss * GOALS[name][1]:.4f} for {GOALS[name][0]:.4f}")


def _changed(design: Design, values: NDArray[np.float64]) -> Design:
    entries = dict(zip(ENTRIES, map(float, values), strict=True))
    return replace(design, recurrence=replace(design.recurrence, **entries))


def _rmdq(design: Design, seed: int) -> float:
    """Limits of the scale take a part of the entry, so it is corrected twice."""
    entry = design.questionnaires.rmdq_difference
    for _ in range(2):
        answers = replace(design.questionnaires, rmdq_difference=entry)
        *_, found = (
            step[RMDQ]
            for step in stages(replace(design, questionnaires=answers), seed)
            if RMDQ in step
        )
        entry += RMDQ_GOAL - found
    return entry


def _median(events: FirstEvents, arm: bool) -> float:
    curve = survival(events.days[events.walking == arm], events.event[events.walking == arm])
    day = int(np.argmax(curve <= 0.5))
    return day - (0.5 - curve[day]) / (curve[day - 1] - curve[day])


def _middle(events: FirstEvents, arm: bool, day: int) -> float:
    curve = survival(events.days[events.walking == arm], events.event[events.walking == arm])
    return float(curve[day - 1] + curve[day]) / 2.0


if __name__ == "__main__":
    main()
