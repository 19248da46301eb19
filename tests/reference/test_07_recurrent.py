"""Recurrent events against R's survival, MASS and sandwich (07_recurrent.R).

Tolerances are those of the entries. Where R is at the maximum only rounding is left (1e-7, 1e-8);
where its own search for a frailty variance or for the shape of a negative binomial stops early they
are looser (1e-4, 1e-5).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from tests.reference import goldens
from tests.reference.goldens import agree, entry, topic
from tests.reference.test_03_cox_fits import agreement, shown

TOPIC = "07_recurrent"
SPELLS = {"time": "stop", "entry": "start"}
PEOPLE = {"cluster": "id", **SPELLS}
MONTHS = [6, 12, 24, 36, 48]


def gold(identifier: str) -> dict[str, Any]:
    return entry(TOPIC, f"rec.{identifier}")


def bladder1() -> pd.DataFrame:
    """All recurrences in three arms, rows without follow-up left out, as R's calls make it."""
    frame = goldens.data("bladder1.csv")
    frame = frame[frame["stop"] > frame["start"]]
    return frame.assign(
        rec=(frame["status"] == 1).astype(int),
        treatment=pd.Categorical(frame["treatment"]),
        prior=np.minimum(frame["enum"] - 1, 3),
    )


def same_fit(one: dict[str, Any], fit: ws.results.CoxFit, order: list[int] | None = None) -> None:
    """Hold everything that R's summary of a clustered fit shows against the fit."""
    order = list(range(len(fit.terms))) if order is None else order
    square = np.ix_(order, order)
    table, ratios = fit.to_frame().iloc[order], fit.to_frame(ratio=True).iloc[order]
    events, k = fit.counts.events, len(fit.terms)
    numbers = {
        "n": fit.counts.used,
        "nevent": events,
        "coef": table["estimate"],
        "hr": ratios["estimate"],
        "se": np.sqrt(np.diag(fit.naive_covariance))[order],
        "z": table["statistic"],
        "p": table["p_value"],
        "hr_lower95": ratios["conf_low"],
        "hr_upper95": ratios["conf_high"],
        "loglik_null": fit.log_likelihood_null,
        "loglik": fit.log_likelihood,
        "lr_test": shown(fit.tests["likelihood_ratio"]),
        "score_test": shown(fit.tests["score"]),
        "wald_test": shown(fit.tests["wald"]),
        "robust_score_test": shown(fit.tests["robust_score"]),
        "robust_se": table["std_error"],
        "aic": 2 * k - 2 * fit.log_likelihood,
        "bic": k * np.log(events) - 2 * fit.log_likelihood,
        "vcov": fit.covariance[square],
        "vcov_naive": fit.naive_covariance[square],
        **agreement(fit, one["values"]),
    }
    assert fit.state == "converged"
    for key, number in numbers.items():
        agree(one, key, number)


# --- Andersen-Gill, PWP, WLW ---------------------------------------------------------------------


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_rates_and_order(ties: str) -> None:
    frame, formula = goldens.data("bladder2.csv"), "rx + size + number"
    rates = ws.survival.andersen_gill(frame, formula, ties=ties, **PEOPLE)
    same_fit(gold(f"bladder2.ag.{ties}"), rates)
    for name, timescale in (("tt", "total"), ("gt", "gap")):
        fit = ws.survival.prentice_williams_peterson(
            frame, formula, timescale=timescale, ties=ties, **PEOPLE
        )
        same_fit(gold(f"bladder2.pwp_{name}.{ties}"), fit)


def test_an_effect_for_each_event_number() -> None:
    fit = ws.survival.prentice_williams_peterson(
        goldens.data("bladder2.csv"), "rx + size + number", specific="rx", **PEOPLE
    )
    # R puts the main effects first.
    same_fit(gold("bladder2.pwp_tt.stratum_specific"), fit, [4, 5, 0, 1, 2, 3])


