"""Competing risks against R's survival, cmprsk and etm (08_competing.R).

Tolerances are those of the entries: 1e-8 where the computation is closed, 1e-6 or 1e-7 where R
iterates, 1e-5 for geepack. One error of R's is met only by its own formula, written out: see
`test_censoring_within_groups`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from tests.reference import goldens
from tests.reference.goldens import agree, entry, topic
from tests.reference.test_03_cox_fits import same_fit
from tests.survival.competing_risks.slow_fine_gray import slow_fine_gray

TOPIC = "08_competing"
MONTHS = {"outcome": "end", "censored": "censor", "time": "months"}
DAYS = {"outcome": "end", "censored": "censor", "time": "time"}
COLUMNS = {"prob": "estimate", "se": "std_error", "lower": "conf_low", "upper": "conf_high"}
FORMS = {"log": "log", "loglog": "log-log", "plain": "plain"}
CAUSES = {"1": "pcm", "2": "death"}


def gold(identifier: str) -> dict[str, Any]:
    return entry(TOPIC, f"cr.{identifier}")


def mgus2() -> pd.DataFrame:
    frame = goldens.data("mgus2.csv")
    progressed = frame["pstat"] == 1
    frame["months"] = np.where(progressed, frame["ptime"], frame["futime"])
    ends = np.where(progressed, "pcm", np.where(frame["death"] == 1, "death", "censor"))
    frame["end"] = pd.Categorical(ends, ["censor", "pcm", "death"])
    frame["male"], frame["decades"] = frame["sex"] - 1, frame["age"] / 10
    return frame


def melanoma() -> pd.DataFrame:
    frame = goldens.data("melanoma.csv")
    names = {1: "melanoma", 2: "censor", 3: "other"}
    frame["end"] = pd.Categorical(frame["status"].map(names), ["censor", "melanoma", "other"])
    return frame


def same_shares(one: dict[str, Any], found: ws.results.Incidence, path: str, group: str) -> None:
    """Every state of one curve at the entry's times."""
    times = goldens.value(one, f"{path}/time")
    curves = {"(s0)": found.event_free, **{name: found.of(name) for name in found.outcomes}}
    agree(one, f"{path}/time", times)
    for state, curve in curves.items():
        read = curve.at(times)
        read = read[read["group"] == group]
        for theirs, ours in COLUMNS.items():
            agree(one, f"{path}/{state}/{theirs}", read[ours])


@pytest.mark.parametrize("form", FORMS)
def test_incidences_by_group(form: str) -> None:
    one = gold(f"mgus2.aj.{form}")
    options = {"interval": FORMS[form], "extend": True, **MONTHS}
    found = ws.survival.cumulative_incidence(mgus2(), "sex", **options)
    for sex in ("1", "2"):
        same_shares(one, found, f"sex={sex}", sex)


@pytest.mark.parametrize("form", ["log", "loglog"])
def test_incidences_of_one_group(form: str) -> None:
    one = gold(f"melanoma.aj.{form}")
    options = {"interval": FORMS[form], "extend": True, **DAYS}
    same_shares(one, ws.survival.cumulative_incidence(melanoma(), **options), "all", "all")


def test_incidences_at_every_event() -> None:
    one = gold("melanoma.aj.full")
    found = ws.survival.cumulative_incidence(melanoma(), "ulcer", **DAYS)
    for ulcer in ("0", "1"):
        rows = found.frame[found.frame["group"] == ulcer]
        own, other = (rows[rows["outcome"] == name] for name in ("melanoma", "other"))
        at = (own["n_event"].to_numpy() + other["n_event"].to_numpy()) > 0
        columns = {
            "time": own["time"],
            "n_risk": own["n_risk"],
            "cif_melanoma": own["estimate"],
            "se_melanoma": own["std_error"],
            "cif_other": other["estimate"],
            "se_other": other["std_error"],
        }
        for key, column in columns.items():
            agree(one, f"ulcer={ulcer}/{key}", column[at])


