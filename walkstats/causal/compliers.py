"""What did walking do in those who walked because they were asked to? Complier effects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import (
    check_choice,
    check_frame,
    check_level,
    check_positive,
    check_times,
)
from walkstats.causal.complier_rows import Kind, Rows, formula_of, read_rows, what_was_received
from walkstats.causal.complier_wording import (
    assumed,
    impossible,
    method_of,
    notes_of,
    said_of_strength,
)
from walkstats.causal.instruments import Moved, moved_by_arm, not_rejected
from walkstats.causal.two_arms import Asked, read_asked
from walkstats.errors import FitError
from walkstats.numerics.limits import f_p, t_quantile
from walkstats.results import Estimates, Freedom, HypothesisTest
from walkstats.results.frozen import Result

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

ERRORS = ("HC1", "HC0", "classical")
# A difference below this share of the largest dose is rounding.
ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class ComplierEffect(Result):
    """The effect of what was received, with the arm as instrument.

    Attributes
    ----------
    effect : Estimates
        In compliers; interval and test by Anderson and Rubin, whose p-value is that of the arms as
        randomised.
    wald : Estimates
        The same estimate with interval and test by its standard error (two-stage least squares).
    intention_to_treat : Estimates
        The arms as randomised, among the rows used.
    received : Estimates
        Share who received it (or mean dose) in each arm, without covariates.
    compliers : Estimates
        By how much the arm changed what was received: the share of compliers.
    first_stage : HypothesisTest
        F test of that difference.
    by_cut : Estimates or None
        The effect by the cut that makes "received" of a dose.
    cuts : pandas.DataFrame or None
        One row per cut: share who received it in each arm, compliers, F, effect and interval.
    interval : {"interval", "outside", "everything"}
        What Anderson and Rubin's interval is; "outside" holds everything but what lies between
        ``excluded``.
    excluded : tuple of float
        The limits of what is left out, where ``interval`` is "outside".
    cut : float or None
    assumptions : tuple of str
    """

    effect: Estimates
    wald: Estimates
    intention_to_treat: Estimates
    received: Estimates
    compliers: Estimates
    first_stage: HypothesisTest
    by_cut: Estimates | None
    cuts: pd.DataFrame | None
    interval: str
    excluded: tuple[float, ...]
    cut: float | None
    assumptions: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row per estimate: measure, then the columns of estimates."""
        parts = []
        for one in (
            self.effect, self.wald, self.intention_to_treat, self.received, self.compliers,
        ):  # fmt: skip
            frame = one.to_frame()
            frame.insert(0, "measure", one.measure)
            parts.append(frame)
        parts[1]["measure"] += " (Wald interval)"
        return pd.concat(parts, ignore_index=True)

    def _remarks(self) -> list[str]:
        return [*super()._remarks(), *(f"Assumed: {each}" for each in self.assumptions)]


