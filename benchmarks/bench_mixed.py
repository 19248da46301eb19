"""Linear mixed models: answers of a few visits, and of every day of a year."""

import numpy as np
import pandas as pd

from benchmarks.bench_regression import installed
from benchmarks.work import Work
from walkstats import regression
from walkstats.regression.mixed.contrast_freedom import freedom_of
from walkstats.regression.mixed.likelihood import Shape, begin, height
from walkstats.regression.mixed.person_sums import standardise, sum_by_person
from walkstats.regression.mixed.valleys import descend

FORMULA = "pain ~ arm * week"


def works() -> list[Work]:
    """Intercept and slope of 701 people; a tenth of the answers is missing."""
    return [slopes(701, 5), slopes(701, 365)]


def diaries(people: int, times: int, seed: int = 20240625) -> pd.DataFrame:
    """Pain by week, each person with a level and a slope of their own."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(people), times)
    week = np.tile(np.arange(times) * (52.0 / times), people)
    own = rng.normal(size=(people, 2)) @ np.array([[1.2, 0.005], [0.0, 0.02]])
    frame = pd.DataFrame({"person": person, "arm": person % 2, "week": week})
    frame["pain"] = 5 - 0.02 * week + own[person, 0] + own[person, 1] * week
    frame["pain"] += rng.normal(size=len(frame))
    return frame[rng.uniform(size=len(frame)) > 0.1].reset_index(drop=True)


def slopes(people: int, times: int) -> Work:
    """A random intercept and slope by REML, with standard errors."""
    frame = diaries(people, times)
    ones, week, arm = np.ones(len(frame)), frame["week"].to_numpy(), frame["arm"].to_numpy(float)
    x, z = np.column_stack([ones, arm, week, arm * week]), np.column_stack([ones, week])
    y, person = frame["pain"].to_numpy(), frame["person"].to_numpy()

    def kernel():
        fixed = standardise(x, y)
        sums = sum_by_person(fixed, z, person, None, True)
        shape = Shape(2, True, False)
        found = descend(lambda theta: height(sums, shape, theta, True), begin(sums, shape))
        return freedom_of(found.at, shape.parameters, fixed.back, fixed.spread).covariance

    def statsmodels():
        import statsmodels.api as sm

        return sm.MixedLM(y, x, groups=person, exog_re=z).fit(reml=True).bse_fe

    def ours():
        return regression.linear_mixed(frame, FORMULA, subject="person", random="week")

    r = "lme4::lmer(pain ~ arm * week + (week | person), d)"
    return Work(
        name=f"mixed model, intercept and slope, {people} x {times}",
        frame=frame,
        engines={"walkstats": ours, "kernel": kernel, "statsmodels": statsmodels},
        r=installed("lme4", {"R lme4": r}),
        aims={"R lme4": 30.0, "statsmodels": 800.0}
        if times < 50
        else {"R lme4": 250.0, "statsmodels": 250.0},
    )