def test_forms_of_the_variance() -> None:
    one, frame = gold("melanoma.variance_estimators"), melanoma()
    times = goldens.value(one, "times")

    def read(**options: Any) -> pd.DataFrame:
        found = ws.survival.cumulative_incidence(frame, **options, **DAYS)
        return found.of("melanoma").at(times)

    agree(one, "times", times)
    agree(one, "cif", read()["estimate"])
    agree(one, "se_survfit_ij", read(robust=True)["std_error"])
    agree(one, "se_etm_greenwood", read()["std_error"])
    agree(one, "se_cuminc_aalen", read(variance="aalen")["std_error"])
    for theirs, ours in (("cloglog", "complementary log-log"), ("linear", "plain")):
        limits = read(interval=ours)
        agree(one, f"etm_{theirs}_lower", limits["conf_low"])
        agree(one, f"etm_{theirs}_upper", limits["conf_high"])


def test_one_minus_kaplan_meier_is_larger() -> None:
    one, frame = gold("melanoma.naive_km"), melanoma()
    times = goldens.value(one, "times")
    alone = ws.survival.kaplan_meier(frame, time="time", event="end", event_value="melanoma")
    naive = 1 - alone.at(times)["estimate"]
    cif = ws.survival.cumulative_incidence(frame, **DAYS).of("melanoma").at(times)["estimate"]
    agree(one, "times", times)
    agree(one, "one_minus_km", naive)
    agree(one, "cif", cif)
    assert (naive > cif).all()


@pytest.mark.parametrize("tau", [120, 240])
def test_mean_months_in_each_state(tau: int) -> None:
    one, frame = gold("mgus2.rmtl"), mgus2()
    found = ws.survival.times_lost(frame, "sex", tau=tau, **MONTHS)
    for sex in ("1", "2"):
        rows = frame[frame["sex"] == int(sex)]
        for state in ("(s0)", "pcm", "death"):
            term = sex if state == "(s0)" else f"{sex}: {state}"
            source = found.event_free if state == "(s0)" else found.by_group
            mean = source.estimate(term).estimate
            events = 0 if state == "(s0)" else int((rows["end"] == state).sum())
            agree(one, f"tau{tau}/sex={sex},{state}", [len(rows), events, mean])


# --- Gray's test --------------------------------------------------------------------------------


def same_tests(
    one: dict[str, Any],
    path: str,
    frame: pd.DataFrame,
    by: str,
    names: dict[str, str],
    **options: Any,
) -> None:
    for number, name in names.items():
        found = ws.survival.gray_test(frame, by, of=name, **options)
        shown = [found.statistic, found.p_value, found.df]
        for key, ours in zip(("stat", "pv", "df"), shown, strict=True):
            agree(one, f"{path}cause{number}/{key}", ours)


def same_gray(
    one: dict[str, Any],
    path: str,
    frame: pd.DataFrame,
    by: str,
    names: dict[str, str],
    **columns: Any,
) -> None:
    """Tests, curves and Gray's variances of an entry."""
    times = goldens.value(one, f"{path}times")
    same_tests(one, f"{path}tests/", frame, by, names, **columns)
    found = ws.survival.cumulative_incidence(frame, by, variance="aalen", **columns)
    agree(one, f"{path}times", times)
    for group in found.groups:
        for number, name in names.items():
            read = found.of(name).at(times)
            read = read[read["group"] == group]
            agree(one, f"{path}curves/{group}_cause{number}", read["estimate"])
            agree(one, f"{path}var/{group}_cause{number}", read["std_error"] ** 2)


def test_gray_of_two_groups() -> None:
    same_gray(gold("mgus2.gray.sex"), "", mgus2(), "sex", CAUSES, **MONTHS)


