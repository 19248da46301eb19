"""By what factor, or by how much, does a covariate change the risk itself?"""

from __future__ import annotations

import pandas as pd

from walkstats._arguments import check_choice, check_level
from walkstats.regression.risks.binary_errors import check_errors, chosen_errors
from walkstats.regression.risks.binary_fit import BinaryFit, fit_binary
from walkstats.regression.risks.binary_links import LINKS
from walkstats.regression.risks.binary_rows import read_binary
from walkstats.regression.risks.likelihood_search import Asked
from walkstats.regression.rows import DEFAULT_SUBJECT

# Model as the argument takes it: its link, and its standard error without a word of the user.
RATIOS = {"poisson": ("poisson", "HC0"), "log-binomial": ("log", "model")}
DIFFERENCES = {"least-squares": ("squares", "HC3"), "binomial": ("identity", "model")}


def relative_risk(
    frame: pd.DataFrame,
    formula: str,
    *,
    event_value: object = None,
    model: str = "poisson",
    se: str | None = None,
    cluster: str | None = None,
    weights: str | None = None,
    frequencies: str | None = None,
    level: float = 0.95,
    subject: str = DEFAULT_SUBJECT,
) -> BinaryFit:
    """Estimate by what factor covariates multiply the risk of an event.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant, or per participant and visit.
    formula : str
        Event and covariates: ``"recovered ~ arm + age"``.
    event_value : object, optional
        The value of the outcome that is the event (or several), where the column is not boolean or
        0 and 1.
    model : {"poisson", "log-binomial"}
        Modified Poisson regression, or binomial likelihood with a log link, which may have no
        maximum within the risks that can be.
    se : str, optional
        "HC0" to "HC3", "CR0" to "CR3" for clusters; "model" for the log-binomial model. By default
        HC0 (modified Poisson) or "model", and CR2 where rows are clustered.
    cluster : str, optional
        Column of clusters. By default the participant, where `subject` repeats.
    weights : str, optional
        Column of case weights, such as inverse probabilities. Rows of weight 0 are left out.
    frequencies : str, optional
        Column that says how many participants a row stands for.
    level : float
        Confidence level.
    subject : str
        Column of the participant.

    Returns
    -------
    BinaryFit
        ``fit.estimate("arm[walking]", ratio=True)`` is the risk ratio.

    Raises
    ------
    ValueError
        For a formula or argument that cannot be used.
    DataError
        For an outcome that is neither boolean nor 0 and 1 when ``event_value`` does not say which
        value is the event.
    FitError
        For covariates that are combinations of others, more coefficients than rows, a single
        cluster, an event that happens in no row or in all, and a log-binomial model whose maximum
        lies where risks are 1.

    Notes
    -----
    log p = x'b. Modified Poisson regression solves the score equations of Poisson regression, which
    need the mean only; its model-based errors are too large for events, so they are robust [1]_.
    Nothing keeps its fitted risks below 1: a note counts those above. Where a level has no events
    its coefficient is minus infinity; ``state`` says "infinite".

    References
    ----------
    .. [1] Zou G (2004). A modified Poisson regression approach to prospective studies with binary
       data. *Am J Epidemiol* 159:702-706. https://doi.org/10.1093/aje/kwh090

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "arm": ["control", "control", "walking", "walking"],
    ...     "recovered": [1, 0] * 2, "n": [20, 30, 30, 20]})
    >>> fit = relative_risk(table, "recovered ~ arm", frequencies="n")
    >>> round(fit.estimate("arm[walking]", ratio=True).estimate, 2)
    1.5
    """
    check_choice(model, RATIOS, "model")
    link, default = RATIOS[model]
    if model == "poisson" and se == "model":
        raise ValueError(
            "Model-based errors of modified Poisson regression are those of counts, not of events: "
            "use se='HC0', or model='log-binomial'."
        )
    return _fitted(
        frame, formula, link, default, se, cluster, weights, event_value, frequencies, level,
        subject,
    )  # fmt: skip


def risk_difference(
    frame: pd.DataFrame,
    formula: str,
    *,
    event_value: object = None,
    model: str = "least-squares",
    se: str | None = None,
    cluster: str | None = None,
    weights: str | None = None,
    frequencies: str | None = None,
    level: float = 0.95,
    subject: str = DEFAULT_SUBJECT,
) -> BinaryFit:
    """Estimate by how much covariates change the risk of an event.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant, or per participant and visit.
    formula : str
        Event and covariates: ``"recovered ~ arm + age"``.
    event_value : object, optional
        The value of the outcome that is the event (or several), where the column is not boolean or
        0 and 1.
    model : {"least-squares", "binomial"}
        Least squares with robust errors, or binomial likelihood with an identity link, which may
        have no maximum within the risks that can be.
    se : str, optional
        "HC0" to "HC3", "CR0" to "CR3" for clusters; "model" for the binomial model. By default HC3
        (least squares) or "model", and CR2 where rows are clustered.
    cluster : str, optional
        Column of clusters. By default the participant, where `subject` repeats.
    weights : str, optional
        Column of case weights, such as inverse probabilities. Rows of weight 0 are left out.
    frequencies : str, optional
        Column that says how many participants a row stands for.
    level : float
        Confidence level.
    subject : str
        Column of the participant.

    Returns
    -------
    BinaryFit
        ``fit.estimate("arm[walking]")`` is the difference in risk, 0.1 for ten in a hundred.

    Raises
    ------
    ValueError
        For a formula or argument that cannot be used.
    DataError
        For an outcome that is neither boolean nor 0 and 1 when ``event_value`` does not say which
        value is the event.
    FitError
        For covariates that are combinations of others, more coefficients than rows, a single
        cluster, an event that happens in no row or in all, and a binomial model whose maximum lies
        where risks are 0 or 1.

    Notes
    -----
    p = x'b. A difference that is the same at all values of the covariates is often not plausible;
    `standardised_risks` averages over people the differences that a logistic model implies.

    References
    ----------
    .. [1] Cheung YB (2007). A modified least-squares regression approach to the estimation of risk
       difference. *Am J Epidemiol* 166:1337-1344. https://doi.org/10.1093/aje/kwm223

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "arm": ["control", "control", "walking", "walking"],
    ...     "recovered": [1, 0] * 2, "n": [20, 30, 30, 20]})
    >>> fit = risk_difference(table, "recovered ~ arm", frequencies="n")
    >>> round(fit.estimate("arm[walking]").estimate, 2)
    0.2
    """
    check_choice(model, DIFFERENCES, "model")
    link, default = DIFFERENCES[model]
    if model == "least-squares" and se == "model":
        raise ValueError(
            "Least squares takes the variances of events as equal, which they are not: use "
            "se='HC3', or model='binomial'."
        )
    return _fitted(
        frame, formula, link, default, se, cluster, weights, event_value, frequencies, level,
        subject,
    )  # fmt: skip


def _fitted(
    frame: pd.DataFrame,
    formula: str,
    link: str,
    default: str,
    se: str | None,
    cluster: str | None,
    weights: str | None,
    event_value: object,
    frequencies: str | None,
    level: float,
    subject: str,
) -> BinaryFit:
    check_level(level)
    check_errors(se, cluster)
    read = read_binary(
        frame,
        formula,
        event_value=event_value,
        weights=weights,
        frequencies=frequencies,
        cluster=cluster,
        subject=subject,
    )
    if weights is not None and default == "model":
        default = "HC0"
    chosen = chosen_errors(read.rows, se, default, cluster, subject)
    return fit_binary(
        read, Asked(formula, LINKS[link], chosen, weighted=weights or "", level=level)
    )
