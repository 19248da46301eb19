"""Complier effects, weights and balance against R (causal.R). Tolerances of the entries."""

import numpy as np
import pytest

from tests.reference.goldens import agree, data, entry, topic, uncovered
from walkstats import causal

TOPIC = "causal"
MEANS = {
    "complier.walks": {"cut": 100},
    "complier.walks.adjusted": {"cut": 100, "covariates": ["age", "sex"]},
    "complier.minutes.adjusted": {"covariates": "age + sex"},
}
TIMES = {"complier.risk": {"at": 180}, "complier.restricted": {"tau": 180}}
FORMULA = "adhered ~ age + sex + minutes"


def effect(**asked):
    asked = {"received": "minutes", "subject": "id", **asked}
    return causal.complier_effect(data("causal_trial.csv"), **asked)


@pytest.mark.parametrize("identifier", MEANS)
def test_effects_on_means(identifier):
    gold = entry(TOPIC, identifier)
    found = effect(outcome="pain", **MEANS[identifier])
    (term,) = found.effect.terms
    robust, wald = found.effect.estimate(term), found.wald.estimate(term)
    agree(gold, "estimate", robust.estimate)
    agree(gold, "df", wald.df)
    agree(gold, "se_hc1", wald.std_error)
    agree(gold, "wald", [wald.conf_low, wald.conf_high])
    agree(gold, "anderson_rubin", [robust.conf_low, robust.conf_high])
    agree(gold, "p_value", robust.p_value)
    whole = found.intention_to_treat.estimate("arm[walking]")
    agree(gold, "as_randomised", whole.estimate)
    agree(gold, "as_randomised_se", whole.std_error)
    agree(gold, "first_stage", found.compliers.values[0])
    agree(gold, "first_stage_f", found.first_stage.statistic)
    for key, other in (
        ("se_hc0", {"se": "HC0"}),
        ("se_classical", {"se": "classical"}),
        ("se_clustered", {"cluster": "clinic"}),
    ):
        again = effect(outcome="pain", **MEANS[identifier], **other)
        agree(gold, key, again.wald.std_errors[0])


@pytest.mark.parametrize("identifier", TIMES)
def test_effects_on_times(identifier):
    gold = entry(TOPIC, identifier)
    found = effect(cut=100, se="HC0", **TIMES[identifier])
    agree(gold, "as_randomised", found.intention_to_treat.values[0])
    agree(gold, "as_randomised_se", found.intention_to_treat.std_errors[0])
    agree(gold, "compliers", found.compliers.values[0])
    agree(gold, "estimate", found.wald.values[0])
    agree(gold, "se_hc0", found.wald.std_errors[0])


def weights(**asked):
    frame = data("causal_trial.csv")
    return causal.treatment_weights(frame, FORMULA, within="arm", subject="id", **asked)


def test_weights():
    gold = entry(TOPIC, "weights")
    made = weights()
    agree(gold, "probability", made.frame["probability"])
    agree(gold, "weight", made.frame["weight"])
    agree(gold, "effective", made.effective.values)
    agree(gold, "truncated", weights(truncate=(0.05, 0.95)).frame["weight"])
    for kind in ("average", "treated", "overlap"):
        agree(gold, kind, weights(kind=kind).frame["weight"])


def test_balance():
    gold = entry(TOPIC, "balance")
    found = causal.balance(weights().frame, "weight", ["age", "sex"]).frame
    names = {"all rows": "all", "without weights": "without", "with weights": "with"}
    for row in found.itertuples():
        place = f"{ {'age': 'age', 'sex[male]': 'male'}[row.term] }.{names[row.sample]}"
        agree(gold, f"{place}.difference", row.difference)
        agree(gold, f"{place}.ratio", row.variance_ratio)


def test_weighted_comparisons():
    gold = entry(TOPIC, "weighted")
    for asked, value, error in (
        ({"outcome": "pain"}, "mean", "mean_se"),
        ({}, "log_hazard_ratio", "log_hazard_ratio_se"),
        ({"at": 180}, "risk", "risk_se"),
        ({"tau": 180}, "restricted", None),
    ):
        found = causal.per_protocol(
            data("causal_trial.csv"), FORMULA, subject="id", replicates=2, seed=1, **asked
        )
        agree(gold, value, found.effect.values[0])
        if error:
            agree(gold, error, found.effect.std_errors[0])
        # The kernel of the replicates, on the data themselves.
        observed = found.draws.observed[0]
        agree(gold, value, np.log(observed) if not asked else observed)


def test_every_entry_is_used():
    assert {*MEANS, *TIMES, "weights", "balance", "weighted"} == set(topic(TOPIC))
    assert not [leaf for identifier in topic(TOPIC) for leaf in uncovered(TOPIC, identifier)]
