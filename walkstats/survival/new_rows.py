"""Which covariates, strata and spells do new rows bring to a fitted Cox model?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._arguments import check_column
from walkstats._variables import as_numbers, missing
from walkstats.errors import DataError, FitError
from walkstats.results import CoxFit
from walkstats.survival.predicted_steps import Path

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


def check_finite(fit: CoxFit) -> None:
    """Refuse what is no Cox fit, and one whose coefficients are not all finite."""
    if not isinstance(fit, CoxFit):
        raise ValueError(f"fit must be a Cox fit, got {type(fit).__name__}.")
    wild = [term for term, b in zip(fit.terms, fit.values, strict=True) if not np.isfinite(b)]
    if wild or fit.state == "infinite":
        raise FitError(
            f"The coefficient of {', '.join(wild) or 'some term'} is not finite, so the model "
            "has no predictions and no residuals. Leave the term out or merge its levels."
        )


@dataclass(frozen=True, eq=False)
class NewRows:
    """Covariates (n, k) from the centre, log risks (n,), strata (n,) or None where not said."""

    x: Floats
    log_risk: Floats
    stratum: Indices | None


def read_new_rows(fit: CoxFit, new: pd.DataFrame) -> NewRows:
    """Read covariates by name, in any order; missing columns, values and levels are refused."""
    if fit.design is None:
        raise ValueError("This fit carries no design, so it cannot read new data.")
    if len(new) == 0:
        raise DataError.of("the new data have no rows", what_to_do="give one row per person")
    x = fit.design.matrix(new) - fit.centre
    log_risk: Floats = x @ fit.values
    if "offset" in fit.columns:
        name = fit.columns["offset"]
        check_column(new, name, "the offset")
        log_risk = log_risk + as_numbers(new[name], name)
    unknown = np.isnan(log_risk)
    if unknown.any():
        gaps = [str(c) for c in fit.design.columns if missing(new[c]).any()]
        raise DataError.of(
            f"the new data have missing values in {int(unknown.sum())} of {len(new)} rows",
            column=", ".join(gaps),
            row=int(np.flatnonzero(unknown)[0]),
            count=int(unknown.sum()),
            what_to_do="leave these rows out on purpose (dropna), or fill them in",
        )
    return NewRows(x, log_risk, _strata(fit, new))


def _strata(fit: CoxFit, new: pd.DataFrame) -> Indices | None:
    """Code of the stratum of each row; None where the columns of the strata are not given."""
    present = [name for name in fit.strata if name in new.columns]
    if not fit.strata:
        return np.zeros(len(new), dtype=np.intp)
    if not present:
        return None
    for name in fit.strata:
        check_column(new, name, "strata")
    code_of = {tuple(map(str, values)): k for k, values in enumerate(fit.stratum_values)}
    keys = list(zip(*(_as_seen(fit, new, name) for name in fit.strata), strict=True))
    codes = np.array([code_of.get(key, -1) for key in keys], dtype=np.intp)
    if np.any(codes < 0):
        row = int(np.flatnonzero(codes < 0)[0])
        raise DataError.of(
            f"no stratum {', '.join(keys[row])} in the model",
            column=", ".join(fit.strata),
            row=row,
            count=int(np.sum(codes < 0)),
            what_to_do=f"the strata are: {'; '.join(stratum_labels(fit))}",
        )
    return codes


def _as_seen(fit: CoxFit, new: pd.DataFrame, name: str) -> list[str]:
    """Values of a stratum column as text, spelled as the fit's are (1.0 for 1 and so on)."""
    known = {values[fit.strata.index(name)] for values in fit.stratum_values}
    spelled = {value: str(value) for value in known}
    return [spelled.get(value, str(value)) for value in new[name]]


def stratum_labels(fit: CoxFit) -> list[str]:
    """What each stratum is called; ``all`` where there is one."""
    labels = [", ".join(map(str, values)) for values in fit.stratum_values]
    return labels if fit.strata else ["all"]


def repeats(new: pd.DataFrame) -> bool:
    """Whether labels of the index repeat, so that they cannot name the curves."""
    return len({str(label) for label in new.index}) < len(new)


def paths_of_rows(fit: CoxFit, new: pd.DataFrame) -> dict[str, Path]:
    """One path per row; one per row and stratum where the rows do not say theirs."""
    rows = read_new_rows(fit, new)
    names = [str(label) for label in new.index]
    if repeats(new):
        names = [str(k) for k in range(len(names))]
    paths = {}
    for k, name in enumerate(names):
        x, log_risk = rows.x[k : k + 1], rows.log_risk[k : k + 1]
        if rows.stratum is not None:
            paths[name] = Path.constant(int(rows.stratum[k]), x, log_risk)
            continue
        for code, label in enumerate(stratum_labels(fit)):
            group = label if len(names) == 1 else f"{name}, {label}"
            paths[group] = Path.constant(code, x, log_risk)
    return paths


def paths_of_spells(
    fit: CoxFit, new: pd.DataFrame, subject: str, entry: str | None, time: str | None
) -> dict[str, Path]:
    """One path per subject, through the spells of its rows."""
    check_column(new, subject, "the subject")
    low = spell_times(new, entry or fit.columns.get("entry", "start_days"), "the entry time")
    high = spell_times(new, time or fit.columns.get("time", "stop_days"), "the time")
    rows = read_new_rows(fit, new)
    if rows.stratum is None:
        raise DataError.of(
            "the spells do not say their stratum", column=", ".join(fit.strata),
            what_to_do=f"add the column(s) {', '.join(fit.strata)}",
        )  # fmt: skip
    paths = {}
    for name, members in new.groupby(subject, sort=False, observed=True).indices.items():
        order = members[np.argsort(low[members], kind="stable")]
        begins, ends = low[order], high[order]
        if np.any(begins >= ends) or np.any(begins[1:] != ends[:-1]):
            raise DataError.of(
                "spells overlap, leave a gap or have no length",
                column=str(subject),
                ids=[name],
                what_to_do="let each spell begin where the one before ends",
            )
        paths[str(name)] = Path(
            rows.stratum[order], rows.x[order], rows.log_risk[order], begins, ends
        )
    return paths


def spell_times(new: pd.DataFrame, name: str, role: str) -> Floats:
    """Times (n,) of a column, none missing."""
    values = as_numbers(check_column(new, name, role), name)
    if np.any(np.isnan(values)):
        raise DataError.of(f"{name} is missing", column=name, count=int(np.isnan(values).sum()))
    return values