def complier_effect(
    frame: pd.DataFrame,
    by: str = "arm",
    *,
    received: str,
    outcome: str | None = None,
    at: float | None = None,
    tau: float | None = None,
    cut: float | None = None,
    cuts: float | Sequence[float] = (),
    per: float = 1.0,
    covariates: str | Sequence[str] | None = None,
    se: str = "HC1",
    cluster: str | None = None,
    time: str | None = None,
    event: str = "event",
    event_value: object = None,
    level: float = 0.95,
    subject: str | None = "participant_id",
) -> ComplierEffect:
    """Estimate what was done by receiving, in those who received it because of their arm.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant.
    by : str
        Column of the two arms as randomised; the first is the reference.
    received : str
        Column of what was received: yes or no (bool, 0 and 1), or a dose such as the minutes walked
        [minutes/week].
    outcome : str, optional
        Column of an outcome whose means are compared.
    at : float, optional
        Compare the Kaplan-Meier risk at this time instead [unit of the time].
    tau : float, optional
        Compare the restricted mean time free of the event to this horizon instead.
    cut : float, optional
        A dose of so much or more counts as received. Without it a dose is taken as it is, and the
        effect is that of ``per`` of its units.
    cuts : float or sequence of float, optional
        Further cuts, for the effect by the cut.
    per : float
        So many units of the dose, where there is no cut.
    covariates : str or sequence of str, optional
        Right side of a formula, or columns, known at randomisation.
    se : {"HC1", "HC0", "classical"}
        Standard errors: robust with and without n / (n - k), or for equal variances.
    cluster : str, optional
        Column of clusters.
    time, event, event_value
        As in `walkstats.survival.kaplan_meier`; ``days`` by default.
    level : float
        Confidence level.
    subject : str or None
        Column of the participant.

    Returns
    -------
    ComplierEffect
        ``effect``, ``intention_to_treat``, ``received``, ``compliers``, ``first_stage``,
        ``by_cut``, ``assumptions``.

    Raises
    ------
    ValueError
        For none or several of outcome, at and tau; for a horizon beyond follow-up.
    DataError
        For other than two arms, several rows of a participant, and what was received in words.
    FitError
        Where what was received does not differ between the arms at all.

    Notes
    -----
    The difference between the arms as randomised divided by the difference that the arm made to
    what was received [1]_. With covariates both come from a linear regression on arm and
    covariates, and the ratio is two-stage least squares. For a risk or a restricted mean the
    outcome of a row is its pseudo-value within its arm, so that without covariates the numerator is
    the difference of the Kaplan-Meier curves and its error the infinitesimal jackknife.

    The interval of ``effect`` holds the effects b at which outcome less b times what was received
    does not differ by arm (Anderson and Rubin; Fieller's theorem for a ratio). It keeps its level
    however weak the instrument is, it can be unbounded, which is said, and its p-value is that
    of the arms as randomised. ``wald`` has the interval of R's ``ivreg`` with sandwich errors,
    which is too short where the first stage is weak (F below 10, say) [2]_.

    In the control arm too people walk: those who would walk in either arm, and those who would in
    neither, say nothing about the effect, and it is not known who the compliers are. A cut turns
    what is walked below it into nothing, so that the effect of "received" is too large where half
    the walking does half the good: read ``by_cut``, and the effect per minute, beside it. The
    latter is an average over people and doses, weighted by how far the arm moved them [3]_.

    References
    ----------
    .. [1] Angrist JD, Imbens GW, Rubin DB (1996). Identification of causal effects using
       instrumental variables. *J Am Stat Assoc* 91:444-455. https://doi.org/10.2307/2291629
    .. [2] Andrews I, Stock JH, Sun L (2019). Weak instruments in instrumental variables regression.
       *Annu Rev Econ* 11:727-753. https://doi.org/10.1146/annurev-economics-080218-025643
    .. [3] Angrist JD, Imbens GW (1995). Two-stage least squares estimation of average causal
       effects in models with variable treatment intensity. *J Am Stat Assoc* 90:431-442.
       https://doi.org/10.2307/2291054

    Examples
    --------
    Half of those asked walk, a tenth of the others; the arms differ by 1, so walking did 1 / 0.4:

    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "arm": ["control"] * 20 + ["walking"] * 20,
    ...     "walks": [1] * 2 + [0] * 18 + [1] * 10 + [0] * 10,
    ...     "pain": [4, 6] * 10 + [3, 5] * 10})
    >>> found = complier_effect(table, received="walks", outcome="pain")
    >>> round(found.effect.estimate("compliers").estimate, 3)
    -2.5
    >>> found.compliers.to_frame()[["term", "estimate"]].round(2).values.tolist()
    [['arm[walking]', 0.4]]
    """
    check_frame(frame)
    check_level(level)
    check_choice(se, ERRORS, "se")
    check_positive(per, "per")
    asked = read_asked(
        frame, outcome=outcome, at=at, tau=tau, time=time, event=event, event_value=event_value
    )
    cuts = tuple(check_times(cuts, "cuts")) if np.size(cuts) else ()
    if cut is not None:
        if np.size(cut) > 1:
            raise ValueError(f"cut is one number, got {cut!r}; several belong into cuts=.")
        cut = float(check_times(cut, "cut")[0])
    rows = read_rows(frame, by, asked, received, formula_of(by, covariates), cluster, subject)
    dose, kind = what_was_received(rows, received, cut, cuts, per)
    return _pack(rows, asked, dose, kind, cuts, se, level)


def _moved(rows: Rows, dose: Floats, se: str) -> Moved:
    """What the arm did to outcome and dose; nothing to the dose, where only rounding is left."""
    found = moved_by_arm(rows.factor, rows.arm, rows.outcome, dose, se, rows.cluster)
    lost = np.array([rows.unknown_spread or rows.single_clusters, rows.single_clusters])
    found = replace(found, covariance=np.where(lost[:, None] | lost, np.nan, found.covariance))
    if abs(found.values[1]) > ROUNDING * max(float(np.abs(dose).max()), 1e-300):
        return found
    return replace(found, values=np.array([found.values[0], 0.0]))


def _pack(
    rows: Rows,
    asked: Asked,
    dose: Floats,
    kind: Kind,
    cuts: Sequence[float],
    se: str,
    level: float,
) -> ComplierEffect:
    moved = _moved(rows, dose, se)
    if not moved.values[1]:
        raise FitError(
            f"{kind.described} does not differ between the arms: nothing can be learnt about its "
            "effect from them."
        )
    quantile = float(t_quantile(level, moved.df))
    kept = not_rejected(moved, quantile)
    common: dict[str, Any] = {
        "method": method_of(asked, kind.described, rows.design.terms, se, rows.cluster, level),
        "counts": rows.counts,
        "source": rows.source,
    }
    notes = (
        *rows.notes,
        *notes_of(rows, dose * kind.per, kind, moved, kept),
        *impossible(asked, kind, moved.effect),
    )
    measure = f"{asked.measure} {'in compliers' if kind.binary else 'by dose'}"
    table, by_cut = _by_cut(rows, kind, cuts, se, level, measure, common)
    return ComplierEffect(
        effect=_effects((kind.term,), [moved], level, measure, {**common, "notes": notes}),
        wald=_wald(kind.term, moved, level, measure, common),
        intention_to_treat=_one(
            rows.term, moved, 0, level, f"{asked.measure} as randomised", common
        ),
        received=_by_arm(rows, dose * kind.per, kind, level, common),
        compliers=_one(rows.term, moved.in_units(kind.per), 1, level, _share_said(kind), common),
        first_stage=_first_stage(rows, kind, moved, common),
        by_cut=by_cut,
        cuts=table,
        interval=kept.shape,
        excluded=(kept.low, kept.high) if kept.shape == "outside" else (),
        cut=kind.cut,
        assumptions=assumed(asked, kind.described, kind.binary, kind.cut, rows),
        notes=notes,
        **common,
    )


