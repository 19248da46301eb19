"""How is a mixed model said? Its method, and what a reader must know."""

from __future__ import annotations

import numpy as np

from walkstats.regression.mixed.person_rows import PersonRows

FEW_GROUPS = 10


def method_of(read: PersonRows, *, correlated: bool, reml: bool, df: str) -> str:
    """The model in a sentence."""
    terms = [t for t in read.rows.design.terms.columns_of if t != "intercept"]
    text = f"Linear mixed model of {read.rows.outcome_name} on {', '.join(terms) or 'a constant'}"
    text += f", random {_random(read, correlated)} by {read.subject}"
    if read.nested is not None:
        text += f" within {read.nested} (random intercept)"
    text += ", restricted maximum likelihood (REML)" if reml else ", maximum likelihood"
    if df == "normal":
        return f"{text}; model-based standard errors, Wald intervals."
    if df == "kenward-roger":
        return f"{text}; standard errors and degrees of freedom of Kenward and Roger."
    return f"{text}; t with Satterthwaite degrees of freedom."


def _random(read: PersonRows, correlated: bool) -> str:
    names = read.random_terms.names
    slopes = [name for name in names if name != "intercept"]
    parts = ["intercept"] if "intercept" in names else []
    parts += [f"slope{'s' * (len(slopes) > 1)} of {', '.join(slopes)}"] if slopes else []
    joined = " and ".join(parts)
    if len(names) > 1:
        joined += " (correlated)" if correlated else " (uncorrelated)"
    return joined


def notes_of(read: PersonRows, *, converged: bool, edge: list[str]) -> list[str]:
    """What a reader must know of the search, the boundary and the groups."""
    notes = []
    if not converged:
        notes.append("The search did not converge: do not use these numbers.")
    if edge:
        notes.append(
            f"At the boundary: {'; '.join(edge)}. The data cannot tell this part of the variation; "
            "a simpler random part may do."
        )
    if read.outer_names is not None and len(read.outer_names) < FEW_GROUPS:
        notes.append(
            f"{len(read.outer_names)} groups of {read.nested}: how much they differ is hardly "
            "known."
        )
    ones = int(np.sum(np.bincount(read.people) == 1))
    if ones:
        notes.append(
            f"{ones} of {len(read.names)} participants have one row; they say nothing of what "
            "changes within people."
        )
    return notes
