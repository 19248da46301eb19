"""What must hold for natural effects, and how does a methods section say what was done?"""

from __future__ import annotations

from walkstats.causal.mediation.mediation_rows import Asked, MediationRows

MODEL_WORDS = {
    "linear": "linear regression",
    "logistic": "logistic regression",
    "probit": "probit regression",
    "ordered": "a proportional-odds model",
}


def assumptions(
    asked: Asked, rows: MediationRows, *, randomised: bool, landmark: float | None
) -> tuple[str, ...]:
    """The assumptions as sentences: four of no confounding, then the others."""
    given = f"given {', '.join(rows.covariate_names)}" if rows.covariate_names else "as they are"
    if landmark is not None:
        arm = (
            f"not given by randomisation, since only those still free of the event on day "
            f"{landmark:g} are compared, and that may depend on the arm"
        )
    elif randomised:
        arm = "given by randomisation, as far as those with complete data are like those without"
    else:
        arm = "not given by randomisation: the arms were not randomised"
    m, y = asked.mediator_said, asked.outcome_said
    sentences: tuple[str, ...] = (
        f"1. Nothing unmeasured affects both {asked.by} and {y}, {given}: {arm}.",
        f"2. Nothing unmeasured affects both {asked.by} and {m}, {given}: {arm}.",
        f"3. Nothing unmeasured affects both {m} and {y}, given {asked.by} and the covariates: "
        f"never given by randomisation, since nobody was randomised to {m}; see sensitivity.",
        f"4. Nothing that affects both {m} and {y} is itself changed by {asked.by}: not given by "
        "randomisation either.",
        f"{m} comes before {y}, and both models are right, also at values of the mediator that one "
        "of the arms hardly has.",
    )
    if any(reason.endswith(" missing") for reason in rows.counts.left_out):
        sentences += (
            "Rows with something missing are like the others with the same covariates (complete "
            "cases); imputed data sets can be analysed one by one and pooled.",
        )
    return sentences


def method_of(asked: Asked, rows: MediationRows, interval: str, quantity: str, measure: str) -> str:
    """What was done, as a methods section says it."""
    models = rows.models
    reference, second = rows.arms
    adjusted = ", ".join(rows.covariate_names)
    text = (
        f"Natural direct and indirect effects of {asked.by} ({second} against {reference}) on "
        f"{quantity} through {asked.mediator_said}, as {measure}s: "
        f"{MODEL_WORDS[models.mediator]} of the mediator and {MODEL_WORDS[models.outcome]} of the "
        f"outcome with{'' if models.interaction else 'out'} interaction of arm and mediator, "
    )
    text += f"both adjusted for {adjusted}; " if adjusted else "without covariates; "
    if models.at_means and adjusted:
        text += "at the means of the covariates. "
    else:
        text += "averaged over the participants (g-computation). "
    text += (
        "The direct effect is that with the mediator as in "
        f"{reference}, the indirect one that in {second}: they add up to the total. "
        if measure == "difference"
        else f"The direct effect is that with the mediator as in {reference}, the indirect one "
        f"that in {second}: their product is the total. "
    )
    return text + interval