def test_gray_with_weights() -> None:
    one, frame = gold("mgus2.gray.rho1"), mgus2()
    same_tests(one, "rho1/", frame, "sex", CAUSES, rho=1, **MONTHS)
    same_tests(one, "rho_minus1/", frame, "sex", CAUSES, rho=-1, **MONTHS)


def test_gray_of_three_groups_and_strata() -> None:
    one, frame = gold("mgus2.gray.age_k3_strat_sex"), mgus2()
    frame["third"] = pd.cut(frame["age"], [0, 65, 75, 120], labels=["1", "2", "3"])
    same_gray(one, "k3/", frame, "third", CAUSES, **MONTHS)
    same_tests(one, "k3_strat_sex/", frame, "third", CAUSES, strata="sex", **MONTHS)


def test_gray_of_untied_days() -> None:
    one, frame = gold("melanoma.gray"), melanoma()
    names = {"1": "melanoma", "2": "other"}
    same_gray(one, "ulcer/", frame, "ulcer", names, **DAYS)
    same_tests(one, "sex/", frame, "sex", names, **DAYS)
    same_tests(one, "ulcer_strat_sex/", frame, "ulcer", names, strata="sex", **DAYS)


# --- Fine-Gray ----------------------------------------------------------------------------------


def same_crr(one: dict[str, Any], path: str, fit: ws.results.CoxFit) -> None:
    table = fit.to_frame()
    numbers = {
        "coef": table["estimate"],
        "se": table["std_error"],
        "z": table["statistic"],
        "p": table["p_value"],
        "vcov": fit.covariance,
        "loglik_null": fit.log_likelihood_null,
        "loglik": fit.log_likelihood,
        "n": fit.counts.participants,
    }
    for key, ours in numbers.items():
        agree(one, f"{path}{key}", ours)


def test_subdistribution_and_its_prediction() -> None:
    one = gold("melanoma.finegray.crr")
    fit = ws.survival.fine_gray(melanoma(), "sex + age + thickness + ulcer", of="melanoma", **DAYS)
    same_crr(one, "", fit)
    new, times = goldens.value(one, "newdata"), goldens.value(one, "times")
    people = pd.DataFrame(new, columns=["sex", "age", "thickness", "ulcer"])
    found = ws.survival.predict_incidence(fit, people, times=times).frame
    agree(one, "newdata", people.to_numpy())
    agree(one, "times", times)
    agree(one, "cif1", found["estimate"][:4])
    agree(one, "cif2", found["estimate"][4:])


def test_subdistribution_of_the_other_outcome() -> None:
    fit = ws.survival.fine_gray(melanoma(), "age + sex", of="other", **DAYS)
    same_crr(gold("melanoma.finegray.other_cause"), "", fit)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_weights_as_known(ties: str) -> None:
    one = gold("melanoma.finegray.coxph_weights")
    fit = ws.survival.fine_gray(
        melanoma(), "sex + age + ulcer", of="melanoma", ties=ties, censoring_weights="known", **DAYS
    )
    agree(one, "n_rows", len(fit.kept))
    agree(one, "weight_sum", fit.risk_sets.weights.sum())
    # R counts weighted rows where we count people.
    same_fit(one, replace(fit, counts=replace(fit.counts, used=len(fit.kept))), ties)


def test_subdistribution_with_ties() -> None:
    one, frame = gold("mgus2.finegray.crr"), mgus2()
    for name in ("pcm", "death"):
        fit = ws.survival.fine_gray(frame, "male + decades + mspike", of=name, **MONTHS)
        agree(one, "n", fit.counts.used)
        same_crr(one, f"{name}/", fit)


def test_effect_that_changes_with_time() -> None:
    one = gold("mgus2.finegray.cengroup_and_tf")
    fit = ws.survival.fine_gray(
        mgus2(), "decades", of="pcm", changing={"decades": lambda t: np.log(t + 1)}, **MONTHS
    )
    agree(one, "age_by_logtime/coef", fit.values)
    agree(one, "age_by_logtime/se", fit.std_errors)
    agree(one, "age_by_logtime/loglik", fit.log_likelihood)