def test_three_arms() -> None:
    frame, options = bladder1(), {"event": "rec", **PEOPLE}
    same_fit(
        gold("bladder1.ag_3arm"),
        ws.survival.andersen_gill(frame, "treatment + number + size", **options),
    )
    same_fit(
        gold("bladder1.ag_time_varying_history"),
        ws.survival.andersen_gill(frame, "treatment + prior", **options),
    )
    same_fit(
        gold("bladder1.pwp_gt_capped5"),
        ws.survival.prentice_williams_peterson(
            frame, "treatment + number", timescale="gap", up_to=5, **options
        ),
    )


def test_times_from_the_beginning() -> None:
    frame = goldens.data("bladder2.csv")
    both = ws.survival.wei_lin_weissfeld(frame, "rx + size + number", **PEOPLE)
    same_fit(gold("bladder.wlw.common"), both.common)
    found = ws.survival.wei_lin_weissfeld(frame, "rx", ties="breslow", **PEOPLE)
    one, average = gold("bladder.wlw.specific"), found.average.estimate("rx")
    same_fit(one, found.specific)
    agree(one, "optimal_weights", found.weights["weight"])
    agree(one, "average_effect", average.estimate)
    agree(one, "average_se", average.std_error)
    agree(one, "average_z", average.statistic)
    agree(one, "global_wald", found.global_tests["rx"].statistic)
    agree(one, "equality_wald", found.equality_tests["rx"].statistic)
    agree(one, "equality_df", found.equality_tests["rx"].df)


# --- frailties -----------------------------------------------------------------------------------


def female_rats() -> pd.DataFrame:
    rats = goldens.data("rats.csv")
    return rats[rats["sex"] == 1]


def litters(**options: Any) -> ws.survival.FrailtyFit:
    return ws.survival.shared_frailty(
        female_rats(), "rx", subject="litter", time="time", event="status", **options
    )


def narrow(fit: ws.survival.FrailtyFit) -> np.ndarray:
    return np.sqrt(np.diag(fit.narrow_covariance))


def test_gamma_frailties_of_litters() -> None:
    one, fit = gold("rats.frailty_gamma"), litters(ties="breslow")
    variance = fit.frailty_variance.values[0]
    agree(one, "coef", fit.values)
    agree(one, "se", fit.std_errors)
    agree(one, "se2", narrow(fit))
    agree(one, "theta", variance)
    agree(one, "theta_em", variance)
    agree(one, "loglik_integrated", fit.log_likelihood)
    agree(one, "loglik_partial", fit.log_likelihood_partial)
    agree(one, "loglik_null", fit.log_likelihood_null - gain_of_coefficient())
    agree(one, "df", sum(fit.degrees_of_freedom.values()))
    by_litter = fit.frailties.sort_values("litter")
    agree(one, "frail_log", by_litter["log_frailty"])


def gain_of_coefficient() -> float:
    """What the coefficient alone adds: R's null model has neither it nor frailties."""
    fit = ws.survival.cox(female_rats(), "rx", ties="breslow", time="time", event="status")
    return fit.log_likelihood - fit.log_likelihood_null


@pytest.mark.parametrize("variance", [0.25, 0.5, 1])
def test_gamma_frailties_of_given_variance(variance: float) -> None:
    one, stem = gold("rats.frailty_gamma.fixed_theta"), f"theta_{variance:g}/"
    fit = litters(ties="breslow", variance=variance)
    agree(one, f"{stem}theta", fit.frailty_variance.values[0])
    agree(one, f"{stem}coef", fit.values[0])
    agree(one, f"{stem}se", fit.std_errors[0])
    agree(one, f"{stem}se2", narrow(fit)[0])
    agree(one, f"{stem}loglik_partial", fit.log_likelihood_partial)
    agree(one, f"{stem}loglik_integrated", fit.log_likelihood)
    agree(one, f"{stem}df", list(fit.degrees_of_freedom.values()))
    by_litter = fit.frailties.sort_values("litter")["log_frailty"]
    # R halts on the log-likelihood, which leaves log frailties near zero correct to 1e-9.
    agree(one, f"{stem}frail_log", by_litter, atol=1e-8)


