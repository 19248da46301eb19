"""In what shapes do answers come? A few frozen dataclasses that every method fills.

Results are complete when made. They hold plain numbers, never round, print, plot or warn, and carry
what a reader must know: ``method`` (as a methods section says it), ``notes``, ``counts`` and ``source``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats.numerics import limits

if TYPE_CHECKING:
    from walkstats.formulas import Terms

Floats = NDArray[np.float64]
ESTIMATE_COLUMNS = (
    "term",
    "estimate",
    "std_error",
    "statistic",
    "df",
    "p_value",
    "conf_low",
    "conf_high",
)


def _locked(value: Any) -> Any:
    """Arrays read-only, mappings as read-only views of a copy; everything else as it is."""
    if isinstance(value, np.ndarray):
        array = value.copy() if value.flags.writeable else value
        array.setflags(write=False)
        return array
    if isinstance(value, (dict, MappingProxyType)):
        return MappingProxyType({key: _locked(item) for key, item in value.items()})
    return value


def _unlocked(value: Any) -> Any:
    """What pickle can take: read-only views of mappings cannot be pickled."""
    if isinstance(value, MappingProxyType):
        return {key: _unlocked(item) for key, item in value.items()}
    return value


class Frozen:
    """Arrays and mappings of a frozen dataclass are read-only, also after pickling."""

    def __post_init__(self) -> None:
        for item in dataclasses.fields(self):  # type: ignore[arg-type]
            object.__setattr__(self, item.name, _locked(getattr(self, item.name)))

    def __getstate__(self) -> dict[str, Any]:
        return {name: _unlocked(value) for name, value in self.__dict__.items()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, _locked(value))


@dataclass(frozen=True)
class Counts(Frozen):
    """What went into a result and what was left out.

    Attributes
    ----------
    rows, used : int
        Rows of the frame, and rows analysed.
    participants : int
        Distinct participants among the rows used (rows, where no subject is named).
    events : int or None
    left_out : mapping of str to int
        Reason -> rows.
    """

    rows: int
    used: int
    participants: int
    events: int | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        events = "" if self.events is None else f"{_count(self.events, 'event')} among "
        text = f"{events}{_count(self.participants, 'participant')}"
        if self.used != self.participants:
            text += f" in {_count(self.used, 'row')}"
        for reason, rows in self.left_out.items():
            text += f"; {_count(rows, 'row')} left out: {reason}"
        return text


@dataclass(frozen=True, eq=False, kw_only=True)
class Result(Frozen):
    """What every result carries.

    Attributes
    ----------
    method : str
        As a methods section says it.
    notes : tuple of str
        What the reader must know and what did not stop the analysis.
    counts : Counts or None
    source : str
        Where the data come from; begins with "synthetic" when they are.
    """

    method: str = ""
    notes: tuple[str, ...] = ()
    counts: Counts | None = None
    source: str = ""

    def to_frame(self) -> pd.DataFrame:
        """The numbers as a frame."""
        raise TypeError(f"{type(self).__name__} does not say how it is laid out as a frame")

    def _remarks(self) -> list[str]:
        lines = [self.method] if self.method else []
        if self.counts is not None:
            lines.append(str(self.counts))
        lines += list(self.notes)
        if self.source:
            lines.append(f"Source: {self.source}")
        return lines

    def __str__(self) -> str:
        return "\n".join([self.to_frame().to_string(index=False, na_rep=""), *self._remarks()])

    def _repr_html_(self) -> str:
        table = self.to_frame().to_html(index=False, border=0, na_rep="")
        remarks = "".join(f"<p>{escape(line)}</p>" for line in self._remarks())
        return f"<div>{table}{remarks}</div>"


@dataclass(frozen=True, eq=False)
class Estimate(Result):
    """One number with its uncertainty.

    Attributes
    ----------
    term : str
    estimate : float
    std_error : float
        On the scale of the model, also where ``scale`` is "ratio" (the log scale then).
    statistic, df, p_value : float
        df is infinite for a normal reference. All nan where no null value makes sense.
    conf_low, conf_high, level : float
    null : float or None
        On the scale shown.
    scale : {"identity", "ratio"}
    """

    term: str
    estimate: float
    std_error: float
    statistic: float
    df: float
    p_value: float
    conf_low: float
    conf_high: float
    level: float = 0.95
    null: float | None = 0.0
    scale: str = "identity"

    def to_frame(self) -> pd.DataFrame:
        """One row: term, estimate, std_error, statistic, df, p_value, conf_low, conf_high."""
        return pd.DataFrame([{name: getattr(self, name) for name in ESTIMATE_COLUMNS}])


@dataclass(frozen=True, eq=False)
class HypothesisTest(Result):
    """A test of a hypothesis.

    Attributes
    ----------
    name : str
    null : str
        The hypothesis, as a sentence.
    statistic, df, p_value : float
    parts : mapping
        What the statistic is made of, by name.
    df_denominator : float or None
        Of an F statistic.
    distribution : {"chi2", "F", "t", "normal"}
    """

    name: str
    null: str
    statistic: float
    df: float
    p_value: float
    parts: Mapping[str, Any] = field(default_factory=dict)
    df_denominator: float | None = None
    distribution: str = "chi2"

    def to_frame(self) -> pd.DataFrame:
        """One row: test, statistic, df (and df_denominator), p_value."""
        row: dict[str, Any] = {"test": self.name, "statistic": self.statistic, "df": self.df}
        if self.df_denominator is not None:
            row["df_denominator"] = self.df_denominator
        return pd.DataFrame([{**row, "p_value": self.p_value}])


class _DegreesOfFreedom(Protocol):
    def of(self, weights: Floats) -> float: ...


@dataclass(frozen=True)
class Freedom(Frozen):
    """Degrees of freedom of a linear combination of the estimates.

    Attributes
    ----------
    rule : {"normal", "residual", "clusters", "satterthwaite", "kenward-roger", "barnard-rubin"}
    value : float
        The same for every combination, where the rule says so.
    pieces : object or None
        Gives ``of(weights)`` where degrees of freedom differ between combinations.
    """

    rule: str = "normal"
    value: float = np.inf
    pieces: _DegreesOfFreedom | None = None

    def of(self, weights: Floats) -> float:
        """Degrees of freedom of ``weights @ values``."""
        return self.value if self.pieces is None else float(self.pieces.of(weights))


@dataclass(frozen=True, eq=False)
class Estimates(Result):
    """Several estimates with their covariance.

    Attributes
    ----------
    terms : tuple of str, length k
    values : (k,) array
        On the scale of the model.
    covariance : (k, k) array
    freedom : Freedom
    link : {"identity", "log", "logit"}
        With "log" and "logit" the exponential of a value is a ratio.
    level : float
    limits : (k, 2) array or None
        Confidence limits that are not Wald's, at ``level``, on the scale of ``values``.
    null : float or None
        Null value of every term on the scale of the model; None where none makes sense.
    """

    terms: tuple[str, ...]
    values: Floats
    covariance: Floats
    freedom: Freedom = field(default_factory=Freedom)
    link: str = "identity"
    level: float = 0.95
    limits: Floats | None = None
    null: float | None = 0.0

    @property
    def std_errors(self) -> Floats:
        """Standard errors (k,), on the scale of the model."""
        with np.errstate(invalid="ignore"):
            return np.sqrt(np.diag(self.covariance))

    def _position(self, term: str) -> int:
        if term not in self.terms:
            raise ValueError(f"No term {term!r}. The terms are: {', '.join(self.terms)}.")
        return self.terms.index(term)

    def _pack(
        self, term: str, weights: Floats, *, ratio: bool, level: float | None, own: int | None
    ) -> Estimate:
        if ratio and self.link == "identity":
            raise ValueError("ratio=True needs estimates on a log or logit scale.")
        level = self.level if level is None else _level(level)
        used = np.flatnonzero(weights)
        value = float(weights[used] @ self.values[used])
        block = self.covariance[np.ix_(used, used)]
        with np.errstate(invalid="ignore"):
            std_error = float(np.sqrt(weights[used] @ block @ weights[used]))
        df = self.freedom.of(weights)
        low, high = self._interval(value, std_error, df, level, own)
        null = self.null
        statistic = np.nan
        if null is not None and std_error > 0:
            statistic = (value - null) / std_error
        show = np.exp if ratio else float
        return Estimate(
            term=term,
            estimate=float(show(value)),
            std_error=std_error,
            statistic=float(statistic),
            df=float(df),
            p_value=float(limits.t_p(statistic, df)),
            conf_low=float(show(low)),
            conf_high=float(show(high)),
            level=level,
            null=None if null is None else float(show(null)),
            scale="ratio" if ratio else "identity",
            method=self.method,
            notes=self.notes,
            counts=self.counts,
            source=self.source,
        )

    def _interval(
        self, value: float, std_error: float, df: float, level: float, own: int | None
    ) -> tuple[float, float]:
        if self.limits is not None and own is not None and np.any(~np.isnan(self.limits[own])):
            if not np.isclose(level, self.level):
                raise ValueError(
                    f"These limits were computed at level {self.level:g}; "
                    f"ask the method for level={level:g} instead."
                )
            return float(self.limits[own, 0]), float(self.limits[own, 1])
        half = float(limits.t_quantile(level, df)) * std_error
        return value - half, value + half

    def estimate(self, term: str, *, ratio: bool = False, level: float | None = None) -> Estimate:
        """The estimate of one term.

        Parameters
        ----------
        term : str
            One of ``terms``.
        ratio : bool
            On the ratio scale (exponential), where the link allows it.
        level : float, optional
            Confidence level; the result's own by default.

        Returns
        -------
        Estimate

        Raises
        ------
        ValueError
            For an unknown term, or a ratio of estimates that are not on a log scale.
        """
        k = self._position(term)
        weights = np.zeros(len(self.terms))
        weights[k] = 1.0
        return self._pack(term, weights, ratio=ratio, level=level, own=k)

    def contrast(
        self,
        weights: Mapping[str, float] | Sequence[float] | Floats,
        *,
        ratio: bool = False,
        level: float | None = None,
        name: str | None = None,
    ) -> Estimate:
        """A linear combination of the estimates.

        Parameters
        ----------
        weights : mapping of term to weight, or (k,) array
        ratio : bool
        level : float, optional
        name : str, optional
            What to call it; spelled from the weights by default.

        Returns
        -------
        Estimate

        Raises
        ------
        ValueError
            For unknown terms or a wrong number of weights.
        """
        array = self._weights(weights)
        if name is None:
            name = " + ".join(
                term if weight == 1 else f"{weight:g} {term}"
                for term, weight in zip(self.terms, array, strict=True)
                if weight != 0
            ).replace("+ -", "- ")
        return self._pack(name or "0", array, ratio=ratio, level=level, own=None)

    def _weights(self, weights: Mapping[str, float] | Sequence[float] | Floats) -> Floats:
        if isinstance(weights, Mapping):
            array = np.zeros(len(self.terms))
            for term, weight in weights.items():
                array[self._position(term)] = weight
            return array
        array = np.asarray(weights, dtype=float)
        if array.shape != (len(self.terms),):
            raise ValueError(
                f"weights must name terms or be {len(self.terms)} numbers, one for each term."
            )
        return array

    def test(self, terms: str | Sequence[str]) -> HypothesisTest:
        """Wald test that all of ``terms`` are zero.

        A term of the formula with several columns (a factor, a spline) may be named as in the formula.

        Parameters
        ----------
        terms : str or sequence of str

        Returns
        -------
        HypothesisTest
            Chi-squared with a normal reference; F with finite degrees of freedom.

        Raises
        ------
        ValueError
            For unknown terms.
        """
        names = (terms,) if isinstance(terms, str) else tuple(terms)
        positions = np.array([k for name in names for k in self._positions(name)], dtype=int)
        null = 0.0 if self.null is None else self.null
        values = self.values[positions] - null
        block = self.covariance[np.ix_(positions, positions)]
        statistic, df = _wald(values, block)
        denominator = self._denominator(positions)
        named = ", ".join(names)
        common = {
            "name": f"Wald test of {named}",
            "null": f"All coefficients of {named} are zero.",
            "parts": {"terms": tuple(self.terms[k] for k in positions)},
            "method": self.method,
            "notes": self.notes,
            "counts": self.counts,
            "source": self.source,
        }
        if np.isinf(denominator):
            return HypothesisTest(
                statistic=statistic, df=df, p_value=float(limits.chi2_p(statistic, df)), **common
            )
        f_value = statistic / df if df else np.nan
        return HypothesisTest(
            statistic=f_value,
            df=df,
            p_value=float(limits.f_p(f_value, df, denominator)),
            df_denominator=denominator,
            distribution="F",
            **common,
        )

    def _positions(self, name: str) -> list[int]:
        return [self._position(name)]

    def _denominator(self, positions: NDArray[np.intp]) -> float:
        """One df for the joint test: the smallest over its terms, exact for a single term."""
        each = []
        for k in positions:
            weights = np.zeros(len(self.terms))
            weights[k] = 1.0
            each.append(self.freedom.of(weights))
        return min(each)

    def to_frame(self, *, ratio: bool = False) -> pd.DataFrame:
        """One row per term.

        Parameters
        ----------
        ratio : bool
            Estimates and limits on the ratio scale.

        Returns
        -------
        pandas.DataFrame
            Columns term, estimate, std_error, statistic, df, p_value, conf_low, conf_high.
        """
        rows = [self.estimate(term, ratio=ratio) for term in self.terms]
        return pd.DataFrame(
            [{name: getattr(row, name) for name in ESTIMATE_COLUMNS} for row in rows],
            columns=list(ESTIMATE_COLUMNS),
        )


@dataclass(frozen=True, eq=False)
class Fit(Estimates):
    """A fitted model.

    Attributes
    ----------
    formula : str
    design : walkstats.formulas.Terms
        Makes the matrix of new data: ``design.matrix(frame)``.
    log_likelihood, log_likelihood_null : float
    state : {"converged", "boundary", "infinite", "not converged"}
    model : object
        The engine's own object where another package did the work; never needed to read a number.
    """

    formula: str = ""
    design: Terms | None = None
    log_likelihood: float = np.nan
    log_likelihood_null: float = np.nan
    state: str = "converged"
    model: Any = None

    def _positions(self, name: str) -> list[int]:
        if name in self.terms or self.design is None:
            return [self._position(name)]
        columns = self.design.columns_of.get(name)
        if columns is None:
            known = ", ".join(dict.fromkeys([*self.design.columns_of, *self.terms]))
            raise ValueError(f"No term {name!r}. The terms are: {known}.")
        return list(range(columns.start, columns.stop))


@dataclass(frozen=True, eq=False)
class CoxFit(Fit):
    """A fitted Cox model.

    Attributes
    ----------
    ties : {"efron", "breslow", "exact"}
    risk_sets : object
        The data as sorted once (``walkstats.survival.risk_sets``).
    matrix : (n, k) array
        Covariates of the rows used, in the frame's order.
    centre : (k,) array
        Means of the covariates.
    naive_covariance : (k, k) array
        Model-based, also where ``covariance`` is the sandwich.
    tests : mapping of str to HypothesisTest
        likelihood_ratio, score, wald (and robust_score where the variance is the sandwich).
    offset : (n,) array or None
    cluster : (n,) integer codes or None
    kept : (n,) positions of the rows used in the frame given
    index : pandas.Index or None
        Labels of the rows used.
    """

    ties: str = "efron"
    risk_sets: Any = None
    matrix: Floats = field(default_factory=lambda: np.empty((0, 0)))
    centre: Floats = field(default_factory=lambda: np.empty(0))
    naive_covariance: Floats = field(default_factory=lambda: np.empty((0, 0)))
    tests: Mapping[str, HypothesisTest] = field(default_factory=dict)
    offset: Floats | None = None
    cluster: NDArray[np.int64] | None = None
    kept: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    index: pd.Index | None = None


@dataclass(frozen=True, eq=False)
class Curve(Result):
    """A curve by group.

    Attributes
    ----------
    frame : pandas.DataFrame
        Columns group, the x column, estimate, std_error, conf_low, conf_high and, for curves over
        follow-up, n_risk, n_event, n_censor. Sorted by group, then x.
    x : str
        Name of the x column.
    quantity : str
        What the curve shows, e.g. "survival".
    shape : {"step", "line"}
    last : mapping of group to x
        Beyond it the curve is missing.
    level : float
    start : float
        Value before the first step.
    start_x : float
        Where the curve starts.
    """

    frame: pd.DataFrame
    x: str
    quantity: str
    shape: str = "step"
    last: Mapping[str, float] = field(default_factory=dict)
    level: float = 0.95
    start: float = 1.0
    start_x: float = 0.0

    def to_frame(self) -> pd.DataFrame:
        """A copy of the curve's frame."""
        return self.frame.copy()

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups, in order."""
        return tuple(dict.fromkeys(self.frame["group"]))

    def _of(self, group: str) -> pd.DataFrame:
        return self.frame[self.frame["group"] == group]

    def at(self, x: float | Sequence[float] | Floats) -> pd.DataFrame:
        """The curve at chosen points.

        Parameters
        ----------
        x : float or sequence of float
            In the unit of the x column.

        Returns
        -------
        pandas.DataFrame
            One row per group and x. A step curve gives the estimate of the last step at or before x and
            the number at risk just before x (that of the next time); ``n_event`` and ``n_censor`` count
            from the start to x. Beyond the group's last x the estimate is missing.

        Raises
        ------
        ValueError
            For a line at a point where it was not computed.
        """
        points = np.atleast_1d(np.asarray(x, dtype=float))
        parts = [
            self._steps_at(group, points) if self.shape == "step" else self._line_at(group, points)
            for group in self.groups
        ]
        return pd.concat(parts, ignore_index=True)

    def _line_at(self, group: str, points: Floats) -> pd.DataFrame:
        rows = self._of(group)
        grid = rows[self.x].to_numpy(dtype=float)
        places = [np.flatnonzero(np.isclose(grid, point, rtol=1e-12, atol=0)) for point in points]
        if any(len(place) == 0 for place in places):
            raise ValueError("A line is known only where it was computed: ask the method with at=.")
        return rows.iloc[[place[0] for place in places]].reset_index(drop=True)

    def _steps_at(self, group: str, points: Floats) -> pd.DataFrame:
        rows = self._of(group)
        times = rows[self.x].to_numpy(dtype=float)
        step = np.searchsorted(times, points, side="right") - 1
        before = step < 0
        beyond = points > self.last.get(group, np.inf)
        out: dict[str, Any] = {"group": group, self.x: points}
        for name in ("estimate", "std_error", "conf_low", "conf_high"):
            first = 0.0 if name == "std_error" else self.start
            values = np.where(before, first, rows[name].to_numpy(dtype=float)[step])
            out[name] = np.where(beyond, np.nan, values)
        if "n_risk" in rows:
            following = np.searchsorted(times, points, side="left")
            out["n_risk"] = np.append(rows["n_risk"].to_numpy(dtype=float), 0.0)[following]
            for name in ("n_event", "n_censor"):
                total = np.append(0.0, np.cumsum(rows[name].to_numpy(dtype=float)))
                out[name] = total[step + 1]
        return pd.DataFrame(out)

    def quantile(self, p: float | Sequence[float] = 0.5) -> Estimates:
        """x by which a share p has had the event.

        Where the curve is flat at exactly that share, the middle of the flat step is given (as R does).
        The interval inverts the pointwise confidence limits. Missing where the share is not reached.

        Parameters
        ----------
        p : float or sequence of float
            Shares between 0 and 1.

        Returns
        -------
        Estimates
            Terms are the groups; with several shares ``group[share]``.

        Raises
        ------
        ValueError
            For shares outside (0, 1), or a curve that is no probability.
        """
        shares = np.atleast_1d(np.asarray(p, dtype=float))
        if not np.all((shares > 0) & (shares < 1)):
            raise ValueError(f"p must lie between 0 and 1, got {p!r}.")
        if self.quantity not in PROBABILITIES or self.shape != "step":
            raise ValueError(f"A curve of {self.quantity} has no quantiles.")
        several = np.ndim(p) > 0
        terms, found, notes = [], [], []
        for group in self.groups:
            rows = self._of(group)
            found.append(self._crossings(rows, shares))
            terms += [f"{group}[{share:g}]" if several else group for share in shares]
            for share, value in zip(shares, found[-1][:, 0], strict=True):
                if np.isnan(value):
                    end = rows[self.x].to_numpy(dtype=float)[-1]
                    word = "median" if share == 0.5 else f"quantile {share:g}"
                    notes.append(f"{group}: {word} not reached by {end:g} {self.x}.")
        table = np.concatenate(found)
        size = len(terms)
        return Estimates(
            terms=tuple(terms),
            values=table[:, 0],
            covariance=np.full((size, size), np.nan),
            level=self.level,
            limits=table[:, 1:],
            null=None,
            method=f"{self.method} Quantile intervals invert the pointwise limits.".strip(),
            notes=(*self.notes, *notes),
            counts=self.counts,
            source=self.source,
        )

    def _crossings(self, rows: pd.DataFrame, shares: Floats) -> Floats:
        """(shares, 3): the quantile, its lower and its upper limit.

        On a falling curve the lower confidence limit crosses first, so it gives the lower limit of the
        quantile; on a rising one the upper limit does.
        """
        times = rows[self.x].to_numpy(dtype=float)
        falling = self.start == 1.0
        names = ("estimate", "conf_low", "conf_high") if falling else (
            "estimate", "conf_high", "conf_low")  # fmt: skip
        columns = []
        for name in names:
            level = rows[name].to_numpy(dtype=float)
            risen = 1.0 - level if falling else level
            columns.append(_first_reached(times, risen, shares, self.start_x))
        return np.column_stack(columns)


PROBABILITIES = ("survival", "cumulative incidence")
# R's quantile.survfit takes shares closer than this as equal; the golden values follow it.
SAME_SHARE = float(np.sqrt(np.finfo(float).eps))


def _first_reached(times: Floats, risen: Floats, shares: Floats, start: float) -> Floats:
    """First time at which a rising step function reaches each share; middle of a flat step on it."""
    known = ~np.isnan(risen)
    end = times[-1] if len(times) else np.nan
    x = np.append(start, times[known])
    y = np.append(0.0, risen[known])
    rises = np.append(True, np.diff(np.maximum.accumulate(y)) > 0)
    x, y = x[rises], y[rises]
    out = np.full(len(shares), np.nan)
    for j, share in enumerate(shares):
        reached = np.flatnonzero(y >= share - SAME_SHARE)
        passed = np.flatnonzero(y > share + SAME_SHARE)
        if len(reached):
            # Flat on the share: until the next rise, or until the end of follow-up.
            out[j] = (x[reached[0]] + (x[passed[0]] if len(passed) else end)) / 2.0
            if len(passed) and passed[0] == reached[0]:
                out[j] = x[reached[0]]
    return out


def _wald(values: Floats, block: Floats) -> tuple[float, float]:
    """Statistic and rank of a Wald test; a singular block loses its null directions."""
    if not np.all(np.isfinite(block)) or not np.all(np.isfinite(values)):
        return np.nan, float(len(values))
    scale = np.sqrt(np.clip(np.diag(block), 0, None))
    scale[scale == 0] = 1.0
    roots, vectors = np.linalg.eigh(block / np.outer(scale, scale))
    kept = roots > roots.max(initial=0.0) * len(values) * np.finfo(float).eps * 16
    along = vectors.T @ (values / scale)
    return float(np.sum(along[kept] ** 2 / roots[kept])), float(kept.sum())


def _level(level: float) -> float:
    from walkstats._arguments import check_level

    return check_level(level)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
