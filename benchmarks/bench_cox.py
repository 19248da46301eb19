"""Cox regression: one row per person, and (start, stop] spells with strata and clusters."""

from benchmarks.trials import COVARIATES, first_events, monthly_spells
from benchmarks.work import Work
from walkstats import survival
from walkstats.survival.partial_maximum import maximum
from walkstats.survival.risk_sets import sort_risk_sets
from walkstats.survival.robust_variance import robust_covariance

FORMULA = " + ".join(COVARIATES)


def works() -> list[Work]:
    """Several sizes of each shape of data."""
    return [
        one_row_each(701, {"R coxph": 8, "R coxph.fit": 8, "lifelines": 100, "statsmodels": 100}),
        one_row_each(100_000, {"R coxph": 20, "lifelines": 20, "statsmodels": 20}),
        one_row_each(1_000_000, {"R coxph": 25, "lifelines": 15, "statsmodels": 15}),
        spells(701, 36, {"R coxph": 35, "lifelines": 100, "statsmodels": 100}),
        spells(2778, 36, {"R coxph": 30, "lifelines": 70, "statsmodels": 70}),
    ]


def one_row_each(n: int, aims: dict[str, float]) -> Work:
    """Efron ties in whole days, five covariates."""
    frame = first_events(n)
    x = frame[COVARIATES].to_numpy(float)
    days, event = frame["days"].to_numpy(float), frame["event"].to_numpy(bool)

    def lifelines():
        from lifelines import CoxPHFitter

        return CoxPHFitter().fit(frame[[*COVARIATES, "days", "event"]], "days", "event")

    def statsmodels():
        from statsmodels.duration.hazard_regression import PHReg

        return PHReg(days, x, status=event, ties="efron").fit()

    return Work(
        name=f"Cox, Efron, 5 covariates, n={n:,}",
        frame=frame,
        engines={
            "walkstats": lambda: survival.cox(frame, FORMULA),
            "kernel": lambda: maximum(x, sort_risk_sets(None, days, event)),
            "lifelines": lifelines,
            "statsmodels": statsmodels,
        },
        prepare_r=f"x <- as.matrix(d[, c({', '.join(map(repr, COVARIATES))})]); "
        "y <- Surv(d$days, d$event); control <- coxph.control()",
        r={
            "R coxph": f"coxph(y ~ {FORMULA}, d)",
            "R coxph.fit": "coxph.fit(x, y, NULL, NULL, NULL, control, NULL, 'efron', NULL)",
        },
        aims=aims,
        large=n > 100_000,
    )


def spells(people: int, months: int, aims: dict[str, float]) -> Work:
    """Spells by month, stratified, with the variance clustered by person."""
    frame = monthly_spells(people, months)
    x = frame[COVARIATES].to_numpy(float)
    start, stop = (frame[name].to_numpy(float) for name in ("start_days", "stop_days"))
    event, stratum = frame["event"].to_numpy(bool), frame["stratum"].to_numpy()
    person = frame["person"].to_numpy()

    def kernel():
        fitted = maximum(x, sort_risk_sets(start, stop, event, stratum))
        return robust_covariance(fitted, person)

    def lifelines():
        from lifelines import CoxPHFitter

        return CoxPHFitter().fit(
            frame,
            "stop_days",
            "event",
            entry_col="start_days",
            strata=["stratum"],
            cluster_col="person",
        )

    def statsmodels():
        from statsmodels.duration.hazard_regression import PHReg

        model = PHReg(stop, x, status=event, entry=start, strata=stratum, ties="efron")
        return model.fit(groups=person)

    return Work(
        name=f"Cox, (start, stop], strata, clusters, {people:,} x {months} rows",
        frame=frame,
        engines={
            "walkstats": lambda: survival.cox(frame, FORMULA, strata="stratum", cluster="person"),
            "kernel": kernel,
            "lifelines": lifelines,
            "statsmodels": statsmodels,
        },
        prepare_r=f"x <- as.matrix(d[, c({', '.join(map(repr, COVARIATES))})]); "
        "y <- Surv(d$start_days, d$stop_days, d$event); control <- coxph.control()",
        r={
            "R coxph": f"coxph(y ~ {FORMULA} + strata(stratum), d, cluster = person)",
            # Without the clustered variance.
            "R agreg.fit": "agreg.fit(x, y, d$stratum, NULL, NULL, control, NULL, 'efron', NULL)",
        },
        aims=aims,
    )