def test_normal_log_frailties() -> None:
    one = gold("rats.frailty_gaussian")
    for name, variance in (("reml", None), ("fixed_0.4", 0.4), ("fixed_0.2", 0.2)):
        fit = litters(distribution="gaussian", variance=variance)
        agree(one, f"{name}/theta", fit.frailty_variance.values[0])
        agree(one, f"{name}/coef", fit.values[0])
        agree(one, f"{name}/se", fit.std_errors[0])
        agree(one, f"{name}/loglik_partial", fit.log_likelihood_partial)
        agree(one, f"{name}/df", list(fit.degrees_of_freedom.values()))


def test_frailties_of_patients() -> None:
    one, frame = gold("bladder2.frailty_gamma"), goldens.data("bladder2.csv")
    fit = ws.survival.shared_frailty(
        frame, "rx + size + number", subject="id", ties="breslow", **SPELLS
    )
    agree(one, "coef", fit.values)
    agree(one, "se", fit.std_errors)
    agree(one, "se2", narrow(fit))
    agree(one, "theta", fit.frailty_variance.values[0])
    agree(one, "loglik_integrated", fit.log_likelihood)
    agree(one, "loglik_partial", fit.log_likelihood_partial)
    agree(one, "df", sum(fit.degrees_of_freedom.values()))


def test_frailties_over_gap_times() -> None:
    one, frame = gold("bladder2.frailty_gamma_gap"), goldens.data("bladder2.csv")
    frame["gap"] = frame["stop"] - frame["start"]
    for variance in (1, 0.5):
        stem = f"theta_{variance:g}/"
        fit = ws.survival.shared_frailty(
            frame, "rx + number", subject="id", variance=variance, time="gap"
        )
        agree(one, f"{stem}theta", fit.frailty_variance.values[0])
        agree(one, f"{stem}coef", fit.values)
        agree(one, f"{stem}se", fit.std_errors)
        agree(one, f"{stem}loglik_partial", fit.log_likelihood_partial)
        agree(one, f"{stem}loglik_integrated", fit.log_likelihood)


# --- mean counts ---------------------------------------------------------------------------------


def test_mean_counts_at_every_event() -> None:
    one, frame = gold("bladder2.mcf"), goldens.data("bladder2.csv")
    curve = ws.survival.mean_cumulative_count(frame, "rx", subject="id", **SPELLS)
    for arm in ("1", "2"):
        rows = curve.frame[(curve.frame["group"] == arm) & (curve.frame["n_event"] > 0)]
        agree(one, f"rx{arm}.time", rows["stop"])
        agree(one, f"rx{arm}.n_risk", rows["n_risk"])
        agree(one, f"rx{arm}.n_event", rows["n_event"])
        agree(one, f"rx{arm}.mcf", rows["estimate"])
        agree(one, f"rx{arm}.robust_se", rows["std_error"])


def test_mean_counts_at_given_months() -> None:
    one, options = gold("bladder1.mcf_grid"), {"event": "rec", "subject": "id", **SPELLS}
    curve = ws.survival.mean_cumulative_count(bladder1(), "treatment", **options).at(MONTHS)
    # Independent increments: the variance of a Poisson process.
    plain = ws.survival.nelson_aalen(bladder1(), "treatment", robust=False, **options).at(MONTHS)
    agree(one, "times", MONTHS)
    for arm in ("1", "2", "3"):
        rows = curve[curve["group"] == arm]
        agree(one, f"mcf/treatment={arm}", rows["estimate"])
        agree(one, f"robust_se/treatment={arm}", rows["std_error"])
        agree(one, f"lower95_log/treatment={arm}", rows["conf_low"])
        agree(one, f"upper95_log/treatment={arm}", rows["conf_high"])
        agree(one, f"poisson_se/treatment={arm}", plain.loc[plain["group"] == arm, "std_error"])
    found = ws.survival.compare_mean_counts(bladder1(), "treatment", at=MONTHS, **options)
    gaps = [found.difference.estimate(f"treatment[3] at {month}") for month in MONTHS]
    agree(one, "thiotepa_minus_placebo", [gap.estimate for gap in gaps])
    agree(one, "diff_se", [gap.std_error for gap in gaps])


