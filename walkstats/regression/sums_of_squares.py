"""Which terms of a linear regression matter? One test for each."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_choice
from walkstats.numerics import limits
from walkstats.numerics.least_squares import factor, solve
from walkstats.regression.linear import LinearFit
from walkstats.regression.standard_errors import wald_of_columns
from walkstats.results import Result

KINDS = ("I", "II", "III")


@dataclass(frozen=True, eq=False)
class TermTests(Result):
    """A test of every term.

    Attributes
    ----------
    frame : pandas.DataFrame
        Columns term, sum_of_squares (missing with robust standard errors), df, statistic (F),
        df_denominator, p_value.
    kind : {"I", "II", "III"}
    """

    frame: pd.DataFrame = field(default_factory=pd.DataFrame)
    kind: str = "II"

    def to_frame(self) -> pd.DataFrame:
        """A copy of the frame."""
        return self.frame.copy()


def term_tests(fit: LinearFit, *, kind: str = "II") -> TermTests:
    """Test each term of a linear regression.

    Parameters
    ----------
    fit : LinearFit
    kind : {"I", "II", "III"}
        Against what a term is tested. "I": the terms before it (sequential). "II": all terms but
        those that contain it (an interaction contains its parts). "III": all other terms.

    Returns
    -------
    TermTests

    Raises
    ------
    ValueError
        For type III with interactions: the test of a main effect would then depend on the reference
        level, or on where a number has its zero. For type I with robust standard errors.

    Notes
    -----
    With classical standard errors F compares the drop of the residual sum of squares with sigma² of
    the whole model. With robust ones it is a Wald test, with the kind of standard error of the fit,
    in the model without the terms that contain the one tested.

    References
    ----------
    .. [1] Fox J (2016). *Applied Regression Analysis and Generalized Linear Models*, 3rd ed.,
       section 8.2. Sage.

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats.regression import ols
    >>> frame = pd.DataFrame({"y": [1, 3, 2, 5, 4, 6.0], "x": range(6), "z": [0, 1, 0, 1, 1, 0]})
    >>> tests = term_tests(ols(frame, "y ~ x + z", se="classical"))
    >>> tests.to_frame()["statistic"].round(4).tolist()
    [12.8981, 0.7474]
    """
    check_choice(kind, KINDS, "kind")
    parts = _parts(fit)
    over = {term: [other for other in parts if parts[term] < parts[other]] for term in parts}
    if kind == "III" and any(over.values()):
        term = next(term for term, others in over.items() if others)
        raise ValueError(
            f"A type III test of {term} beside {over[term][0]} would depend on the reference level "
            f"or on where {term} has its zero. Use kind='II', or contrasts at chosen values."
        )
    if kind == "I" and fit.se != "classical":
        raise ValueError("Sequential tests (kind='I') need se='classical'.")
    if fit.se == "classical":
        rows = [_by_squares(fit, term, _beside(parts, over, term, kind)) for term in parts]
    else:
        rows = [_by_wald(fit, term, _beside(parts, over, term, kind)) for term in parts]
    named = {"I": "sequential", "II": "type II", "III": "type III"}[kind]
    return TermTests(
        frame=pd.DataFrame(rows),
        kind=kind,
        method=f"{fit.method} F tests of terms, {named}.",
        notes=fit.notes,
        counts=fit.counts,
        source=fit.source,
    )


def _parts(fit: LinearFit) -> dict[str, frozenset[str]]:
    """Variables of each term."""
    assert fit.design is not None
    parts: dict[str, frozenset[str]] = {}
    for piece in fit.design.pieces:
        parts[piece.term] = parts.get(piece.term, frozenset()) | frozenset(piece.variables)
    return parts


def _beside(
    parts: dict[str, frozenset[str]], over: dict[str, list[str]], term: str, kind: str
) -> list[str]:
    """Terms that stand beside the one tested."""
    names = list(parts)
    if kind == "I":
        return names[: names.index(term)]
    return [name for name in names if name != term and name not in over[term]]


def _columns(fit: LinearFit, terms: list[str]) -> NDArray[np.intp]:
    assert fit.design is not None
    places = [np.arange(len(fit.terms))[fit.design.columns_of[t]] for t in ["intercept", *terms]]
    return np.sort(np.concatenate(places))


def _squares(fit: LinearFit, terms: list[str]) -> float:
    design = factor(fit.matrix[:, _columns(fit, terms)], fit.weights)
    return solve(design, fit.outcome).rss


def _by_squares(fit: LinearFit, term: str, beside: list[str]) -> dict[str, object]:
    drop = _squares(fit, beside) - _squares(fit, [*beside, term])
    df = len(_columns(fit, [*beside, term])) - len(_columns(fit, beside))
    statistic = drop / df / fit.sigma**2
    return {
        "term": term,
        "sum_of_squares": drop,
        "df": df,
        "statistic": statistic,
        "df_denominator": float(fit.df_residual),
        "p_value": float(limits.f_p(statistic, df, fit.df_residual)),
    }


def _by_wald(fit: LinearFit, term: str, beside: list[str]) -> dict[str, object]:
    columns = _columns(fit, [*beside, term])
    tested = np.flatnonzero(~np.isin(columns, _columns(fit, beside)))
    test = wald_of_columns(
        fit.matrix[:, columns], fit.outcome, fit.weights, fit.cluster, fit.se, tested
    )
    return {
        "term": term,
        "sum_of_squares": np.nan,
        "df": int(test.df),
        "statistic": test.statistic,
        "df_denominator": test.df_denominator,
        "p_value": test.p_value,
    }
