"""Kaplan-Meier curves, quantiles and fixed-time comparisons against R's survival (01_km.R).

Tolerances are those of the entries: 1e-8 relative, since everything here is closed form.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import walkstats as ws
from tests.reference import goldens
from tests.reference.goldens import agree, entry, topic

TOPIC = "01_km"
COUNTS = ("n_risk", "n_event", "n_censor")
SURVIVAL = {"surv": "estimate", "std_err": "std_error", "lower": "conf_low", "upper": "conf_high"}
HAZARD = {"cumhaz": "estimate", "std_chaz": "std_error"}

AML = {"time": "time", "event": "status"}
LUNG = {"time": "time", "event": "status", "event_value": 2}
OVARIAN = {"time": "futime", "event": "fustat"}
CHANNING = {"time": "age", "event": "death", "entry": "ageentry"}
HEART = {"time": "stop", "event": "event", "entry": "start"}
R_DEFAULT = {"interval": "log"}


def gold(identifier: str) -> dict[str, Any]:
    return entry(TOPIC, f"km.{identifier}")


def read(curve: ws.results.Curve, group: str, at: list[float] | None) -> pd.DataFrame:
    """The whole curve of a group, or read at times with counts since the time before, as R does."""
    if at is None:
        return curve.frame[curve.frame["group"] == group]
    rows = curve.at(at)
    rows = rows[rows["group"] == group].copy()
    for name in ("n_event", "n_censor"):
        rows[name] = np.diff(rows[name], prepend=0)
    return rows


def same_curve(
    one: dict[str, Any],
    path: str,
    frame: pd.DataFrame,
    by: Any = None,
    *,
    at: bool = False,
    tied: str = "together",
    **options: Any,
) -> ws.results.Curve:
    """Hold survival and cumulative hazard of all groups under ``path`` against R's."""
    curve = ws.survival.kaplan_meier(frame, by, extend=True, **{**R_DEFAULT, **options})
    dropped = ("interval", "estimator", "lower")
    plain = {name: value for name, value in options.items() if name not in dropped}
    hazard = ws.survival.nelson_aalen(frame, by, extend=True, tied=tied, **plain)
    theirs = goldens.value(one, path) if path else one["values"]
    names = list(theirs) if by is not None else [None]
    assert len(names) == len(curve.groups)
    for name, group in zip(names, curve.groups, strict=True):
        stem = "/".join(part for part in (path.replace(".", "/"), name) if part)
        stem = f"{stem}/" if stem else ""
        rows = theirs[name] if name is not None else theirs
        times = rows["time"] if at else None
        ours, ours_hazard = read(curve, group, times), read(hazard, group, times)
        agree(one, f"{stem}time" if stem else "time", ours[curve.x])
        for column in COUNTS:
            agree(one, f"{stem}{column}", ours[column])
        for key, column in SURVIVAL.items():
            agree(one, f"{stem}{key}", ours[column])
        for key, column in HAZARD.items():
            agree(one, f"{stem}{key}", ours_hazard[column])
    return curve


def same_quantiles(one: dict[str, Any], path: str, curve: ws.results.Curve) -> None:
    theirs = goldens.value(one, path)
    shares = theirs["probs"]
    agree(one, f"{path}.probs", shares)
    found = curve.quantile(shares)
    table = np.column_stack([found.values, found.limits]).reshape(len(curve.groups), len(shares), 3)
    for k, key in enumerate(("quantile", "lower", "upper")):
        for g, name in enumerate(theirs[key] if isinstance(theirs[key], dict) else [None]):
            tail = "" if name is None else f"/{name}"
            agree(one, f"{path}/{key}{tail}", table[g, :, k])


def same_headline(
    one: dict[str, Any], frame: pd.DataFrame, curve: ws.results.Curve, by: Any, **columns: Any
) -> None:
    """What R prints of a fit: records, events, restricted mean to the common last time, median."""
    theirs = one["values"]["table"]
    tau = max(curve.frame[curve.x])
    means = ws.survival.restricted_means(frame, by, tau=tau, extend=True, **columns).by_group
    medians = curve.quantile(0.5)
    nested = by is not None
    for g, name in enumerate(theirs if nested else [None]):
        stem = f"table/{name}/" if nested else "table/"
        group = curve.groups[g]
        rows = curve.frame[curve.frame["group"] == group]
        for key in ("records", "n.max", "n.start"):
            agree(one, f"{stem}{key}", rows["n_risk"].max())
        agree(one, f"{stem}events", rows["n_event"].sum())
        agree(one, f"{stem}rmean", means.values[g])
        agree(one, f"{stem}se(rmean)", means.std_errors[g])
        agree(one, f"{stem}median", medians.values[g])
        level = f"{curve.level:g}"
        agree(one, f"{stem}{level}LCL", medians.limits[g, 0])
        agree(one, f"{stem}{level}UCL", medians.limits[g, 1])


