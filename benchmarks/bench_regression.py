"""Linear regression: one row per person, and visits clustered by person; a curve over doses."""

import shutil
import subprocess

import numpy as np
import pandas as pd

from benchmarks.trials import COVARIATES, covariates
from benchmarks.work import Work
from walkstats import regression
from walkstats.numerics.cluster_robust import cr_covariance, hc_covariance
from walkstats.numerics.least_squares import factor, solve

FORMULA = " + ".join(COVARIATES)


def works() -> list[Work]:
    """Two sizes of each shape of data, and the dose-response of a spline."""
    return [
        rows(701),
        rows(100_000),
        visits(701, 5),
        visits(20_000, 5),
        curve(701, 5),
    ]


def visited(people: int, times: int, seed: int = 20240622) -> pd.DataFrame:
    """Pain at each visit, falling with the minutes walked, alike within a person."""
    rng = np.random.default_rng(seed)
    each = covariates(people, rng).assign(level=rng.normal(size=people))
    frame = each.loc[each.index.repeat(times)].reset_index(names="person")
    frame["minutes"] = rng.gamma(2, 60, len(frame)).round()
    frame["pain"] = 5 - 0.006 * frame["minutes"] + frame["level"] + rng.normal(size=len(frame))
    return frame


def rows(n: int) -> Work:
    """HC3 on five covariates."""
    frame = visited(n, 1)
    x = np.column_stack([np.ones(n), frame[COVARIATES].to_numpy(float)])
    y = frame["pain"].to_numpy(float)

    def kernel():
        design = factor(x)
        return hc_covariance(design, solve(design, y).residuals, "HC3")

    def statsmodels():
        import statsmodels.api as sm

        return sm.OLS(y, x).fit(cov_type="HC3").bse

    return Work(
        name=f"least squares, HC3, 5 covariates, n={n:,}",
        frame=frame,
        engines={
            "walkstats": lambda: regression.ols(frame, f"pain ~ {FORMULA}"),
            "kernel": kernel,
            "statsmodels": statsmodels,
        },
        r=installed("sandwich", {"R": f"sandwich::vcovHC(lm(pain ~ {FORMULA}, d), type = 'HC3')"}),
    )


def visits(people: int, times: int) -> Work:
    """Clusters of one person's visits; statsmodels has the simple kind (CR1) only."""
    frame = visited(people, times)
    x = np.column_stack([np.ones(len(frame)), frame[COVARIATES].to_numpy(float)])
    y, person = frame["pain"].to_numpy(float), frame["person"].to_numpy()

    def kernel():
        design = factor(x)
        return cr_covariance(design, solve(design, y).residuals, person, "CR2")

    def statsmodels():
        import statsmodels.api as sm

        return sm.OLS(y, x).fit(cov_type="cluster", cov_kwds={"groups": person}).bse

    fit = f"lm(pain ~ {FORMULA}, d)"
    peers = installed(
        "sandwich", {"R CR1": f"sandwich::vcovCL({fit}, cluster = d$person, type = 'HC1')"}
    )
    if people < 5000:  # minutes otherwise
        peers |= installed(
            "clubSandwich",
            {"R CR2": f"clubSandwich::vcovCR({fit}, cluster = d$person, type = 'CR2')"},
        )
    return Work(
        name=f"least squares, clusters (CR2), {people:,} x {times} rows",
        frame=frame,
        engines={
            "walkstats": lambda: regression.ols(frame, f"pain ~ {FORMULA}", subject="person"),
            "kernel": kernel,
            "statsmodels CR1": statsmodels,
        },
        r=peers,
    )


def curve(people: int, times: int) -> Work:
    """A spline of the dose, its curve at 101 doses and both tests, clustered by person."""
    frame = visited(people, times)
    formula = "pain ~ rcs(minutes, 4) + arm + age"

    def ours():
        fit = regression.ols(frame, formula, subject="person")
        return regression.dose_response(fit, "minutes", reference=60)

    r = (
        "f <- rms::ols(pain ~ rms::rcs(minutes, 4) + arm + age, d, x = TRUE, y = TRUE); "
        "f <- rms::robcov(f, d$person); "
        "p <- rms::Predict(f, minutes, ref.zero = TRUE, np = 101); anova(f)"
    )
    return Work(
        name=f"dose and response, 4 knots, clusters, {people:,} x {times} rows",
        frame=frame,
        engines={"walkstats": ours},
        prepare_r="g <- rms::datadist(d, adjto.cat = 'first'); options(datadist = 'g')",
        r=installed("rms", {"R rms": r}),
    )


def installed(package: str, expressions: dict[str, str]) -> dict[str, str]:
    """The expressions, where R has the package."""
    if shutil.which("Rscript") is None:
        return {}
    asked = ["Rscript", "--vanilla", "-e", f"loadNamespace('{package}')"]
    there = subprocess.run(asked, capture_output=True, check=False).returncode == 0
    return expressions if there else {}