def test_censoring_within_groups() -> None:
    """R's error counts, in what a censoring moves, the events of its own group only.

    Those with another outcome are weighted at the events of all groups, so all of these count here.
    Written out both ways, the definition gives R's number the one way and ours the other.
    """
    one, frame = gold("mgus2.finegray.cengroup_and_tf"), mgus2()
    fit = ws.survival.fine_gray(frame, "decades", of="pcm", censoring_by="sex", **MONTHS)
    agree(one, "cengroup_sex/n", fit.counts.used)
    agree(one, "cengroup_sex/coef", fit.values)
    agree(one, "cengroup_sex/loglik", fit.log_likelihood)
    agree(one, "cengroup_sex/loglik_null", fit.log_likelihood_null)
    cause = frame["end"].cat.codes.to_numpy()
    arrays = (frame["months"].to_numpy(float), cause, frame[["decades"]].to_numpy())
    slow = slow_fine_gray(*arrays, frame["sex"].to_numpy())
    np.testing.assert_allclose(fit.covariance, slow.covariance, rtol=1e-9)
    error = np.sqrt(slow.as_cmprsk[0, 0])
    agree(one, "cengroup_sex/vcov", slow.as_cmprsk)
    agree(one, "cengroup_sex/se", error)
    agree(one, "cengroup_sex/z", fit.values / error)
    agree(one, "cengroup_sex/p", ws.numerics.limits.normal_p(fit.values[0] / error))


def late_melanoma() -> pd.DataFrame:
    """As made in fine_gray.R."""
    frame, row = melanoma(), np.arange(1, 206)
    entry = (row * 37) % 101 / 101 * 0.6 * frame["time"]
    return frame.assign(entry=entry.where(row % 3 != 0, 0.0), cluster=row % 23)


@pytest.mark.parametrize(
    ("name", "formula", "options"),
    [
        ("late_entry", "sex + age + ulcer", {"entry": "entry"}),
        ("clusters", "sex + age + ulcer", {"cluster": "cluster"}),
        ("strata", "sex + age", {"strata": "ulcer"}),
    ],
)
def test_late_entry_clusters_and_strata(name: str, formula: str, options: dict[str, str]) -> None:
    one = entry("fine_gray", f"fg.melanoma.{name}")
    fit = ws.survival.fine_gray(
        late_melanoma(), formula, of="melanoma", censoring_weights="known", **options, **DAYS
    )
    agree(one, "coef", fit.values)
    agree(one, "robust_se", fit.std_errors)
    agree(one, "vcov", fit.covariance)
    agree(one, "loglik_null", fit.log_likelihood_null)
    agree(one, "loglik", fit.log_likelihood)


# --- hazards of single causes -------------------------------------------------------------------


def test_cause_specific_hazards() -> None:
    formula = "sex + age + thickness + ulcer"
    for name in ("melanoma", "other"):
        fit = ws.survival.cause_specific_cox(melanoma(), formula, of=name, **DAYS)
        same_fit(gold("melanoma.cause_specific"), fit, name)
    for name in ("pcm", "death"):
        fit = ws.survival.cause_specific_cox(mgus2(), "sex + age + mspike", of=name, **MONTHS)
        same_fit(gold("mgus2.cause_specific"), fit, name)


def test_absolute_risk() -> None:
    one = gold("melanoma.absolute_risk_from_csc")
    fits = {
        name: ws.survival.cause_specific_cox(
            melanoma(), "age + ulcer", of=name, ties="breslow", **DAYS
        )
        for name in ("melanoma", "other")
    }
    agree(one, "coef", np.concatenate([fit.values for fit in fits.values()]))
    people, times = pd.DataFrame({"age": [50, 70], "ulcer": [0, 1]}), goldens.value(one, "times")
    agree(one, "times", times)
    for key, form in {
        "survfit_multistate_cif_melanoma": "matrix-exponential",
        "exp_form": "exponential",
        "product_form": "product-limit",
    }.items():
        found = ws.survival.absolute_risks(fits, people, times=times, form=form).of("melanoma")
        agree(one, key, found.frame["estimate"].to_numpy().reshape(2, 3).T)


