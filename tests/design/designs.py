"""Designs that the tests of this folder share."""

from dataclasses import replace

from walkstats.design import Design, read_design


def like() -> Design:
    """The design of the sample."""
    return read_design("walkback-like")


def plain(per_arm: int, **recurrence: float) -> Design:
    """People who do not differ and are all seen until the end, so that the truth is exact."""
    design = like().sized(per_arm, per_arm)
    alike = {
        "never_share": 0.0,
        "rate_log_sd": 0.0,
        "rate_on_previous": 0.0,
        "rate_on_walking": 0.0,
        "rate_ratio_early": 1.0,
        "rate_ratio_late": 1.0,
        "limiting_log_sd": 0.0,
        "limiting_on_rate": 0.0,
        "limiting_odds_ratio": 1.0,
        "limiting_later_share": 0.0,
        "care_log_sd": 0.0,
    } | recurrence
    observed = {
        "never_share": 0.0,
        "often_missing_share": 0.0,
        "miss_share": 0.0,
        "lost_a_month": 0.0,
        "died_a_year": 0.0,
    }
    return replace(
        design,
        recurrence=replace(design.recurrence, **alike),
        check_ins=replace(design.check_ins, **observed),
    )
