"""What must be said of a regression of an event: its method, and what a reader has to know."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from walkstats.errors import FitError
from walkstats.numerics.separation import Undetermined
from walkstats.regression.linear import NEARLY_COLLINEAR
from walkstats.regression.risks.binary_errors import BinaryVariance, Chosen
from walkstats.regression.risks.binary_likelihood import BinaryMaximum
from walkstats.regression.risks.binary_links import Link
from walkstats.regression.risks.binary_rows import BinaryRows
from walkstats.regression.risks.likelihood_search import Asked, Fitting
from walkstats.regression.standard_errors import FEW_CLUSTERS

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


def method_of(read: BinaryRows, asked: Asked, variance: BinaryVariance) -> str:
    """What a methods section says."""
    terms = [term for term in read.rows.design.terms.columns_of if term != "intercept"]
    text = f"{asked.link.described} of {read.event} on {', '.join(terms) or 'a constant'}"
    if asked.penalty:
        text += ", Firth's penalised likelihood"
    if asked.weighted:
        text += f", weighted by {asked.weighted}"
    text += f"; {asked.chosen.kind.described}"
    if asked.chosen.clusters:
        text += f", {asked.chosen.clusters} clusters of {asked.chosen.by}"
    if asked.profile:
        return f"{text}; profile-likelihood intervals and likelihood-ratio tests of single terms."
    if variance.freedom.rule == "normal":
        return f"{text}; Wald intervals."
    if variance.freedom.rule == "satterthwaite":
        return f"{text}; t with Bell and McCaffrey's Satterthwaite degrees of freedom."
    return f"{text}; t with {variance.freedom.value:g} degrees of freedom (clusters less one)."


def notes_of(
    read: BinaryRows, fitting: Fitting, found: BinaryMaximum, limits: Floats | None
) -> list[str]:
    """What a reader must know of the fit."""
    names, notes, design = read.rows.design.terms.names, [], fitting.design
    if design.condition > NEARLY_COLLINEAR:
        notes.append(
            f"Nearly collinear covariates (condition number {design.condition:.3g}): "
            f"{', '.join(names[j] for j in design.nearly)}. The data hardly tell them apart."
        )
    if found.state == "not converged":
        notes.append("The search did not converge: do not use these numbers.")
    if found.open is not None:
        notes.append(_said_of_infinity(names, found.open, read.event, fitting, limits))
    if fitting.asked.link.name in ("poisson", "squares"):
        beyond = (found.eta > (0.0 if fitting.asked.link.name == "poisson" else 1.0)).sum()
        below = (found.eta < 0.0).sum() if fitting.asked.link.name == "squares" else 0
        if beyond + below:
            notes.append(f"{beyond + below} fitted risk(s) lie outside 0 to 1.")
    return notes


def _said_of_infinity(
    names: tuple[str, ...], open_: Undetermined, event: str, fitting: Fitting, limits: Floats | None
) -> str:
    listed = " and ".join(names[k] for k in np.flatnonzero(open_.infinite))
    why = f"the covariates set apart rows with {event} from rows without (separation)"
    if fitting.asked.link.rises != "towards the outcome":
        why = f"where it sets rows apart none has {event}"
    text = f"{listed}: no finite coefficient, since {why}. "
    either = [names[k] for k in np.flatnonzero(np.isnan(open_.signs))]
    if either:
        text += f"That of {' and '.join(either)} may run either way. "
    if limits is not None and not np.isnan(limits[open_.infinite]).all():
        return text + "The limits are those of the profile likelihood; penalty='firth' is finite."
    if fitting.asked.link.name == "logit":
        return text + "It has no standard error; penalty='firth' gives a finite one."
    return text + "It has no standard error; merge levels, or leave it out."


def notes_of_errors(read: BinaryRows, chosen: Chosen, variance: BinaryVariance) -> list[str]:
    """What a reader must know of its standard errors."""
    notes, rows = [], read.rows
    if chosen.groups is None and rows.repeated:
        notes.append(f"{rows.repeated} participants have several rows, taken as independent.")
    if chosen.kind.name in ("CR0", "CR1") and 0 < chosen.clusters < FEW_CLUSTERS:
        notes.append(
            f"{chosen.kind.name} standard errors are too small with {chosen.clusters} clusters; "
            "CR2 is not."
        )
    if variance.unknown:
        named = ", ".join(rows.design.terms.names[j] for j in variance.unknown)
        what = f"one cluster of {chosen.by}" if chosen.clusters else "one row"
        notes.append(f"No standard error for {named}, which rests on {what} alone.")
    return notes


def refuse_boundary(read: BinaryRows, link: Link, found: BinaryMaximum) -> None:
    """Refuse a likelihood that is largest where risks are 0 or 1."""
    ways = "model='poisson'" if link.name == "log" else "model='least-squares'"
    raise FitError(
        f"The likelihood is largest where risks of {read.event} are 0 or 1 (those fitted reach "
        f"from {link.working(found.eta)[0].min():.3g} to "
        f"{link.working(found.eta)[0].max():.3g}), where no standard error holds. Use {ways}, or "
        "standardised_risks after logistic."
    )