def _share_said(kind: Kind) -> str:
    return "share of compliers" if kind.binary else f"difference in {kind.name} received"


def _effects(
    terms: tuple[str, ...], moved: list[Moved], level: float, measure: str, common: dict[str, Any]
) -> Estimates:
    """Effects with the intervals and tests of Anderson and Rubin."""
    limits = []
    for one in moved:
        kept = not_rejected(one, float(t_quantile(level, one.df)))
        bounded = kept.shape == "interval"  # also where nothing is known of it
        limits.append((kept.low, kept.high) if bounded else (-np.inf, np.inf))
    signs = [-1.0 if one.values[1] < 0 else 1.0 for one in moved]
    return Estimates(
        terms=terms,
        values=np.array([one.effect for one in moved]),
        covariance=np.diag([one.std_error**2 for one in moved])
        + np.where(np.eye(len(moved)) == 1, 0.0, np.nan),
        freedom=Freedom("residual", moved[0].df),
        level=level,
        limits=np.array(limits),
        statistics=np.array(
            [s * one.values[0] / np.sqrt(one.covariance[0, 0])
             for s, one in zip(signs, moved, strict=True)]
        ),
        measure=measure,
        **common,
    )  # fmt: skip


def _wald(term: str, moved: Moved, level: float, measure: str, common: dict[str, Any]) -> Estimates:
    return Estimates(
        terms=(term,),
        values=np.array([moved.effect]),
        covariance=np.array([[moved.std_error**2]]),
        freedom=Freedom("residual", moved.df),
        level=level,
        measure=measure,
        **common,
    )


def _one(
    term: str, moved: Moved, place: int, level: float, measure: str, common: dict[str, Any]
) -> Estimates:
    """The arm's coefficient in one of the two regressions."""
    return Estimates(
        terms=(term,),
        values=moved.values[[place]],
        covariance=moved.covariance[[place]][:, [place]],
        freedom=Freedom("residual", moved.df),
        level=level,
        measure=measure,
        **common,
    )


def _by_arm(
    rows: Rows, dose: Floats, kind: Kind, level: float, common: dict[str, Any]
) -> Estimates:
    """Mean of what was received in each arm."""
    each = [dose[~rows.second], dose[rows.second]]
    return Estimates(
        terms=rows.arms,
        values=np.array([one.mean() for one in each]),
        covariance=np.diag([one.var() / len(one) for one in each]),
        level=level,
        null=None,
        measure=f"{'share' if kind.binary else 'mean'} received",
        **common,
    )


def _first_stage(rows: Rows, kind: Kind, moved: Moved, common: dict[str, Any]) -> HypothesisTest:
    return HypothesisTest(
        name="F test of the first stage",
        null=f"The arm makes no difference to what was received ({kind.described}).",
        statistic=moved.strength,
        df=1.0,
        df_denominator=moved.df,
        p_value=float(f_p(moved.strength, 1.0, moved.df)),
        distribution="F",
        notes=said_of_strength(moved.strength),
        **common,
    )


def _by_cut(
    rows: Rows,
    kind: Kind,
    cuts: Sequence[float],
    se: str,
    level: float,
    measure: str,
    common: dict[str, Any],
) -> tuple[pd.DataFrame | None, Estimates | None]:
    """The effect by the cut, as a table and as estimates."""
    if len(cuts) == 0:
        return None, None
    found, lines = [], []
    for cut in cuts:
        dose = (rows.dose >= float(cut)).astype(float)
        moved = _moved(rows, dose, se)
        found.append(moved)
        shares = {f"received_{arm}": float(dose[rows.second == bool(k)].mean())
                  for k, arm in enumerate(rows.arms)}  # fmt: skip
        lines.append(
            {"cut": float(cut), **shares, "compliers": moved.values[1], "f": moved.strength}
        )
    terms = tuple(f"{kind.name} of {float(cut):g} or more" for cut in cuts)
    said = measure.replace("by dose", "in compliers")
    estimates = _effects(terms, found, level, said, common)
    beside = estimates.to_frame().drop(columns="term")
    return pd.concat([pd.DataFrame(lines), beside], axis=1), estimates
