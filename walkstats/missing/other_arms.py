"""What if those who dropped out went on as people of the reference arm do?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import (
    as_names,
    check_choice,
    check_column,
    check_seed,
    check_whole,
)
from walkstats.errors import DataError
from walkstats.formulas import build
from walkstats.missing.completed import Imputations
from walkstats.missing.layout import Layout, people_side_by_side
from walkstats.missing.patterns import check_rows
from walkstats.missing.visit_chains import VisitLaw, conditional, posterior_laws
from walkstats.numerics.replicates import Streams
from walkstats.results import Counts

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True)
class Strategy:
    """What is assumed of the visits after drop-out.

    Attributes
    ----------
    described : str
    mean : callable
        ``mean(own, reference, last) -> (before, after)``: means of the known visits and of the
        later ones, from the means (n, T) under the own and the reference arm and the position of
        the last known visit; -1 where none is.
    from_reference : bool
        Whether the later visits depend on the known ones as in the reference arm.
    """

    described: str
    mean: Callable[[Floats, Floats, int], Floats]
    from_reference: bool = True


def _own(own: Floats, reference: Floats, last: int) -> Floats:
    return own


def _jump(own: Floats, reference: Floats, last: int) -> Floats:
    return np.column_stack([own[:, : last + 1], reference[:, last + 1 :]])


def _copy(own: Floats, reference: Floats, last: int) -> Floats:
    return reference


def _increments(own: Floats, reference: Floats, last: int) -> Floats:
    # Nobody known after randomisation: both arms began alike, so the reference arm's means.
    shift = own[:, [last]] - reference[:, [last]] if last >= 0 else np.zeros((len(own), 1))
    return np.column_stack([own[:, : last + 1], reference[:, last + 1 :] + shift])


STRATEGIES: dict[str, Strategy] = {
    "missing-at-random": Strategy("as others of their own arm did", _own, from_reference=False),
    "jump-to-reference": Strategy("on the reference arm's means from drop-out on", _jump),
    "copy-increments": Strategy(
        "parallel to the reference arm's means, from the point reached", _increments
    ),
    "copy-reference": Strategy("as though they had been in the reference arm all along", _copy),
}


def reference_based(
    frame: pd.DataFrame,
    outcome: str,
    *,
    visit: str,
    reference: str,
    strategy: str,
    covariates: str | Sequence[str] = (),
    imputations: int,
    seed: int,
    arm: str = "arm",
    subject: str = "participant_id",
    burn_in: int = 200,
    between: int = 50,
) -> Imputations:
    """Impute an outcome after drop-out as though the reference arm's course had been taken.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant and visit after baseline.
    outcome : str
        Column of a number.
    visit : str
        Column of the visit.
    reference : str
        The arm whose course is taken.
    strategy : {"jump-to-reference", "copy-increments", "copy-reference", "missing-at-random"}
        What is assumed of visits after the last known one. Gaps before it are taken as missing at
        random, and so is whatever is missing in the reference arm.
    covariates : str or sequence of str
        Columns known at baseline, the same at every visit and never missing; their coefficients
        differ by arm and visit. The baseline value of the outcome belongs here.
    imputations : int
    seed : int
    arm, subject : str
        Columns.
    burn_in, between : int
        Rounds of data augmentation before the first draw of parameters, and between draws.

    Returns
    -------
    Imputations
        Analyse each frame and ``pool``.

    Raises
    ------
    ValueError
        For an unknown strategy, reference arm or column, and an outcome without gaps.
    DataError
        For covariates that are missing or differ between a participant's rows, participants in
        several arms, and arms with too few participants for the covariance of the visits.

    Notes
    -----
    Visits are multivariate normal given the covariates, with means and an unstructured covariance
    by arm. Parameters are drawn from their posterior by data augmentation under a flat prior; then
    each missing course is drawn given what is known of it, with the means of the strategy, and so
    that visits after drop-out depend on those before as they do in the reference arm [1]_. Whoever
    is known at no visit after baseline gets the reference arm's law under the three strategies.

    Rubin's rules then give a variance that keeps the information lost under missing at random, and
    so is larger than the spread over repeated trials; a sensitivity analysis wants this [2]_.

    References
    ----------
    .. [1] Carpenter JR, Roger JH, Kenward MG (2013). Analysis of longitudinal trials with protocol
       deviation: a framework for relevant, accessible assumptions, and inference via multiple
       imputation. *J Biopharm Stat* 23:1352-1371. https://doi.org/10.1080/10543406.2013.834911
    .. [2] Cro S, Carpenter JR, Kenward MG (2019). Information-anchored sensitivity analysis: theory
       and application. *J R Stat Soc A* 182:623-645. https://doi.org/10.1111/rssa.12423

    Examples
    --------
    >>> import walkstats as ws
    >>> visits = ws.derive.visits(ws.load_sample("walkback-like"), measures="rmdq")
    >>> jump = reference_based(visits, "rmdq", visit="month", reference="control",
    ...                        strategy="jump-to-reference", covariates="rmdq_baseline",
    ...                        imputations=5, seed=31)
    >>> fits = [ws.regression.ols(one[one["month"] == 12], "rmdq ~ arm + rmdq_baseline")
    ...         for one in jump.frames]
    >>> ws.missing.pool(fits).imputations
    5
    """
    check_rows(frame)
    reference = str(reference)
    check_choice(strategy, STRATEGIES, "strategy")
    seed = check_seed(seed)
    for value, name, least in (
        (imputations, "imputations", 2),
        (burn_in, "burn_in", 0),
        (between, "between", 1),
    ):
        check_whole(value, name, least)
    layout = people_side_by_side(frame, [outcome], (), arm, subject, visit)
    values = np.column_stack([one.values for one in layout.columns])
    _check_course(layout, values, outcome, reference)
    given = as_names(covariates, "covariates")
    design = _design(layout, given, subject)
    streams = Streams(seed)
    laws = {
        group: _laws(streams, k, values, design, layout.groups == group, group,
                     imputations, burn_in, between)
        for k, group in enumerate(dict.fromkeys(layout.groups))
    }  # fmt: skip
    drawn = np.array(
        [
            _complete(streams.at(1_000 + m), values, design, layout.groups, laws, m, reference,
                      STRATEGIES[strategy])
            for m in range(imputations)
        ]
    )  # fmt: skip
    named = {
        one.name: drawn[:, one.gaps, k] for k, one in enumerate(layout.columns) if one.gaps.any()
    }
    imputed, stacked = layout.back(named)
    from_reference = STRATEGIES[strategy].from_reference
    return Imputations(
        original=layout.frame,
        imputed=imputed,
        values=stacked,
        methods={outcome: strategy},
        seed=seed,
        by=arm,
        assumption=f"after drop-out {strategy}, reference {reference}" if from_reference else "",
        method=_method(outcome, strategy, reference, arm, given, imputations, seed),
        notes=(*layout.notes, *_said_of_people(values, layout.groups, reference, strategy)),
        counts=Counts(len(layout.frame), len(layout.frame), len(values)),
        source=str(frame.attrs.get("source", "")),
    )


def _check_course(layout: Layout, values: Floats, outcome: str, reference: str) -> None:
    """Refuse an outcome of levels or without gaps, and a reference that is no arm."""
    if layout.columns[0].kind != "number":
        raise ValueError(f"{outcome} holds levels; reference-based imputation is for numbers.")
    if not np.isnan(values).any():
        raise ValueError(f"Nothing of {outcome} is missing.")
    if reference not in layout.groups:
        known = ", ".join(dict.fromkeys(layout.groups))
        raise ValueError(f"No arm {reference!r}. There are: {known}.")


def _method(
    outcome: str,
    strategy: str,
    reference: str,
    arm: str,
    covariates: Sequence[Any],
    imputations: int,
    seed: int,
) -> str:
    """As a methods section says it."""
    given = f" given {', '.join(map(str, covariates))}" if covariates else ""
    return (
        f"{outcome} imputed {imputations} times from a multivariate normal law of the visits by "
        f"{arm}{given}; after drop-out {STRATEGIES[strategy].described} ({strategy}, reference "
        f"{reference}); seed {seed}."
    )


def _design(layout: Layout, covariates: Sequence[Any], subject: str) -> Floats:
    """Covariates (people, q), the first column 1."""
    rows = layout.places[layout.columns[0].name][1]
    people = layout.frame.iloc[rows]
    for name in covariates:
        each = check_column(layout.frame, name, "covariates")
        several = each.groupby(layout.frame[subject].to_numpy()).nunique(dropna=False) > 1
        if several.any():
            ids = tuple(str(one) for one in several.index[several.to_numpy()][:5])
            raise DataError.of(
                f"{name} differs between the rows of {int(several.sum())} participant(s)",
                column=str(name),
                ids=ids,
                count=int(several.sum()),
                what_to_do="give a covariate that is known at baseline, the same in all rows",
            )
    if not covariates:
        return np.ones((len(people), 1))
    made = build(" + ".join(map(str, covariates)), people, intercept=True)
    if not made.kept.all():
        lacking = "; ".join(f"{n} {reason}" for reason, n in made.left_out.items())
        raise DataError.of(
            f"covariates are missing: {lacking} (participants)",
            what_to_do="impute them first, or leave these participants out on purpose",
        )
    return made.matrix


def _laws(
    streams: Streams, k: int, values: Floats, design: Floats, which: Booleans, group: str,
    imputations: int, burn_in: int, between: int,
) -> list[VisitLaw]:  # fmt: skip
    """Drawn laws of one arm; people who are known at no visit say nothing of them."""
    seen = which & ~np.isnan(values).all(axis=1)
    least = values.shape[1] + design.shape[1]
    if seen.sum() <= least:
        raise DataError.of(
            f"arm {group} has {int(seen.sum())} participants with a known visit, and more than "
            f"{least} are needed for {values.shape[1]} visits",
            count=int(seen.sum()),
            what_to_do="leave out visits or covariates",
        )
    told = int((~np.isnan(values[seen])).sum(axis=0).min())
    columns = design[seen] / np.maximum(np.abs(design[seen]).max(axis=0), 1e-300)
    if told <= design.shape[1] or np.linalg.matrix_rank(columns) < design.shape[1]:
        few = told <= design.shape[1]
        raise DataError.of(
            f"arm {group} has {told} known value(s) at a visit, which is too few"
            if few
            else f"in arm {group} covariates are constant or combinations of one another",
            what_to_do="leave out this visit" if few else "leave one of them out",
        )
    try:
        return posterior_laws(
            streams.at(k), values[seen], design[seen], draws=imputations, burn_in=burn_in,
            between=between,
        )  # fmt: skip
    except np.linalg.LinAlgError:
        raise DataError.of(
            f"in arm {group} a visit does not vary or follows from others and the covariates",
            what_to_do="leave out visits or covariates",
        ) from None


def _complete(
    generator: np.random.Generator,
    values: Floats,
    design: Floats,
    groups: NDArray[Any],
    laws: dict[str, list[VisitLaw]],
    number: int,
    reference: str,
    strategy: Strategy,
) -> Floats:
    """One completed (people, T) array."""
    out = values.copy()
    other = laws[reference][number]
    lacking = np.isnan(values)
    for group, several in laws.items():
        law = several[number]
        mine = np.flatnonzero((groups == group) & lacking.any(axis=1))
        own, theirs = design[mine] @ law.coefficients, design[mine] @ other.coefficients
        found, which = np.unique(lacking[mine], axis=0, return_inverse=True)
        for k, gaps in enumerate(found):
            here = np.asarray(which).ravel() == k
            rows = mine[here]
            used = STRATEGIES["missing-at-random"] if group == reference else strategy
            out[rows] = _course(
                generator, out[rows], gaps, own[here], theirs[here], law, other, used
            )
    return out


def _course(
    generator: np.random.Generator,
    values: Floats,
    gaps: Booleans,
    own: Floats,
    theirs: Floats,
    law: VisitLaw,
    other: VisitLaw,
    strategy: Strategy,
) -> Floats:
    """Draw the missing visits of people with the same gaps: those between first, then the rest."""
    out = values.copy()
    visits = np.arange(len(gaps))
    last = int(visits[~gaps].max(initial=-1))
    inner = visits[gaps & (visits < last)]
    if inner.size:
        known = visits[~gaps]
        _draw(generator, out, own, law, known, inner)
    later = visits[visits > last]
    if later.size:
        mean = strategy.mean(own, theirs, last)
        _draw(generator, out, mean, other if strategy.from_reference else law,
              visits[: last + 1], later)  # fmt: skip
    return out


def _draw(
    generator: np.random.Generator,
    values: Floats,
    mean: Floats,
    law: VisitLaw,
    known: NDArray[np.intp],
    gaps: NDArray[np.intp],
) -> None:
    """Fill gaps in place, given what is known."""
    slope, root = conditional(law, known, gaps)
    expected = mean[:, gaps] + (values[:, known] - mean[:, known]) @ slope
    values[:, gaps] = expected + generator.standard_normal((len(values), gaps.size)) @ root.T


def _said_of_people(
    values: Floats, groups: NDArray[Any], reference: str, strategy: str
) -> tuple[str, ...]:
    """How many were never seen after baseline, and how many have gaps between known visits."""
    lacking = np.isnan(values)
    never = int((lacking.all(axis=1) & (groups != reference)).sum())
    after = np.maximum.accumulate(~lacking[:, ::-1], axis=1)[:, ::-1]
    between = int((lacking & after).any(axis=1).sum())
    notes = []
    if never and STRATEGIES[strategy].from_reference:
        notes.append(
            f"{never} participant(s) of other arms were known at no visit: they get the reference "
            "arm's law."
        )
    if between:
        notes.append(
            f"{between} participant(s) have gaps before their last known visit: these were imputed "
            "as missing at random."
        )
    return tuple(notes)
