"""Do the arms differ in harms, whatever their kind? People with an event, and events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_frame, check_level, check_positive
from walkstats.regression.groups.risk_limits import DIFFERENCES, RATIOS
from walkstats.regression.groups.risks import RiskComparison, compare_risks_from
from walkstats.regression.harms.kind_rates import RATES, KindRates, rates_of
from walkstats.regression.harms.kind_rows import KindRows, read_kinds
from walkstats.regression.harms.wording import method_of, notes_of, said_of_rates, said_of_time
from walkstats.regression.rows import DEFAULT_SUBJECT
from walkstats.results import Estimates, HypothesisTest
from walkstats.results.frozen import Result

Floats = NDArray[np.float64]

PER = 36525.0
"""Days in 100 person-years."""


@dataclass(frozen=True, eq=False)
class HarmComparison(Result):
    """Harms of each kind by group, and how the groups differ.

    Terms are ``any: arm[walking]`` in comparisons and ``any: walking`` in groups, for every kind.

    Attributes
    ----------
    groups : pandas.DataFrame
        One row per kind and group: kind, group, n, participants (with an event), percent [%],
        events; where there is an exposure also exposure [days], rate, rate_low, rate_high.
    risks : Estimates
        Share of participants with an event, with Wilson's limits.
    difference, ratio : Estimates
        Of these risks; the ratio on the log scale. Their p-values are those of `tests`.
    tests : mapping of str to HypothesisTest
        By term: Fisher's exact test.
    rates : Estimates or None
        Events per person-time, in units of `per`.
    rate_ratio : Estimates or None
        On the log scale.
    rate_rules : mapping of str to str
        Kind -> how its rates were compared.
    kinds : tuple of str
    by : str
    per : float
        Person-time to which rates refer [days].
    """

    groups: pd.DataFrame
    risks: Estimates
    difference: Estimates
    ratio: Estimates
    tests: Mapping[str, HypothesisTest]
    rates: Estimates | None
    rate_ratio: Estimates | None
    rate_rules: Mapping[str, str]
    kinds: tuple[str, ...]
    by: str
    per: float = PER

    @property
    def levels(self) -> tuple[str, ...]:
        """The groups, the reference first."""
        return tuple(dict.fromkeys(self._own("groups")["group"]))

    def to_frame(self) -> pd.DataFrame:
        """One row per comparison and measure: measure, term, estimate, limits and p-value."""
        parts = []
        for estimates in (self.difference, self.ratio, self.rate_ratio):
            if estimates is None:
                continue
            frame = estimates.to_frame(ratio=estimates.link == "log")
            frame.insert(0, "measure", estimates.measure)
            parts.append(frame[["measure", "term", "estimate", "conf_low", "conf_high", "p_value"]])
        return pd.concat(parts, ignore_index=True)


def compare_harms(
    frame: pd.DataFrame,
    by: str = "arm",
    *,
    kind: str | None = "kind",
    events: str = "events",
    exposure: str | None = "days",
    events_observed: str | None = "events_observed",
    rates: str = "poisson",
    difference: str = "newcombe",
    ratio: str = "score",
    per: float = PER,
    level: float = 0.95,
    subject: str = DEFAULT_SUBJECT,
) -> HarmComparison:
    """Compare harms of all kinds at once: how many people had one, and how many there were.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant and kind, also for those without an event, as
        ``derive.harm_counts`` makes it.
    by : str
        Column of the groups; the first is the reference.
    kind : str or None
        Column of the kinds; a Categorical gives their order. None: all rows are of one kind.
    events : str
        Column of the number of events.
    exposure : str or None
        Column of the time under observation [days]; None leaves rates out.
    events_observed : str or None
        Column of the events within that time, for the rates; `events` where the frame has none.
    rates : {"poisson", "negative-binomial", "exact"}
        How rates are compared: Poisson regression with robust standard errors, which allow for
        several events of a person; a negative binomial model; or exactly, as if events were
        independent. Exactly as well where fewer than 10 participants of a group had an event.
    difference, ratio : str
        Limits, as for ``compare_risks``; those of a ratio are score limits by default, which hold
        where an arm has no event.
    per : float
        Person-time to which rates refer [days]; 36525 gives 100 person-years.
    level : float
        Confidence level.
    subject : str
        Column of the participant.

    Returns
    -------
    HarmComparison
        ``groups`` has the numbers by group; ``difference``, ``ratio``, ``rate_ratio`` compare them.

    Raises
    ------
    ValueError
        For columns that are not there and words that are not known.
    DataError
        For counts that are no whole numbers from 0 on, several rows of a participant for one kind,
        events without exposure, and a single group.

    Notes
    -----
    The denominator of a risk is everybody in the group who has a row, whatever the follow-up; risks
    of arms that were followed for different times are therefore not comparable, and rates are [1]_.
    A rate ratio counts every event; where one person has several, limits that take events as
    independent are too narrow, which robust standard errors mend. No p-value is adjusted for the
    number of kinds: a table of harms is read for what it leaves open, not for what is significant.

    References
    ----------
    .. [1] Junqueira DR et al. (2023). CONSORT Harms 2022 statement, explanation, and elaboration.
       *BMJ* 381:e073725. https://doi.org/10.1136/bmj-2022-073725

    Examples
    --------
    An adverse event in 183 of 351 and 190 of 350 participants, p = 0.60 as published [2]_:

    >>> import walkstats as ws
    >>> counts = ws.derive.harm_counts(ws.load_sample("walkback-like"))
    >>> found = ws.regression.compare_harms(counts, "arm")
    >>> round(found.tests["any: arm[walking]"].p_value, 3)
    0.596
    >>> found.groups.query("kind == 'body region: lower limb'")["events"].tolist()
    [54, 100]

    .. [2] Pocovi NC et al. (2024). *Lancet* 404:134-144.
       https://doi.org/10.1016/S0140-6736(24)00755-4
    """
    check_frame(frame)
    check_level(level)
    check_choice(rates, RATES, "rates")
    check_choice(difference, DIFFERENCES, "difference")
    check_choice(ratio, RATIOS, "ratio")
    per = check_positive(per, "per", "days")
    timed = events_observed if events_observed in frame else None
    data = read_kinds(frame, by, kind, events, exposure, timed, subject)
    unit = "100 person-years" if per == PER else f"{per:g} days"
    tables, risks, timeds = [], {}, {}
    for name, here in data.each():
        tables.append(data.table(name, here))
        risks[name] = compare_risks_from(
            _ordered(tables[-1]), events="participants", outcome=name, difference=difference,
            ratio=ratio, level=level,
        )  # fmt: skip
        if exposure is not None:
            timeds[name] = rates_of(data, here, rates, level)
    groups = pd.concat(tables, ignore_index=True)
    said = method_of(
        by, data.rows.levels[0], difference, ratio, rates if timeds else None, exposure, unit
    )
    notes = [*data.rows.notes, *notes_of(groups, data.kinds, level)]
    notes += said_of_time(data)
    notes += said_of_rates(
        {name: one.rule for name, one in timeds.items()},
        rates,
        {name: one.notes for name, one in timeds.items()},
    )
    common: dict[str, Any] = {
        "method": said,
        "notes": tuple(dict.fromkeys(notes)),
        "counts": replace(data.rows.counts, participants=data.people),
        "source": data.rows.source,
    }
    return _packed(data, groups, risks, timeds, per, unit, level, common)


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    order = pd.Categorical(table["group"], categories=list(table["group"]))
    return table.assign(group=order)


def _packed(
    data: KindRows,
    groups: pd.DataFrame,
    risks: dict[str, RiskComparison],
    timed: dict[str, KindRates],
    per: float,
    unit: str,
    level: float,
    common: dict[str, Any],
) -> HarmComparison:
    """All kinds in one result; kinds share people, so nothing is known of their covariance."""
    levels, by = data.rows.levels, data.rows.by
    compared = [f"{kind}: {by}[{one}]" for kind in data.kinds for one in levels[1:]]
    by_group = [f"{kind}: {one}" for kind in data.kinds for one in levels]
    tests = [replace(test, **common) for one in risks.values() for test in one.tests.values()]
    parts = {
        name: _together([getattr(one, name) for one in risks.values()], terms, common)
        for name, terms in (("by_group", by_group), ("difference", compared), ("ratio", compared))
    }
    rates = ratio = None
    if timed:
        found = list(timed.values())
        rates = Estimates(
            tuple(by_group), per * np.concatenate([one.rates for one in found]),
            _apart(per * np.concatenate([one.rate_errors for one in found])),
            limits=per * np.vstack([one.rate_limits for one in found]), level=level, null=None,
            measure=f"events per {unit}", **common,
        )  # fmt: skip
        ratio = Estimates(
            tuple(compared), np.concatenate([one.ratios for one in found]),
            _apart(np.concatenate([one.ratio_errors for one in found])), link="log", level=level,
            limits=np.vstack([one.ratio_limits for one in found]), measure="rate ratio",
            p_values=np.concatenate([one.p_values for one in found]), **common,
        )  # fmt: skip
        assert rates.limits is not None
        groups = groups.assign(
            rate=rates.values, rate_low=rates.limits[:, 0], rate_high=rates.limits[:, 1]
        )
    return HarmComparison(
        groups=groups, risks=parts["by_group"], difference=parts["difference"],
        ratio=parts["ratio"], tests=dict(zip(compared, tests, strict=True)), rates=rates,
        rate_ratio=ratio, rate_rules={kind: one.rule for kind, one in timed.items()},
        kinds=data.kinds, by=by, per=per, **common,
    )  # fmt: skip


def _together(found: list[Estimates], terms: list[str], common: dict[str, Any]) -> Estimates:
    first = found[0]

    def stacked(name: str) -> Floats | None:
        parts = [getattr(one, name) for one in found]
        return None if any(part is None for part in parts) else np.concatenate(parts)

    return replace(
        first, terms=tuple(terms), values=np.concatenate([one.values for one in found]),
        covariance=_apart(np.concatenate([one.std_errors for one in found])),
        limits=stacked("limits"), statistics=stacked("statistics"), p_values=stacked("p_values"),
        **common,
    )  # fmt: skip


def _apart(errors: Floats) -> Floats:
    """A covariance of which only the variances are known."""
    covariance = np.full((errors.size, errors.size), np.nan)
    np.fill_diagonal(covariance, errors**2)
    return covariance