@pytest.mark.parametrize("form", ["log", "log-log", "plain", "logit", "arcsin"])
def test_forms_of_the_interval(form: str) -> None:
    one, aml = gold(f"aml.group.{form.replace('-', '')}"), goldens.data("aml.csv")
    curve = same_curve(one, "curves", aml, "x", interval=form, **AML)
    same_quantiles(one, "quantiles", curve)
    if form == "log":
        same_headline(one, aml, curve, "x", **AML)


@pytest.mark.parametrize(
    ("form", "level"),
    [(form, level) for form in ("log", "log-log") for level in (0.90, 0.95, 0.99)]
    + [("plain", 0.95)],
)
def test_levels_and_grid(form: str, level: float) -> None:
    lung = goldens.data("lung.csv")
    one = gold(f"lung.overall.{form.replace('-', '')}.{level * 100:.0f}")
    curve = same_curve(one, "grid", lung, at=True, interval=form, level=level, **LUNG)
    same_quantiles(one, "quantiles", curve)
    same_headline(one, lung, curve, None, **LUNG)


def test_every_time_of_a_curve() -> None:
    same_curve(gold("lung.overall.full"), "", goldens.data("lung.csv"), **LUNG)


@pytest.mark.parametrize("form", ["log", "log-log"])
def test_groups_on_a_grid_past_follow_up(form: str) -> None:
    one, lung = gold(f"lung.sex.{form.replace('-', '')}"), goldens.data("lung.csv")
    curve = same_curve(one, "grid", lung, "sex", at=True, interval=form, **LUNG)
    same_quantiles(one, "quantiles", curve)
    same_headline(one, lung, curve, "sex", **LUNG)


def test_median_that_is_not_reached() -> None:
    one, ovarian = gold("ovarian.median_not_reached"), goldens.data("ovarian.csv")
    same_quantiles(one, "log", same_curve(one, "curves", ovarian, "rx", **OVARIAN))
    same_quantiles(one, "loglog", ws.survival.kaplan_meier(ovarian, "rx", **OVARIAN))


def test_quantile_on_a_flat_step() -> None:
    one, aml = gold("quantile.flat_at_half"), goldens.data("aml.csv")
    same_quantiles(one, "aml2", ws.survival.kaplan_meier(aml[aml["x"] == 2], **AML))
    toy = pd.DataFrame({"days": [1, 2, 3, 4], "event": 1})
    curve = ws.survival.kaplan_meier(toy, interval="log")
    same_quantiles(one, "toy", curve)
    agree(one, "toy_surv", curve.frame["estimate"])


def test_numbers_at_risk() -> None:
    one = gold("number_at_risk.lung.sex")
    curve = ws.survival.kaplan_meier(goldens.data("lung.csv"), "sex", **LUNG)
    times = one["values"]["times"]
    agree(one, "times", times)
    table = curve.at(times)
    for group in ("1", "2"):
        rows = table[table["group"] == group]
        agree(one, f"n_risk.sex={group}", rows["n_risk"])
        agree(one, f"cum_event.sex={group}", rows["n_event"])
        agree(one, f"cum_censor.sex={group}", rows["n_censor"])


@pytest.mark.parametrize(
    ("variant", "estimator", "tied"),
    [
        ("km_na", "product-limit", "together"),
        ("km_fh", "product-limit", "one by one"),
        ("exp_na", "nelson-aalen", "together"),
        ("exp_fh", "fleming-harrington", "one by one"),
    ],
)
def test_estimators(variant: str, estimator: str, tied: str) -> None:
    one, veteran = gold("stype_ctype.veteran"), goldens.data("veteran.csv")
    same_curve(one, variant, veteran, "trt", at=True, estimator=estimator, tied=tied, **AML)


def test_greenwood_where_r_was_asked_for_tsiatis() -> None:
    same_curve(
        gold("tsiatis.ovarian"), "", goldens.data("ovarian.csv"), interval="log-log", **OVARIAN
    )


@pytest.mark.parametrize("lower", ["peto", "modified"])
def test_lower_limits(lower: str) -> None:
    one = gold("conf_lower.ovarian")
    same_curve(one, lower, goldens.data("ovarian.csv"), lower=lower, **OVARIAN)


def residents(gender: int | None = None) -> pd.DataFrame:
    frame = goldens.data("channing.csv")
    frame = frame[frame["age"] > frame["ageentry"]]
    return frame if gender is None else frame[frame["gender"] == gender]


def test_late_entry() -> None:
    one, frame = gold("left_truncation.channing"), residents()
    agree(one, "n", len(frame))
    curve = same_curve(one, "grid", frame, "gender", at=True, interval="log-log", **CHANNING)
    same_quantiles(one, "quantiles", curve)


def test_curve_that_falls_to_zero_early() -> None:
    same_curve(gold("left_truncation.channing.full_male"), "", residents(1), **CHANNING)


def test_curve_given_survival_to_a_time() -> None:
    given = {**CHANNING, "start_time": 840}
    same_curve(gold("left_truncation.channing.male_from_840"), "", residents(1), **given)
    one = gold("left_truncation.start_time")
    curve = same_curve(one, "grid", residents(), "gender", at=True, **given)
    same_quantiles(one, "quantiles", curve)


