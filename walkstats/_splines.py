"""Where do the knots of a spline lie, and what are its columns? Pure functions on arrays.

The formulas of the package (`rcs(x, 4)`, `ns(x, 3)`, `bs(x, 5)`) call them. Knots are found once,
on the data of the fit, and kept; a basis is then a function of ``x`` and of the knots alone, so
that new data get the columns of the fit. A missing ``x`` gives a row of missing values.

References
----------
.. [1] Harrell FE (2015). *Regression Modeling Strategies*, 2nd ed., sections 2.4.5-2.4.6.
   https://doi.org/10.1007/978-3-319-19425-7
.. [2] de Boor C (2001). *A Practical Guide to Splines*, revised ed., chapters IX and X. Springer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

# An end of the range with this share of the data is a heap (many people walk 0 minutes).
HEAPED = 0.05
# With fewer values than this the outer knots are the fifth smallest and the fifth largest value.
SMALL_SAMPLE = 100


def rcs_knots(x: ArrayLike, k: int) -> Floats:
    """Find the knots of a restricted cubic spline, at Harrell's quantiles.

    Parameters
    ----------
    x : array_like, shape (n,)
        The covariate; missing values are left out. At least six values.
    k : int
        Number of knots, 3 to 10. Four or five serve most dose-response questions.

    Returns
    -------
    ndarray, shape (k,)
        The knots, increasing.

    Raises
    ------
    ValueError
        When `k` is out of range, or when the values of `x` are too few or too heaped for `k`
        distinct knots.

    Notes
    -----
    The outer knots are the 0.10 and 0.90 quantiles for 3 knots, 0.05 and 0.95 for 4 to
    6, 0.025 and 0.975 from 7 on; the others are equally spaced quantiles between them [1]_. As in
    R's Hmisc, with fewer than 100 values the outer knots are the fifth smallest and the fifth
    largest value, and where 5 % of the values or more are equal to the smallest one (0 minutes of
    walking), and no value inside the range is as frequent, the first knot is the next value up and
    the others are quantiles of what lies above it; the same at the upper end. Where R would go on
    with fewer knots than asked for, this is an error here.

    References
    ----------
    .. [1] Harrell FE (2015). *Regression Modeling Strategies*, 2nd ed., table 2.3.
       https://doi.org/10.1007/978-3-319-19425-7

    Examples
    --------
    >>> import numpy as np
    >>> rcs_knots(np.arange(201), 4).tolist()
    [10.0, 70.0, 130.0, 190.0]
    """
    if not 3 <= k <= 10:
        raise ValueError(f"a restricted cubic spline takes 3 to 10 knots; got {k}.")
    values = _known(x)
    distinct, count = np.unique(values, return_counts=True)
    if values.size < 6 or distinct.size - 2 <= k:
        raise ValueError(
            f"{k} knots need more than {k + 2} distinct values; there are {distinct.size}. "
            "Use fewer knots, or a linear term."
        )
    inner, first, last = _without_heaps(values, distinct, count)
    knots = _inner_knots(inner, k, first, last)
    knots = np.unique(np.concatenate([first, knots, last]))
    if knots.size < k:
        raise ValueError(
            f"{k} knots do not fall on distinct values: too many observations share a value. "
            "Use fewer knots, or give them: rcs(x, [a, b, c])."
        )
    return knots


def rcs_basis(x: ArrayLike, knots: ArrayLike) -> Floats:
    r"""Build the columns of a restricted cubic spline, linear outside its outer knots.

    Parameters
    ----------
    x : array_like, shape (n,)
        Where the columns are wanted.
    knots : array_like, shape (k,)
        At least three increasing knots.

    Returns
    -------
    ndarray, shape (n, k - 1)
        Column 0 is `x` itself; the others are the truncated cubic terms.

    Raises
    ------
    ValueError
        When there are fewer than three knots or they do not increase.

    Notes
    -----
    With knots :math:`t_1 < \dots < t_k` and :math:`u_+ = \max(u, 0)`, term
    :math:`j = 1, \dots, k - 2` is

    .. math:: \frac{(x - t_j)_+^3 - (x - t_{k-1})_+^3 \frac{t_k - t_j}{t_k - t_{k-1}}
              + (x - t_k)_+^3 \frac{t_{k-1} - t_j}{t_k - t_{k-1}}}{(t_k - t_1)^2}

    The divisor puts the terms on the scale of `x`, as R's rms does.

    Examples
    --------
    >>> rcs_basis([0.0, 2.0, 5.0], [1.0, 2.0, 3.0]).round(3).tolist()
    [[0.0, 0.0], [2.0, 0.25], [5.0, 4.5]]
    """
    t = np.asarray(knots, dtype=float)
    if t.ndim != 1 or t.size < 3 or not np.all(np.diff(t) > 0):
        raise ValueError("a restricted cubic spline needs at least three increasing knots.")
    values = np.asarray(x, dtype=float)
    # Scaled before the cube, so that neither large nor small units overflow or lose digits.
    scale = (t[-1] - t[0]) ** (2 / 3)
    cube = np.maximum((values[:, None] - t[None, :]) / scale, 0.0) ** 3
    before_last, last = t[-2], t[-1]
    gap = last - before_last
    inner = t[:-2]
    below_last = cube[:, [-2]] * (last - inner) / gap
    beyond = cube[:, [-1]] * (before_last - inner) / gap
    return np.column_stack([values, cube[:, :-2] - below_last + beyond])


def ns_knots(x: ArrayLike, df: int) -> tuple[Floats, Floats]:
    """Find the knots of a natural cubic spline with `df` columns, as R's ``splines::ns`` does.

    Parameters
    ----------
    x : array_like, shape (n,)
        The covariate; missing values are left out.
    df : int
        Number of columns, at least 1.

    Returns
    -------
    interior : ndarray, shape (df - 1,)
        Equally spaced quantiles.
    boundary : ndarray, shape (2,)
        The smallest and the largest value.

    Raises
    ------
    ValueError
        When `df` is below 1, or when the knots do not fall on distinct values.

    Examples
    --------
    >>> ns_knots(range(101), 4)[0].tolist()
    [25.0, 50.0, 75.0]
    """
    if df < 1:
        raise ValueError(f"a natural spline has at least 1 degree of freedom; got {df}.")
    return _quantile_knots(x, df - 1)


def ns_basis(x: ArrayLike, interior: ArrayLike, boundary: ArrayLike) -> Floats:
    """Build the columns of a natural cubic spline, as R's ``splines::ns`` does.

    Parameters
    ----------
    x : array_like, shape (n,)
        Where the columns are wanted. Outside the boundary knots they go on as straight lines.
    interior : array_like, shape (m,)
        Interior knots.
    boundary : array_like, shape (2,)
        Boundary knots, where the second derivative is zero.

    Returns
    -------
    ndarray, shape (n, m + 1)
        The columns, without an intercept.

    Notes
    -----
    The cubic B-splines without the first, projected on the space whose second
    derivative vanishes at both boundary knots. Each column is zero at the lower boundary.

    Examples
    --------
    >>> ns_basis([0.0, 5.0, 10.0], [5.0], [0.0, 10.0]).shape
    (3, 2)
    """
    inner, (low, high) = _checked_knots(interior, boundary)
    sequence = np.concatenate([np.repeat(low, 4), inner, np.repeat(high, 4)])
    values = np.asarray(x, dtype=float)
    inside = np.clip(values, low, high)
    basis = _b_splines(inside, sequence, 3)
    for edge, outside in ((low, values < low), (high, values > high)):
        if outside.any():
            slope = _b_splines(np.array([edge]), sequence, 3, derivative=1)
            basis[outside] += (values[outside] - edge)[:, None] * slope
    bend = _b_splines(np.array([low, high]), sequence, 3, derivative=2)
    null_space = np.linalg.qr(bend[:, 1:].T, mode="complete")[0][:, 2:]
    return np.asarray(basis[:, 1:] @ null_space)


def bs_knots(x: ArrayLike, df: int, degree: int = 3) -> tuple[Floats, Floats]:
    """Find the knots of a B-spline with `df` columns, as R's ``splines::bs`` does.

    Parameters
    ----------
    x : array_like, shape (n,)
        The covariate; missing values are left out.
    df : int
        Number of columns, at least `degree`.
    degree : int
        Degree of the pieces: 3 is cubic.

    Returns
    -------
    interior : ndarray, shape (df - degree,)
        Equally spaced quantiles.
    boundary : ndarray, shape (2,)
        The smallest and the largest value.

    Raises
    ------
    ValueError
        When `df` is below `degree`, or when the knots do not fall on distinct values.

    Examples
    --------
    >>> bs_knots(range(101), 5)[1].tolist()
    [0.0, 100.0]
    """
    if degree < 1 or df < degree:
        raise ValueError(
            f"a B-spline of degree {degree} has at least {degree} degrees of freedom; got {df}."
        )
    return _quantile_knots(x, df - degree)


def bs_basis(x: ArrayLike, interior: ArrayLike, boundary: ArrayLike, degree: int = 3) -> Floats:
    """Build the columns of a B-spline, as R's ``splines::bs`` does.

    Parameters
    ----------
    x : array_like, shape (n,)
        Where the columns are wanted. Outside the boundary knots the outer polynomials go on, which
        is rarely what one wants: `ns_basis` goes on in straight lines.
    interior : array_like, shape (m,)
        Interior knots.
    boundary : array_like, shape (2,)
        Boundary knots.
    degree : int
        Degree of the pieces: 3 is cubic.

    Returns
    -------
    ndarray, shape (n, m + degree)
        The columns, without the first B-spline (the intercept).

    Examples
    --------
    >>> bs_basis([0.0, 5.0, 10.0], [], [0.0, 10.0]).tolist()
    [[0.0, 0.0, 0.0], [0.375, 0.375, 0.125], [0.0, 0.0, 1.0]]
    """
    inner, (low, high) = _checked_knots(interior, boundary)
    sequence = np.concatenate([np.repeat(low, degree + 1), inner, np.repeat(high, degree + 1)])
    return _b_splines(np.asarray(x, dtype=float), sequence, degree)[:, 1:]


def _known(x: ArrayLike) -> Floats:
    """Take the finite values of x."""
    values = np.asarray(x, dtype=float).ravel()
    return values[np.isfinite(values)]


def _without_heaps(
    values: Floats, distinct: Floats, count: NDArray[np.intp]
) -> tuple[Floats, Floats, Floats]:
    """Split off heaps: the values for the other knots, the first knot, the last knot (or none)."""
    share = count / values.size
    first = last = np.empty(0)
    if share[1:-1].max() < HEAPED:
        if share[0] >= HEAPED:
            first = distinct[[1]]
            values = values[values > first[0]]
        if share[-1] >= HEAPED:
            last = distinct[[-2]]
            values = values[values < last[0]]
    return values, first, last


def _inner_knots(values: Floats, k: int, first: Floats, last: Floats) -> Floats:
    """Place the knots that no heap has placed."""
    wanted = k - first.size - last.size
    if values.size < 6:
        return np.empty(0)
    outer = 0.10 if k == 3 else 0.05 if k <= 6 else 0.025
    if wanted == 1:
        return np.array([np.median(values)])
    # With one heap and three knots, the two that are left are the median and the far end.
    share = np.linspace(0.5 if wanted == 2 else outer, 1 - outer, wanted)
    knots = np.quantile(values, share)
    if values.size < SMALL_SAMPLE:
        ordered = np.sort(values)
        if not first.size:
            knots[0] = ordered[4]
        if not last.size:
            knots[-1] = ordered[-5]
    return knots


def _quantile_knots(x: ArrayLike, inner: int) -> tuple[Floats, Floats]:
    """Equally spaced quantiles as interior knots, the range as boundary."""
    values = _known(x)
    if values.size == 0:
        raise ValueError("a spline needs values; all are missing.")
    boundary = np.array([values.min(), values.max()])
    interior = np.quantile(values, np.linspace(0, 1, inner + 2)[1:-1])
    if not np.all(np.diff(np.concatenate([boundary[:1], interior, boundary[1:]])) > 0):
        raise ValueError(
            f"{inner} interior knots do not fall on distinct values: too many observations share "
            "a value. Use fewer degrees of freedom."
        )
    return interior, boundary


def _checked_knots(interior: ArrayLike, boundary: ArrayLike) -> tuple[Floats, Floats]:
    """Return the knots as arrays; they must increase."""
    inner = np.asarray(interior, dtype=float).ravel()
    ends = np.asarray(boundary, dtype=float).ravel()
    if ends.size != 2 or not np.all(np.diff(np.concatenate([ends[:1], inner, ends[1:]])) > 0):
        raise ValueError(
            "spline knots must increase, the interior ones strictly between the two boundary knots."
        )
    return inner, ends


def _b_splines(x: Floats, knots: Floats, degree: int, derivative: int = 0) -> Floats:
    """Evaluate all B-splines (or a derivative) at x, shape (n, len(knots) - degree - 1).

    Cox-de Boor recursion ([2], chapter X, eqs. 15-16). Outside the range the outer polynomials go
    on.
    """
    if derivative:
        lower = _b_splines(x, knots, degree - 1, derivative - 1)
        span = knots[degree:] - knots[:-degree]
        slope = degree * _over(lower, span)
        return slope[:, :-1] - slope[:, 1:]
    if degree == 0:
        # The right end, and all beyond it, belongs to the last interval that is not empty.
        start = np.flatnonzero(np.diff(knots) > 0)
        piece = start[np.clip(np.searchsorted(knots[start], x, side="right") - 1, 0, None)]
        columns = (piece[:, None] == np.arange(knots.size - 1)[None, :]).astype(float)
        columns[np.isnan(x)] = np.nan
        return columns
    lower = _b_splines(x, knots, degree - 1)
    part = _over(lower, knots[degree:] - knots[:-degree])
    rising = (x[:, None] - knots[: -degree - 1]) * part[:, :-1]
    falling = (knots[degree + 1 :] - x[:, None]) * part[:, 1:]
    return np.asarray(rising + falling)


def _over(values: Floats, span: Floats) -> Floats:
    """Divide columns by spans; a column of an empty span is zero by convention."""
    return np.where(span > 0, values / np.where(span > 0, span, 1.0), 0.0)
