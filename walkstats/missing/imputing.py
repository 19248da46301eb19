"""What might the missing values have been? Drawn several times, by chained equations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice, check_seed, check_whole
from walkstats.missing.chained_equations import Chained, chain, check_enough
from walkstats.missing.completed import Imputations
from walkstats.missing.conditional_models import CONDITIONALS, DEFAULT_METHOD
from walkstats.missing.incomplete_columns import IncompleteColumn
from walkstats.missing.layout import Layout, people_side_by_side, rows_as_they_are
from walkstats.missing.patterns import check_rows
from walkstats.numerics import replicates
from walkstats.numerics.replicates import Streams
from walkstats.results import Counts

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]

FEWEST = 5  # fewer data sets leave the between variance a guess


def impute(
    frame: pd.DataFrame,
    *,
    columns: str | Sequence[str] | None = None,
    using: Sequence[str] | None = None,
    imputations: int,
    seed: int,
    by: str | None = "arm",
    methods: Mapping[str, str] | None = None,
    iterations: int = 10,
    donors: int = 5,
    visit: str | None = None,
    subject: str = "participant_id",
    workers: int | None = None,
    progress: bool = False,
) -> Imputations:
    """Fill missing values several times, each time with what they might have been.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant; with `visit` one row per participant and visit.
    columns : str or sequence of str, optional
        Columns to impute. By default all with gaps; with `visit` they must be named.
    using : sequence of str, optional
        Further columns that predict them; their gaps are filled too. By default, without
        `visit`, every other column that can be used (a note lists those with gaps, which are not
        when `columns` are named); none with it.
    imputations : int
        Completed data sets; 20 or more, and about as many as per cent of the rows have gaps.
    seed : int
        The same seed gives the same values, whatever the number of workers.
    by : str or None
        Groups that are imputed apart, so that everything may depend on the group: the arm, where
        the frame has one. None: all rows together.
    methods : mapping of column to str, optional
        "pmm", "normal", "logistic", "ordinal" or "polytomous". By default predictive mean matching
        for numbers, logistic regression for two levels (on request also for numbers that are 0 or
        1), ordinal for ordered levels, polytomous for others.
    iterations : int
        Rounds of the chained equations. One round is done where a single column has gaps.
    donors : int
        Known rows from which predictive mean matching chooses.
    visit : str, optional
        Column of the visit. The values of a participant at all visits then predict one another; a
        visit without a row is added as one. What stays the same at all visits is imputed once a
        person.
    subject : str
        Column of the participant; never a predictor.
    workers : int, optional
        Processes, through joblib; -1 is one for each core.
    progress : bool
        Show a bar.

    Returns
    -------
    Imputations
        ``frames`` are the completed data sets; each says in its source what was imputed. Analyse
        each and give the results to ``pool``. ``to_frame()`` counts what was imputed, ``trace``
        shows whether the rounds have settled.

    Raises
    ------
    ValueError
        For nothing to impute, unknown columns or methods, no seed.
    DataError
        For columns without known values, groups too small for the predictors, dates, ids.

    Notes
    -----
    Each column with gaps has a model given all others; its parameters are drawn, then its values
    [1]_. Values are taken as missing at random: given what the models see, who is missing does not
    depend on the missing value. That cannot be checked; ``delta_adjust`` asks what if not. Use what
    predicts drop-out and what the analysis uses, its outcome included. Interactions with `by` are
    in the models, others are not.

    Predictive mean matching takes the value of one of the `donors` known rows whose predictions
    are nearest (type 1 matching). Every model draws its parameters, so that imputations are proper;
    categorical ones have a few faint rows added, against separation [2]_. Predictors that the known
    rows cannot tell apart from others, or whose values they do not share, are left out of a model.
    A change from baseline (``<m>_change``, where it is ``<m>`` minus ``<m>_baseline``) is computed
    anew from the completed columns. Rows in another order have other draws.

    References
    ----------
    .. [1] van Buuren S, Groothuis-Oudshoorn K (2011). mice: multivariate imputation by chained
       equations in R. *J Stat Softw* 45(3). https://doi.org/10.18637/jss.v045.i03
    .. [2] White IR, Daniel R, Royston P (2010). Avoiding bias due to perfect prediction in multiple
       imputation of incomplete categorical variables. *Comput Stat Data Anal* 54:2267-2275.
       https://doi.org/10.1016/j.csda.2010.04.005

    Examples
    --------
    >>> import walkstats as ws
    >>> visits = ws.derive.visits(ws.load_sample("walkback-like"), measures="rmdq")
    >>> filled = impute(visits, columns="rmdq", using=["rmdq_baseline"], visit="month",
    ...                 imputations=5, seed=2024)
    >>> filled.to_frame()[["column", "group", "values", "imputed"]].to_numpy().tolist()
    [['rmdq', 'control', 1400, 81], ['rmdq', 'walking', 1404, 129]]
    >>> fits = [ws.regression.ols(one[one["month"] == 12], "rmdq ~ arm + rmdq_baseline")
    ...         for one in filled.frames]
    >>> ws.missing.pool(fits).imputations
    5
    """
    check_rows(frame)
    seed = check_seed(seed)
    check_whole(imputations, "imputations", 2)
    check_whole(iterations, "iterations", 1)
    check_whole(donors, "donors", 1)
    by = None if by == "arm" and "arm" not in frame.columns else by
    if visit is None:
        layout = rows_as_they_are(frame, columns, using, by, subject)
    else:
        layout = people_side_by_side(frame, columns, using, by, subject, visit)
    chosen = _choose_methods(layout, methods)
    parts = _parts(layout, chosen)
    work = partial(
        _complete, parts=parts, methods=chosen, seed=seed, iterations=iterations, donors=donors
    )
    done = replicates.run(
        work, imputations, workers=workers, longest=10, progress=progress, label="imputations"
    )
    several = [one for piece in done for one in piece]
    values = {one.name: _gathered(layout, parts, several, one) for one in layout.columns}
    imputed, stacked = layout.back({name: v for name, v in values.items() if v.shape[1]})
    return Imputations(
        original=layout.frame,
        imputed=imputed,
        values=stacked,
        levels={layout.column_of(one.name): one.levels for one in layout.columns if one.levels},
        methods={layout.column_of(name): method for name, method in chosen.items()},
        trace=_trace(layout, parts, several),
        seed=seed,
        by=by or "",
        method=_method(layout, chosen, imputations, iterations, donors, by, seed),
        notes=tuple(layout.notes) + _few(imputations),
        counts=Counts(len(layout.frame), len(layout.frame), len(layout.groups)),
        source=str(frame.attrs.get("source", "")),
    )


def _few(imputations: int) -> tuple[str, ...]:
    if imputations >= FEWEST:
        return ()
    return (f"{imputations} imputations are few: standard errors and p-values vary with the seed.",)


def _choose_methods(layout: Layout, given: Mapping[str, str] | None) -> dict[str, str]:
    """Method of every column with gaps, by the name that the layout gives it."""
    if given is not None and not isinstance(given, Mapping):
        raise ValueError(f"methods names columns: {{'pain': 'pmm'}}; got {given!r}.")
    given = dict(given or {})
    known = {layout.column_of(one.name) for one in layout.columns}
    for name in given:
        if name not in known:
            listed = ", ".join(sorted(known))
            raise ValueError(f"methods names {name!r}, which is not imputed: {listed}.")
    chosen = {}
    for one in layout.columns:
        if not one.gaps.any():
            continue
        column = layout.column_of(one.name)
        method = given.get(column, DEFAULT_METHOD[one.kind])
        check_choice(method, CONDITIONALS, f"the method of {column}")
        if not set(one.kinds) & set(CONDITIONALS[method].kinds):
            fitting = [name for name, model in CONDITIONALS.items() if one.kind in model.kinds]
            raise ValueError(
                f"{column} cannot be imputed by {method!r}; for it there is "
                f"{', '.join(repr(name) for name in fitting)}."
            )
        chosen[one.name] = method
    if not chosen:
        raise ValueError("Nothing is missing in the columns to impute.")
    return chosen


def _parts(
    layout: Layout, methods: Mapping[str, str]
) -> list[tuple[str, Booleans, list[IncompleteColumn]]]:
    """Rows and columns of each group."""
    out = []
    levels = list(dict.fromkeys(layout.groups))
    for level in levels:
        which = layout.groups == level
        columns = [one.rows(which) for one in layout.columns]
        check_enough(columns, methods, str(level) if len(levels) > 1 else "")
        out.append((str(level), which, columns))
    return out


def _complete(
    numbers: range,
    *,
    parts: list[tuple[str, Booleans, list[IncompleteColumn]]],
    methods: Mapping[str, str],
    seed: int,
    iterations: int,
    donors: int,
) -> list[list[Chained]]:
    """Completed groups of some data sets, each data set from random numbers of its own."""
    streams = Streams(seed)
    out = []
    for number in numbers:
        generator = streams.at(number)
        out.append(
            [
                chain(generator, columns, methods, iterations=iterations, donors=donors)
                for _, _, columns in parts
            ]
        )
    return out


def _gathered(
    layout: Layout,
    parts: list[tuple[str, Booleans, list[IncompleteColumn]]],
    several: list[list[Chained]],
    one: IncompleteColumn,
) -> Floats:
    """Values (m, gaps) of one column in the order of the rows."""
    rows = np.flatnonzero(one.gaps)
    out = np.empty((len(several), len(rows)))
    for k, (_, which, _) in enumerate(parts):
        here = which[rows]
        if here.any():
            out[:, here] = [done[k].filled[one.name] for done in several]
    return out


def _trace(
    layout: Layout,
    parts: list[tuple[str, Booleans, list[IncompleteColumn]]],
    several: list[list[Chained]],
) -> pd.DataFrame:
    """Means and SDs of what was imputed, by data set, iteration, group and column."""
    pieces = []
    for number, done in enumerate(several, start=1):
        for (group, _, _), one in zip(parts, done, strict=True):
            rounds, width = one.means.shape
            names = [column.name for column in layout.columns if column.name in one.filled]
            order = [list(one.filled).index(name) for name in names]
            pieces.append(
                pd.DataFrame(
                    {
                        "imputation": number,
                        "iteration": np.repeat(np.arange(1, rounds + 1), width),
                        "group": group,
                        "column": np.tile(names, rounds),
                        "mean": one.means[:, order].ravel(),
                        "sd": one.sds[:, order].ravel(),
                    }
                )
            )
    return pd.concat(pieces, ignore_index=True)


def _method(
    layout: Layout,
    chosen: Mapping[str, str],
    imputations: int,
    iterations: int,
    donors: int,
    by: str | None,
    seed: int,
) -> str:
    """As a methods section says it."""
    used: dict[str, list[str]] = {}
    for name, method in chosen.items():
        words = CONDITIONALS[method].described
        words += f" with {donors} donors" if method == "pmm" else ""
        column = layout.column_of(name)
        used.setdefault(words, [])
        if column not in used[words]:
            used[words].append(column)
    models = "; ".join(f"{words} ({', '.join(columns)})" for words, columns in used.items())
    alone = [column for column in layout.only_predict() if column]
    given = f", also given {', '.join(alone)}" if alone else ""
    rounds = f"{iterations} rounds of chained equations" if len(chosen) > 1 else "one round"
    apart = f", apart for each level of {by}" if by else ""
    return (
        f"Missing values imputed {imputations} times by {models}{given}; {rounds}{apart}; "
        f"seed {seed}."
    )
