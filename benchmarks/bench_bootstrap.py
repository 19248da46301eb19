"""Bootstrap of a comparison: hazard ratio, medians, restricted means and survival."""

import numpy as np

from benchmarks.trials import first_events
from benchmarks.work import Work
from walkstats import resampling
from walkstats.numerics import engine, replicates
from walkstats.resampling.compared_groups import _units, _Work, prepare_groups
from walkstats.survival.grouped_rows import read_grouped_rows

REPLICATES = 2_000
HORIZON, DAY = 365.0, 180.0


def works() -> list[Work]:
    """The size of a walking trial."""
    return [comparison(701, {"R coxph, survfit": 100})]


def comparison(n: int, aims: dict[str, float]) -> Work:
    """Whole days, two arms; R refits coxph and survfit to the resampled rows."""
    frame = first_events(n)

    def public():
        return resampling.bootstrap_comparison(
            frame, "arm", replicates=REPLICATES, tau=HORIZON, at=DAY, seed=1, jackknife=False
        )

    rows = read_grouped_rows(frame, "arm", robust=False)
    model = prepare_groups(rows, HORIZON, np.array([DAY]), False)
    compiled = engine.load(engine.PAIRS["compare_resamples"][1])
    work = _Work(_units(frame, rows, None), model, compiled, 1).warmed()

    def kernel():
        return replicates.run(work.resamples, REPLICATES, threads=replicates.cores(), longest=250)

    return Work(
        name=f"bootstrap, {REPLICATES:,} replicates, n={n:,}",
        frame=frame,
        engines={"walkstats": public, "kernel": kernel},
        prepare_r="rows <- split(seq_len(nrow(d)), d$arm); resampled <- function() { "
        "b <- d[unlist(lapply(rows, function(r) sample(r, replace = TRUE))), ]; "
        "s <- survfit(Surv(days, event) ~ arm, b); "
        "c(coef(coxph(Surv(days, event) ~ arm, b)), quantile(s, 0.5)$quantile, "
        f"survival:::survmean(s, rmean = {HORIZON})$matrix[, 5], "
        f"summary(s, times = {DAY}, extend = TRUE)$surv) }}",
        r={"R coxph, survfit": f"for (k in seq_len({REPLICATES})) resampled()"},
        aims=aims,
    )