ARMS = {"placebo": "1", "pyridoxine": "2", "thiotepa": "3"}


def with_death(frame: pd.DataFrame, by: str | None = None) -> ws.results.Curve:
    return ws.survival.mean_cumulative_count(
        frame, by, event="rec", subject="id", terminal="status", terminal_value=(2, 3), **SPELLS
    )


def test_mean_counts_with_death() -> None:
    one, frame = gold("bladder1.ghosh_lin"), bladder1()
    curve = with_death(frame, "treatment")
    agree(one, "times", MONTHS)
    for name, arm in ARMS.items():
        rows, all_of_it = curve.at(MONTHS), curve.frame[curve.frame["group"] == arm]
        rows = rows[rows["group"] == arm]
        agree(one, f"{name}.mu", rows["estimate"])
        agree(one, f"{name}.se", rows["std_error"])
        agree(one, f"{name}.deaths", all_of_it["n_terminal"].sum())
        agree(one, f"{name}.events", all_of_it["n_event"].sum())
        agree(one, f"{name}.jackknife_se", jackknife(frame[frame["treatment"] == int(arm)]))


def jackknife(frame: pd.DataFrame) -> np.ndarray:
    """Standard errors from leaving out one patient at a time."""
    people = frame["id"].unique()
    found = [
        with_death(frame[frame["id"] != who]).at(MONTHS)["estimate"].to_numpy() for who in people
    ]
    return np.sqrt((len(people) - 1) * np.var(found, axis=0))


# --- counts and rates ----------------------------------------------------------------------------


def patients() -> pd.DataFrame:
    """One row per patient: recurrences, months followed, treatment, tumours at the start."""
    frame = goldens.data("bladder1.csv")
    frame["count"] = frame["status"] == 1
    by_id = frame.groupby("id")
    people = by_id[["treatment", "number", "size"]].first()
    people["treatment"] = pd.Categorical(people["treatment"])
    return people.assign(count=by_id["count"].sum(), fu=by_id["stop"].max()).reset_index()


def test_exact_rates() -> None:
    one, people = gold("bladder1.rates"), patients()
    people = people[people["fu"] > 0]
    found = ws.regression.compare_rates(people, "treatment", events="count", exposure="fu")
    table = found.by_group.to_frame()
    agree(one, "patients", found.rates["participants"])
    agree(one, "events", found.rates["events"])
    agree(one, "person_months", found.rates["exposure"])
    agree(one, "rate", table["estimate"])
    agree(one, "exact_lower", table["conf_low"])
    agree(one, "exact_upper", table["conf_high"])
    ratio = found.ratio.estimate("treatment[3]", ratio=True)
    agree(one, "thiotepa_v_placebo.rate_ratio", ratio.estimate)
    agree(one, "thiotepa_v_placebo.lower95", ratio.conf_low)
    agree(one, "thiotepa_v_placebo.upper95", ratio.conf_high)
    agree(one, "thiotepa_v_placebo.p", found.tests["treatment[3]"].p_value)


def rates(se: str, family: str = "poisson") -> ws.regression.CountFit:
    # Patients without follow-up are left out and counted.
    return ws.regression.rate_regression(
        patients(), "count ~ treatment + number", family=family, exposure="fu", se=se, subject="id"
    )


def test_negative_binomial_rates() -> None:
    one, fit = gold("bladder1.negbin"), rates("model", "negative-binomial")
    table = fit.to_frame()
    # The first, the intercept's, is a rate and no ratio; R exponentiates it like the others.
    assert fit.to_frame(ratio=True)["estimate"].iloc[1:].tolist() == np.exp(fit.values[1:]).tolist()
    assert fit.overdispersion is not None
    for key, ours in {
        "n": fit.counts.used,
        "coef": fit.values,
        "se_expected_info": fit.std_errors,
        "se_joint_observed_info": rates("observed", "negative-binomial").std_errors,
        "theta": fit.theta,
        "se_theta": fit.theta_std_error,
        "alpha": fit.alpha,
        "loglik": fit.log_likelihood,
        "aic": fit.aic,
        "deviance": fit.deviance,
        "rate_ratio": np.exp(table["estimate"]),
        "rr_lower95": np.exp(table["conf_low"]),
        "rr_upper95": np.exp(table["conf_high"]),
        "loglik_poisson": fit.overdispersion.parts["log_likelihood_poisson"],
        "lr_vs_poisson": fit.overdispersion.statistic,
    }.items():
        agree(one, key, ours)


