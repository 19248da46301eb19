"""What does one more of the effect cost? Costs and effects of two arms, compared together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_level, check_whole
from walkstats.economics.differences import (
    Differences,
    Layout,
    Resampling,
    lay_out,
    with_covariance,
)
from walkstats.economics.filled_resamples import fill_resamples
from walkstats.economics.paired_outcomes import Paired, pair_outcomes, without_gaps
from walkstats.economics.said_of_value import (
    Words,
    increment_terms,
    mean_terms,
    said_of_regression,
)
from walkstats.economics.value_shape import (
    QUADRANTS,
    CostEffectiveness,
    quadrant_of,
    ratio_of,
    shares_of_quadrants,
    verdict_of,
)
from walkstats.errors import DataError, FitError
from walkstats.missing import impute, pool
from walkstats.numerics import engine
from walkstats.numerics import replicates as numbered
from walkstats.numerics.bootstrap_limits import percentile_columns
from walkstats.resampling.drawing import as_units, check_chance
from walkstats.results import Counts, Draws, Estimates, Freedom

Floats = NDArray[np.float64]

MISSING = ("impute", "complete-cases")
REPLICATES_AT_ONCE = 100
# Of a seed, what completes the data; resamples take the seed itself.
COMPLETING = 7


def cost_effectiveness(
    costs: pd.DataFrame,
    effects: pd.DataFrame,
    *,
    by: str = "arm",
    adjust: str | Sequence[str] | Mapping[str, Sequence[str]] = (),
    replicates: int,
    seed: int,
    missing: str = "impute",
    imputations: int = 20,
    using: str | Sequence[str] = (),
    donors: int = 5,
    cost: str | None = None,
    effect: str | None = None,
    horizon_days: float | None = None,
    level: float = 0.95,
    workers: int | None = None,
    progress: bool = False,
) -> CostEffectiveness:
    """Compare the costs and the effects of two arms, with what chance and gaps leave open.

    Parameters
    ----------
    costs : pandas.DataFrame
        One row per participant, as of ``total_costs``: participant_id, the arm, the total and the
        columns of which it is made (``attrs["total"]``, ``attrs["parts"]``). Any frame with a
        numeric column will do.
    effects : pandas.DataFrame
        One row per participant: as of ``qalys``, any frame with a numeric column of which more is
        better, or one of first events (``days`` and ``event``); the effect is then the events
        prevented, the difference of Kaplan-Meier risks at the horizon.
    by : str
        Column of the two arms; the first level is the reference.
    adjust : str, sequence of str, or mapping
        Covariates of both regressions, or ``{"costs": [...], "effects": [...]}``. Taken from
        effects, else from costs; a part (baseline utility) may be one.
    replicates : int
        Resamples; 2,000 or more.
    seed : int
        The same seed gives the same numbers, whatever the number of workers.
    missing : {"impute", "complete-cases"}
        What is done where a part is missing.
    imputations : int
        Completed data sets from which the estimates come.
    using : str or sequence of str
        Further columns of either frame that predict missing parts.
    donors : int
        People from whom predictive mean matching chooses.
    cost, effect : str, optional
        Columns that are compared; by default the totals that the frames name.
    horizon_days : float, optional
        Day up to which events count [days]; by default the horizon of costs. Where both frames say
        theirs they must agree.
    level : float
        Confidence level.
    workers : int, optional
        Processes, through joblib; -1 is one for each core.
    progress : bool
        Show a bar.

    Returns
    -------
    CostEffectiveness
        ``means`` by arm, ``increments`` with their covariance, ``icer`` with Fieller's interval,
        ``quadrants``, ``draws``, beside them ``regressions`` (Rubin's rules) and
        ``complete_cases``; ``verdict`` says in words what the estimates mean. ``net_benefit``,
        ``acceptability_curve`` and others take it.

    Raises
    ------
    ValueError
        For unknown columns or words, no seed, and horizons that differ.
    DataError
        For participants in one frame only (by name), twice in one or in two arms, more than two
        arms, totals that are not the sum of their parts, and too few known values.
    FitError
        For covariates of which one follows from the others.

    Notes
    -----
    **Increments.** With covariates the two equations are seemingly unrelated regressions [1]_: each
    outcome on the arm and its own covariates, with correlated residuals; with the same covariates
    in both that is least squares. Without any, differences of means. Adjust QALYs for baseline
    utility [2]_. Events prevented are a difference of Kaplan-Meier risks, not adjusted.

    **Chance.** Participants are drawn with replacement within arms, costs and effects together.
    Limits of means and increments are percentiles; the covariance is that of the draws, and so are
    p-values, which need not agree with the limits to the last digit.

    **Missing parts.** Imputation works on the parts, apart in each arm, by chained equations with
    predictive mean matching, which keeps zeros and skewness of costs. The estimates are means over
    ``imputations`` completed data sets. Each resample is imputed anew, once (single imputation
    within the bootstrap, the percentile interval of which did best among ten ways of combining the
    two [3]_); it starts from one of the completed data sets and does 3 more rounds. The
    coefficients of its models are estimated in the resample, which is what varies them; they are
    not drawn besides. One imputation adds noise that a mean of many would not have, so that
    intervals are a little too wide rather than too short. ``regressions`` has Rubin's rules on the
    completed data sets. All of it takes values as missing at random given the parts, the covariates
    and ``using`` [4]_, beside events also given the event and the days followed.

    **The ratio.** Fieller's set [5]_ is an interval only where the difference in effect differs
    from 0. Where one arm costs less and gives more there is no ratio: it is dominant. A limit that
    lies in dominance is missing, and a note says so.

    References
    ----------
    .. [1] Willan AR, Briggs AH, Hoch JS (2004). Regression methods for covariate adjustment and
       subgroup analysis for non-censored cost-effectiveness data. *Health Econ* 13:461-475.
       https://doi.org/10.1002/hec.843
    .. [2] Manca A, Hawkins N, Sculpher MJ (2005). Estimating mean QALYs in trial-based
       cost-effectiveness analysis: the importance of controlling for baseline utility.
       *Health Econ* 14:487-496. https://doi.org/10.1002/hec.944
    .. [3] Brand J, van Buuren S, le Cessie S, van den Hout W (2019). Combining multiple imputation
       and bootstrap in the analysis of cost-effectiveness trial data. *Stat Med* 38:210-220.
       https://doi.org/10.1002/sim.7956
    .. [4] Faria R, Gomes M, Epstein D, White IR (2014). A guide to handling missing data in
       cost-effectiveness analysis conducted within randomised controlled trials.
       *PharmacoEconomics* 32:1157-1170. https://doi.org/10.1007/s40273-014-0193-3
    .. [5] Chaudhary MA, Stearns SC (1996). Estimating confidence intervals for cost-effectiveness
       ratios: an example from a randomized trial. *Stat Med* 15:1447-1458.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import economics
    >>> people = pd.DataFrame({"participant_id": range(8), "arm": 4 * ["control"] + 4 * ["walking"],
    ...     "cost": [900, 150, 400, 0, 700, 650, 300, 350],
    ...     "qaly": [0.70, 0.72, 0.78, 0.80, 0.79, 0.83, 0.88, 0.86]})
    >>> value = economics.cost_effectiveness(people, people, effect="qaly", replicates=200, seed=1)
    >>> value.increments.values.round(3).tolist()
    [137.5, 0.09]
    >>> round(value.icer.estimate)
    1528
    >>> value.quadrant
    'north-east'
    """
    check_level(level)
    check_choice(missing, MISSING, "missing")
    check_whole(imputations, "imputations", 2)
    check_whole(donors, "donors", 1)
    number, seed = check_chance(check_whole(replicates, "replicates", 2), seed)
    paired = pair_outcomes(
        costs, effects, by=by, cost=cost, effect=effect, adjust=adjust, using=using,
        horizon_days=horizon_days,
    )  # fmt: skip
    gaps = bool(paired.gaps[:, paired.needed].any())
    handled = "none missing" if not gaps else {"impute": "imputed"}.get(missing, "complete cases")
    used = paired if handled == "imputed" else without_gaps(paired)
    layout = lay_out(used)
    completed = _completed(used, imputations, seed, donors, handled)
    each = [_regressed(used, layout, one @ layout.wanted, level) for one in completed]
    kernel = engine.kernel("fill_resamples", number * used.arm.size) or fill_resamples
    units = as_units(None, used.arm)
    work = Resampling(used, layout, units, completed, seed, donors, kernel)
    drawn = _drawn(work, number, workers, progress)
    alone = None
    if gaps:
        known = without_gaps(paired)
        own = lay_out(known)
        _, alone = _regressed(known, own, known.parts @ own.wanted, level)
    words = Words(paired, used, by, handled, number, seed, len(completed), donors)
    return _pack(words, each, drawn, alone, level)


def _completed(paired: Paired, imputations: int, seed: int, donors: int, handled: str) -> Floats:
    """Completed parts (m, n, p); the parts themselves where none is missing that is needed."""
    if handled != "imputed":
        return paired.parts[None]
    names = [f"{k}: {name}" for k, name in enumerate(paired.part_names)]
    fixed = [f"fixed {k}: {name}" for k, name in enumerate(paired.fixed_names)]
    frame = pd.DataFrame(
        {
            "arm": np.array(paired.arms, dtype=object)[paired.arm],
            **dict(zip(names, paired.parts.T, strict=True)),
            **dict(zip(fixed, paired.fixed.T, strict=True)),
        }
    )
    gappy = [name for k, name in enumerate(names) if paired.gaps[:, k].any()]
    others = [name for name in [*names, *fixed] if name not in gappy]
    own = int(np.random.SeedSequence(seed, spawn_key=(COMPLETING,)).generate_state(1)[0])
    try:
        made = impute(
            frame, columns=gappy, using=others, imputations=imputations, seed=own, by="arm",
            methods={name: "pmm" for name in gappy}, donors=donors,
        )  # fmt: skip
    except DataError as error:
        first = error.findings[0]
        raise DataError.of(
            f"Missing parts cannot be imputed within arms: {first.problem.partition(': ')[2]}",
            column=first.column.partition(": ")[2],
            what_to_do="take longer periods, so that there are fewer parts, or "
            "missing='complete-cases'",
        ) from None
    out = np.tile(paired.parts, (imputations, 1, 1))
    for k, name in enumerate(names):
        if name in made.values:
            out[:, paired.gaps[:, k], k] = made.values[name]
    return out


def _regressed(
    paired: Paired, layout: Layout, totals: Floats, level: float
) -> tuple[Floats, Estimates]:
    """Means (4,) and increments of one data set without gaps."""
    try:
        found, covariance, freedom = with_covariance(paired, layout, totals)
    except np.linalg.LinAlgError:
        raise FitError(
            "The covariates do not differ enough from one another, or from the arm, to be told "
            "apart. Adjust for fewer of them."
        ) from None
    counts = Counts(len(paired.arm), len(paired.arm), len(paired.arm))
    estimates = Estimates(
        terms=increment_terms(paired),
        values=found.increments[0],
        covariance=covariance,
        freedom=Freedom("residual" if np.isfinite(freedom) else "normal", freedom),
        level=level,
        method=said_of_regression(paired),
        counts=counts,
        source=paired.source,
    )
    return found.means[0], estimates


def _drawn(work: Resampling, number: int, workers: int | None, progress: bool) -> Differences:
    """Means (r, 4) and increments (r, 2) of all resamples."""
    compiled = work.kernel is not fill_resamples
    pieces = numbered.run(
        work.resamples,
        number,
        workers=workers,
        threads=numbered.cores() if compiled else 1,
        longest=REPLICATES_AT_ONCE,
        progress=progress,
    )
    return Differences(
        np.concatenate([piece.means for piece in pieces]),
        np.concatenate([piece.increments for piece in pieces]),
        sum(piece.fewer for piece in pieces),
    )


def _pack(
    words: Words,
    each: list[tuple[Floats, Estimates]],
    drawn: Differences,
    alone: Estimates | None,
    level: float,
) -> CostEffectiveness:
    paired = words.used
    regressions = pool([one for _, one in each], level=level) if len(each) > 1 else each[0][1]
    said: dict[str, Any] = {
        "notes": words.notes(drawn.fewer),
        "counts": words.counts(),
        "source": paired.source,
    }
    regressions = replace(regressions, **said)
    means = np.mean([one for one, _ in each], axis=0)
    draws = _draws(words, drawn, np.concatenate([means, regressions.values]), level, said)
    averages = _summary(words, mean_terms(paired), means, drawn.means, level, said)
    increments = _summary(
        words, increment_terms(paired), regressions.values, drawn.increments, level, said, null=0.0
    )
    dc, de = (float(value) for value in regressions.values)
    quadrant = quadrant_of(dc, de, means)
    icer, fieller = ratio_of(increments, quadrant, paired.arms, paired.cost, paired.unit)
    return CostEffectiveness(
        means=averages,
        increments=increments,
        icer=icer,
        quadrants=_quadrants(drawn.increments, words, level, said),
        draws=draws,
        regressions=regressions,
        complete_cases=alone,
        quadrant=quadrant,
        verdict=verdict_of(quadrant, dc, de, paired.arms, paired.unit),
        fieller=fieller,
        missing=words.missing(),
        arms=paired.arms,
        by=words.by,
        cost=paired.cost,
        effect=paired.effect,
        unit=paired.unit,
        currency=str(paired.facts["currency"]),
        price_year=str(paired.facts["price_year"]),
        perspective=str(paired.facts["perspective"]),
        horizon_days=paired.horizon_days,
        level=level,
        seed=words.seed,
        handled=words.handled,
        method=words.method(),
        **said,
    )


def _draws(
    words: Words, drawn: Differences, observed: Floats, level: float, said: dict[str, Any]
) -> Draws:
    """Means and increments of every resample."""
    return Draws(
        names=(*mean_terms(words.used), *increment_terms(words.used)),
        values=np.column_stack([drawn.means, drawn.increments]),
        observed=observed,
        seed=words.seed,
        level=level,
        method=words.resampling(),
        **said,
    )


def _summary(
    words: Words,
    terms: tuple[str, ...],
    values: Floats,
    sample: Floats,
    level: float,
    said: dict[str, Any],
    *,
    null: float | None = None,
) -> Estimates:
    """Estimates (k,) with the percentile limits and the covariance of their draws (r, k)."""
    return Estimates(
        terms=terms,
        values=values,
        covariance=np.cov(sample, rowvar=False),
        level=level,
        limits=percentile_columns(sample, level),
        null=null,
        method=words.method(),
        **said,
    )


def _quadrants(increments: Floats, words: Words, level: float, said: dict[str, Any]) -> Estimates:
    return Estimates(
        terms=QUADRANTS,
        values=shares_of_quadrants(increments[:, 0], increments[:, 1]),
        covariance=np.full((4, 4), np.nan),
        level=level,
        null=None,
        measure="share of the draws",
        method=words.resampling(),
        **said,
    )
