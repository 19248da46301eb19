"""What these tests share: trials with ties, and the same numbers found the long way."""

import numpy as np
import pandas as pd

from walkstats import survival


def trial(seed: int = 4, n: int = 80, days: int = 24, strata: int = 1) -> pd.DataFrame:
    """Days of first recurrence with many ties, late entries and strata beside."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "arm": pd.Categorical(
                np.where(np.arange(n) % 2, "walking", "control"), ["control", "walking"]
            ),
            "site": rng.integers(0, strata, n),
        }
    )
    event = np.ceil(rng.exponential(np.where(np.arange(n) % 2, days / 2.2, days / 3.0)))
    censored = np.where(rng.random(n) < 0.5, days, rng.integers(days // 2, days + 1, n))
    frame["days"] = np.minimum(event, censored)
    frame["event"] = (event <= censored).astype(int)
    frame["entered"] = np.minimum(rng.integers(0, 5, n), frame["days"] - 1)
    frame["participant_id"] = [f"p{k}" for k in range(n)]
    return frame


def the_long_way(frame, *, by="arm", tau, at, **options) -> dict[str, float]:
    """The statistics of ``bootstrap_comparison`` by the public functions, on actual rows."""
    strata = options.pop("strata", None)
    fit = survival.cox(frame, by, strata=strata, **options)
    curve = survival.kaplan_meier(frame, by, extend=True, **options)
    median = curve.quantile(0.5)
    means = survival.restricted_means(frame, by, tau=tau, extend=True, **options).by_group
    medians = np.where(np.isnan(median.values), np.inf, median.values)
    labels = median.terms
    found = {
        f"hazard_ratio[{one}]": v for one, v in zip(labels[1:], np.exp(fit.values), strict=True)
    }
    found |= {f"median[{one}]": v for one, v in zip(labels, medians, strict=True)}
    found |= {f"restricted_mean[{one}]": v for one, v in zip(labels, means.values, strict=True)}
    for moment in at:
        read = curve.at(moment)["estimate"]
        found |= {f"survival[{one}, {moment:g}]": v for one, v in zip(labels, read, strict=True)}
    return found