# --- pseudo-values and states -------------------------------------------------------------------


def cloglog_estimating_equations(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean 1 - exp(-exp(x b)), constant variance, with the sandwich."""
    b = np.array([np.log(-np.log1p(-y.mean())), *np.zeros(x.shape[1] - 1)])
    for _ in range(200):
        rate = np.exp(x @ b)
        slope, rest = x * (rate * np.exp(-rate))[:, None], y + np.expm1(-rate)
        step = np.linalg.solve(slope.T @ slope, slope.T @ rest)
        b = b + step
        if np.abs(step).max() < 1e-12:
            break
    bread = np.linalg.inv(slope.T @ slope)
    scores = slope * rest[:, None]
    return b, np.sqrt(np.diag(bread @ scores.T @ scores @ bread))


def test_pseudo_values() -> None:
    one, frame = gold("mgus2.pseudo_cif"), mgus2()
    values = ws.survival.pseudo_incidences(frame, of="pcm", at=120, **MONTHS)[120.0]
    agree(one, "pseudo_first50", values[:50])
    found = ws.survival.cumulative_incidence(frame, **MONTHS).of("pcm").at(120)
    agree(one, "cif120", found["estimate"])
    x = np.column_stack([np.ones(len(frame)), frame["male"], (frame["age"] - 70) / 10])
    b, se = cloglog_estimating_equations(x, values.to_numpy())
    agree(one, "coef", b)
    agree(one, "robust_se", se)


def spells() -> pd.DataFrame:
    """Progression on the day of death is put 0.1 months before it."""
    frame = goldens.data("mgus2.csv")
    ill = frame["pstat"] == 1
    frame["ill_at"] = frame["ptime"] - 0.1 * (ill & (frame["ptime"] == frame["futime"]))
    dead = frame["death"].map({1: "death", 0: "censor"})
    first = frame.assign(
        start_days=0.0,
        stop_days=frame["ill_at"].where(ill, frame["futime"]),
        outcome=dead.where(~ill, "pcm"),
    )
    second = frame[ill].assign(
        start_days=frame["ill_at"], stop_days=frame["futime"], outcome=dead[ill]
    )
    both = pd.concat([first, second], ignore_index=True)
    both["outcome"] = pd.Categorical(both["outcome"], ["censor", "pcm", "death"])
    return both.rename(columns={"id": "participant_id"})


def test_illness_and_death() -> None:
    one, frame = gold("mgus2.illness_death"), spells()
    found = ws.survival.state_occupancy(frame, censored="censor", interval="log")
    agree(one, "n_rows", len(frame))
    agree(one, "transitions", found.transitions.to_numpy())
    times = goldens.value(one, "times")
    agree(one, "times", times)
    read = [found.event_free.at(times), found.of("pcm").at(times), found.of("death").at(times)]
    for theirs, ours in COLUMNS.items():
        agree(one, theirs, np.column_stack([state[ours] for state in read]))


ASIDE = {
    "cr.mgus2.rmtl": {"columns": "names of the numbers"},
    "cr.mgus2.illness_death": {
        "from": "names of states, other than ours",
        "to": "names of states",
        "states": "names of states",
    },
}


def test_all_entries_are_compared() -> None:
    tally = goldens.TALLIES[TOPIC]
    if not tally.entries:
        pytest.skip("runs after the comparisons of this file")
    assert tally.entries == set(topic(TOPIC))
    left = {name: goldens.uncovered(TOPIC, name, ASIDE.get(name)) for name in topic(TOPIC)}
    assert {name: keys for name, keys in left.items() if keys} == {}
