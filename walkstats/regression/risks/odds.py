"""By what factor does a covariate multiply the odds of an event? Logistic regression."""

from __future__ import annotations

import pandas as pd

from walkstats._arguments import check_choice, check_level
from walkstats.regression.risks.binary_errors import check_errors, chosen_errors
from walkstats.regression.risks.binary_fit import BinaryFit, fit_binary
from walkstats.regression.risks.binary_links import LINKS
from walkstats.regression.risks.binary_rows import read_binary
from walkstats.regression.risks.likelihood_search import Asked
from walkstats.regression.rows import DEFAULT_SUBJECT

SCALES = ("logit", "probit", "cloglog")
INTERVALS = ("wald", "profile")


def logistic(
    frame: pd.DataFrame,
    formula: str,
    *,
    event_value: object = None,
    link: str = "logit",
    penalty: str | None = None,
    interval: str | None = None,
    se: str | None = None,
    cluster: str | None = None,
    weights: str | None = None,
    frequencies: str | None = None,
    level: float = 0.95,
    subject: str = DEFAULT_SUBJECT,
) -> BinaryFit:
    """Estimate by what factor covariates multiply the odds of an event.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per participant, or per participant and visit.
    formula : str
        Event and covariates: ``"recovered ~ arm + age"``.
    event_value : object, optional
        The value of the outcome that is the event (or several), where the column is not boolean or
        0 and 1. It is never guessed; ``method`` says it.
    link : {"logit", "probit", "cloglog"}
        Scale on which covariates act. "cloglog" gives ratios of cumulative hazards.
    penalty : "firth", optional
        Firth's penalised likelihood: less biased when events are few, and finite under separation.
    interval : {"wald", "profile"}, optional
        Intervals and tests of single terms by the standard error or by the profile of the
        likelihood. By default "wald", and "profile" with ``penalty="firth"``.
    se : str, optional
        "model", "HC0" to "HC3" for rows that are independent; "CR0" to "CR3" for clusters. By
        default "model"; HC0 with weights, and CR2 where rows are clustered.
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
        ``fit.estimate("arm[walking]", ratio=True)`` is the odds ratio; ``fit.fitted`` the risks.

    Raises
    ------
    ValueError
        For a formula or argument that cannot be used.
    DataError
        For an outcome that is neither boolean nor 0 and 1 when ``event_value`` does not say which
        value is the event.
    FitError
        For covariates that are combinations of others, more coefficients than rows, a single
        cluster, and an event that happens in no row or in all.

    Notes
    -----
    log(p / (1 - p)) = x'b, by maximum likelihood. An odds ratio depends on the other covariates of
    the model even when these are balanced, and is further from 1 than the risk ratio unless the
    event is rare: `standardised_risks` turns a fit into risks, `relative_risk` and
    `risk_difference` model them.

    Where covariates set rows with the event apart from rows without, the likelihood rises for ever:
    ``state`` is "infinite", the coefficients concerned are infinite without standard error, and
    where one direction alone rises their limits are those of the profile likelihood. A linear
    programme says which rows are set apart; the others determine the remaining coefficients.

    Firth's penalty adds half the log determinant of the information. Its tests and intervals are
    those of the penalised likelihood [2]_, with the information of all columns also where a
    coefficient is held at 0, as in R's logistf. CR2 and its degrees of freedom take the last step
    of the fit as a weighted linear regression, as R's clubSandwich does; CR1 has the factor G / (G
    - 1) of G clusters. Standard errors of probit and cloglog models use the expected information,
    as R does.

    References
    ----------
    .. [1] Firth D (1993). Bias reduction of maximum likelihood estimates. *Biometrika* 80:27-38.
       https://doi.org/10.1093/biomet/80.1.27
    .. [2] Heinze G, Schemper M (2002). A solution to the problem of separation in logistic
       regression. *Stat Med* 21:2409-2419. https://doi.org/10.1002/sim.1047

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "arm": ["control", "control", "walking", "walking"],
    ...     "recovered": ["yes", "no"] * 2, "n": [20, 30, 30, 20]})
    >>> fit = logistic(table, "recovered ~ arm", event_value="yes", frequencies="n")
    >>> round(fit.estimate("arm[walking]", ratio=True).estimate, 2)
    2.25
    """
    check_level(level)
    check_choice(link, SCALES, "link")
    if penalty is not None:
        check_choice(penalty, ("firth",), "penalty")
        if link != "logit" or weights is not None:
            raise ValueError(
                "penalty='firth' is for link='logit' without case weights; frequencies= count "
                "copies of a row."
            )
    if interval is not None:
        check_choice(interval, INTERVALS, "interval")
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
    default = "model" if weights is None else "HC0"
    chosen = chosen_errors(read.rows, se, default, cluster, subject)
    robust = chosen.kind.name != "model"
    if interval == "profile" and robust:
        raise ValueError(
            f"A likelihood knows nothing of robust errors ({chosen.kind.name}): take "
            "interval='wald', or se='model'."
        )
    asked = Asked(
        formula=formula,
        link=LINKS[link],
        chosen=chosen,
        penalty=penalty,
        profile=interval == "profile" or (interval is None and penalty is not None and not robust),
        weighted=weights or "",
        level=level,
    )
    return fit_binary(read, asked)