def test_groups_that_change_with_time() -> None:
    one, heart = gold("time_dependent_group.heart"), goldens.data("heart.csv")
    same_curve(one, "grid", heart, "transplant", at=True, **HEART)


@pytest.mark.parametrize(("kind", "robust"), [("model", False), ("robust", True)])
def test_several_rows_of_a_person(kind: str, robust: bool) -> None:
    one, heart = gold("heart.with_id"), goldens.data("heart.csv")
    same_curve(one, kind, heart, at=True, subject="id", robust=robust, **HEART)


def test_whole_weights_are_copies() -> None:
    one, aml = gold("weights.integer"), goldens.data("aml.csv")
    aml["w"] = one["values"]["weights"]
    agree(one, "weights", 1 + np.arange(1, len(aml) + 1) % 3)
    same_curve(one, "weighted", aml, "x", weights="w", robust=False, **AML)
    same_curve(one, "replicated", aml, "x", frequencies="w", **AML)
    same_curve(one, "replicated", aml.loc[aml.index.repeat(aml["w"])], "x", **AML)


def test_fractional_weights() -> None:
    one, lung = gold("weights.noninteger"), goldens.data("lung.csv")
    lung["w"] = np.where(lung["age"] > 65, 1.5, 0.75)
    same_curve(one, "model", lung, "sex", at=True, weights="w", robust=False, **LUNG)
    curve = same_curve(one, "robust", lung, "sex", at=True, weights="w", **LUNG)
    same_quantiles(one, "quantiles_robust", curve)
    assert "fractional" in " ".join(curve.notes)


def test_clusters() -> None:
    one, rats = gold("cluster.rats"), goldens.data("rats.csv")
    same_curve(one, "", rats, "rx", at=True, cluster="litter", **AML)


@pytest.mark.parametrize(("kind", "robust"), [("greenwood", False), ("robust", True)])
def test_jackknife_is_greenwood_without_weights(kind: str, robust: bool) -> None:
    one, aml = gold("robust_vs_greenwood.aml"), goldens.data("aml.csv")
    same_curve(one, kind, aml, "x", robust=robust, **AML)


def test_events_and_censorings_at_time_zero() -> None:
    one, mgus = gold("zero_time.mgus2"), goldens.data("mgus2.csv")
    mgus.loc[:4, "futime"] = 0
    mgus.loc[:4, "death"] = [1, 1, 0, 0, 0]
    curve = same_curve(one, "at0", mgus, "sex", at=True, time="futime", event="death")
    same_quantiles(one, "quantiles", curve)
    assert "5 rows have time 0, 2 of them the event" in " ".join(curve.notes)


@pytest.mark.parametrize("day", [180, 365, 730])
def test_two_curves_at_one_time(day: int) -> None:
    one, lung = gold("difference_at_t.lung"), goldens.data("lung.csv")
    found = ws.survival.compare_at(lung, "sex", at=day, **LUNG)
    stem = f"t{day}"
    agree(one, f"{stem}.time", found.at[0])
    agree(one, f"{stem}.surv", found.by_group.values)
    agree(one, f"{stem}.se", found.by_group.std_errors)
    gap = found.survival_difference.contrast({"sex[2]": -1})  # R: the first minus the second
    for key, ours in [
        ("diff", gap.estimate),
        ("se_diff", gap.std_error),
        ("lower95", gap.conf_low),
        ("upper95", gap.conf_high),
    ]:
        agree(one, f"{stem}.{key}", ours)
    tests = found.tests.set_index("scale")
    signs = {
        "plain": gap.statistic,
        "log": -found.survival_ratio.estimate("sex[2]").statistic,
        "cloglog": -found.cumulative_hazard_ratio.estimate("sex[2]").statistic,
    }
    for key, scale in [("plain", "plain"), ("log", "log"), ("cloglog", "log-log")]:
        agree(one, f"{stem}.z.{key}", signs[key])
        agree(one, f"{stem}.chisq.{key}", tests.loc[scale, "statistic"])
        agree(one, f"{stem}.p.{key}", tests.loc[scale, "p_value"])


def test_nobody_and_one_event() -> None:
    one = gold("all_censored_and_single")
    nobody = pd.DataFrame({"days": [5, 6, 7], "event": 0})
    once = pd.DataFrame({"days": [4], "event": [1]})
    same_quantiles(one, "all_censored_quantiles", same_curve(one, "all_censored", nobody))
    same_quantiles(one, "one_event_quantiles", same_curve(one, "one_event", once))


def test_events_come_before_censorings() -> None:
    frame = pd.DataFrame({"days": [2, 2, 2, 5, 5, 5, 8, 8], "event": [1, 0, 1, 1, 0, 0, 1, 0]})
    same_curve(gold("ties_event_before_censor"), "", frame, interval="log-log")


def test_all_entries_are_compared() -> None:
    tally = goldens.TALLIES[TOPIC]
    if not tally.entries:
        pytest.skip("runs after the comparisons of this file")
    left = {name: goldens.uncovered(TOPIC, name) for name in topic(TOPIC)}
    assert {name: keys for name, keys in left.items() if keys} == {}