def test_poisson_rates() -> None:
    one, fit = gold("bladder1.poisson_family"), rates("model")
    table = fit.to_frame()
    for key, ours in {
        "n": fit.counts.used,
        "coef": fit.values,
        "se": fit.std_errors,
        "z": table["statistic"],
        "p": table["p_value"],
        "vcov": fit.covariance,
        "dispersion": 1.0,  # of a Poisson model, by definition
        "deviance": fit.deviance,
        "null_deviance": fit.null_deviance,
        "df_resid": fit.df_residual,
        "loglik": fit.log_likelihood,
        "aic": fit.aic,
        "pearson_chisq": fit.pearson,
    }.items():
        agree(one, f"poisson.{key}", ours)
    agree(one, "quasi_dispersion", fit.dispersion)
    agree(one, "quasi_se", rates("quasi").std_errors)
    for se in ("HC0", "HC1"):
        same_sandwich(one, f"robust_{se}", rates(se))


def same_sandwich(one: dict[str, Any], stem: str, fit: ws.regression.CountFit) -> None:
    table = fit.to_frame()
    agree(one, f"{stem}.se", table["std_error"])
    agree(one, f"{stem}.stat", table["statistic"])
    agree(one, f"{stem}.p", table["p_value"])
    agree(one, f"{stem}.vcov", fit.covariance)


def seizures() -> pd.DataFrame:
    """Seizures of each patient over four periods of two weeks."""
    by_patient = goldens.data("epil.csv").groupby("subject")
    people = by_patient[["trt", "base", "age"]].first()
    return people.assign(y=by_patient["y"].sum(), weeks=8, treated=people["trt"] - 1)


def test_negative_binomial_seizures() -> None:
    one, options = gold("epil.negbin"), {"family": "negative-binomial", "exposure": "weeks"}

    def fitted(se: str, formula: str = "y ~ treated + log(base) + age") -> ws.regression.CountFit:
        return ws.regression.rate_regression(seizures(), formula, se=se, **options)

    fit, without = fitted("model"), fitted("model", "y ~ log(base) + age")
    agree(one, "n", fit.counts.used)
    agree(one, "coef", fit.values)
    agree(one, "se_expected_info", fit.std_errors)
    agree(one, "se_joint_observed_info", fitted("observed").std_errors)
    agree(one, "theta", fit.theta)
    agree(one, "se_theta", fit.theta_std_error)
    agree(one, "loglik", fit.log_likelihood)
    agree(one, "lrt_trt", 2 * (fit.log_likelihood - without.log_likelihood))
    same_sandwich(one, "robust_HC0_glm", fitted("HC0"))


def test_negative_binomial_means() -> None:
    one, people = gold("epil.negbin_intercept_only_by_arm"), seizures()
    for name, arm in (("placebo", 1), ("progabide", 2)):
        own = people[people["trt"] == arm]
        fit = ws.regression.rate_regression(own, "y ~ 1", family="negative-binomial")
        agree(one, f"{name}.n", fit.counts.used)
        agree(one, f"{name}.log_mean", fit.values[0])
        agree(one, f"{name}.theta", fit.theta)
        # MASS takes the information at the theta of its last step but one: 1.3e-6 away.
        agree(one, f"{name}.se_theta", fit.theta_std_error, atol=1e-6)
        agree(one, f"{name}.loglik", fit.log_likelihood)


def test_every_entry_is_compared() -> None:
    """Runs last, by its place in the file."""
    left = {name: goldens.uncovered(TOPIC, name) for name in topic(TOPIC)}
    assert not {name: keys for name, keys in left.items() if keys}
