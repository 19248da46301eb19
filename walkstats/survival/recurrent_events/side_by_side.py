"""What do the models for recurrent events say of the same data, and what does each estimate?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from walkstats._arguments import check_frame
from walkstats.errors import FitError
from walkstats.results import Estimates
from walkstats.results.frozen import Result
from walkstats.survival.proportional import cox
from walkstats.survival.recurrent_events.event_order import prentice_williams_peterson
from walkstats.survival.recurrent_events.frailties import shared_frailty
from walkstats.survival.recurrent_events.marginal_times import wei_lin_weissfeld
from walkstats.survival.recurrent_events.rates import andersen_gill
from walkstats.survival.recurrent_events.spells import Spells, read_spells

# Model -> what its ratio compares.
ESTIMATES = {
    "First recurrence (Cox)": "The hazard of the first recurrence; later ones do not count.",
    "Rate (Andersen-Gill)": (
        "The rate at which recurrences come, all of them counted, whatever happened before."
    ),
    "Next recurrence, total time (PWP)": (
        "The hazard of the next recurrence by time since the beginning, among those who have had "
        "as many before; conditional on what followed treatment."
    ),
    "Next recurrence, gap time (PWP)": (
        "The hazard of the next recurrence by time since the last, among those who have had as "
        "many before; conditional on what followed treatment."
    ),
    "Each recurrence (WLW, combined)": (
        "The hazard of the first, second, ... recurrence from the beginning, combined; later ones "
        "carry the effect on those before."
    ),
    "Within people (gamma frailty)": (
        "The hazard between people who are equally prone; under that model further from 1 than "
        "the hazard ratio of the first recurrence."
    ),
}
OUT_OF_EPISODE = (
    "The intensity of a new onset among those out of an episode; how long episodes last does not "
    "count."
)


@dataclass(frozen=True, eq=False)
class RecurrentModels(Result):
    """Models for recurrent events, fitted to the same data.

    Attributes
    ----------
    fits : mapping of str to Estimates
        By name of the model.
    estimates : mapping of str to str
        What the ratios of each model compare, a sentence.
    """

    fits: Mapping[str, Estimates] = field(default_factory=dict)
    estimates: Mapping[str, str] = field(default_factory=dict)

    def to_frame(self) -> pd.DataFrame:
        """One row per model and term, ratios as ratios.

        Returns
        -------
        pandas.DataFrame
            Columns model, term, measure, estimate, std_error (of the log), p_value, conf_low,
            conf_high, what_it_estimates.
        """
        parts = []
        columns = ["term", "estimate", "std_error", "p_value", "conf_low", "conf_high"]
        for name, fit in self.fits.items():
            frame = fit.to_frame(ratio=fit.link == "log")[columns]
            frame.insert(0, "model", name)
            frame.insert(2, "measure", fit.measure)
            parts.append(frame.assign(what_it_estimates=self.estimates[name]))
        return pd.concat(parts, ignore_index=True)


def compare_recurrent_models(
    episodes: pd.DataFrame,
    formula: str,
    *,
    up_to: int | None = None,
    others: Mapping[str, tuple[Estimates, str]] | None = None,
    cluster: str = "participant_id",
    subject: str | None = None,
    at_risk: str | None = None,
    strata: Any = None,
    ties: str = "efron",
    time: str | None = None,
    event: str = "event",
    event_value: object = None,
    entry: str | None = None,
    weights: str | None = None,
    frequencies: str | None = None,
    level: float = 0.95,
) -> RecurrentModels:
    """Fit every model for recurrent events and lay side by side what each says and means.

    Parameters
    ----------
    episodes : pandas.DataFrame
        One row per participant and spell of follow-up (start, stop], which a recurrence ends or
        does not.
    formula : str
        Covariates, such as ``"arm + age"``; no left side, no intercept.
    up_to : int, optional
        Events from this one on share a stratum in the models for the next recurrence, and are left
        out of the marginal ones; by default as in those.
    others : mapping of str to (Estimates, str), optional
        Further models to stand beside them, such as a negative binomial regression of the counts,
        with a sentence on what each estimates.
    cluster, subject, at_risk, strata, ties, time, event, event_value, entry, weights, frequencies
        As in `andersen_gill`.
    level : float
        Confidence level.

    Returns
    -------
    RecurrentModels

    Raises
    ------
    ValueError, DataError
        As `andersen_gill`.
    FitError
        Where no model can be fitted.

    Notes
    -----
    The models answer different questions, so their ratios differ without any being wrong. Choose by
    question, before seeing this table: for the number of recurrences under a policy of treatment
    the ratio of rates with days in an episode at risk, and the mean counts. A model that cannot be
    fitted is left out, with a note that says why.

    References
    ----------
    .. [1] Amorim LD, Cai J. Modelling recurrent events: a tutorial for analysis in epidemiology.
       Int J Epidemiol 2015;44:324-333. https://doi.org/10.1093/ije/dyu222

    Examples
    --------
    >>> import pandas as pd
    >>> from walkstats import survival
    >>> spells = pd.DataFrame({
    ...     "participant_id": [1, 1, 1, 2, 3, 3, 4, 4, 4, 5, 6, 6, 6],
    ...     "arm": ["control"] * 6 + ["walking"] * 4 + ["control"] * 3,
    ...     "start_days": [0, 30, 60, 0, 0, 90, 0, 200, 230, 0, 0, 40, 80],
    ...     "stop_days": [30, 60, 365, 365, 90, 365, 200, 230, 365, 365, 40, 80, 365],
    ...     "event": [1, 1, 0, 0, 1, 0, 1, 1, 0, 0, 1, 1, 0]})
    >>> found = survival.compare_recurrent_models(spells, "arm", up_to=2)
    >>> len(found.fits), found.to_frame()["term"].unique().tolist()
    (6, ['arm[walking]'])
    """
    check_frame(episodes)
    person = subject or cluster
    follow_up: dict[str, Any] = {
        "time": time, "event": event, "event_value": event_value, "entry": entry,
        "weights": weights, "frequencies": frequencies,
    }  # fmt: skip
    spells = read_spells(episodes, person, at_risk=at_risk, follow_up=follow_up)
    common: dict[str, Any] = {"strata": strata, "ties": ties, "level": level, **follow_up}
    clustered = {"cluster": cluster, "subject": person, **common}
    known = {**clustered, "at_risk": spells.at_risk or None}
    first = episodes.iloc[np.sort(spells.kept[spells.before == 0])]
    makers: dict[str, Callable[[], Estimates]] = {
        "First recurrence (Cox)": lambda: cox(first, formula, **clustered),
        "Rate (Andersen-Gill)": lambda: andersen_gill(episodes, formula, **known),
        "Next recurrence, total time (PWP)": lambda: prentice_williams_peterson(
            episodes, formula, up_to=up_to, **known
        ),
        "Next recurrence, gap time (PWP)": lambda: prentice_williams_peterson(
            episodes, formula, timescale="gap", up_to=up_to, **known
        ),
        "Each recurrence (WLW, combined)": lambda: (
            wei_lin_weissfeld(episodes, formula, up_to=up_to, **clustered).average
        ),
        "Within people (gamma frailty)": lambda: shared_frailty(
            episodes, formula, **{**common, "subject": person}
        ),
    }
    fits, failed = _fitted(makers)
    sentences = {name: _sentence(name, spells) for name in fits}
    for name, (fit, sentence) in (others or {}).items():
        fits[name], sentences[name] = fit, sentence
    notes = dict.fromkeys(note for fit in fits.values() for note in fit.notes)
    rate = next(iter(fits.values()))
    return RecurrentModels(
        fits=fits,
        estimates=sentences,
        method=(
            f"Models for recurrent events with covariates {formula}. {spells.said()} "
            "Ratios with their intervals as each model gives them."
        ),
        notes=(*notes, *failed),
        counts=fits["Rate (Andersen-Gill)"].counts if "Rate (Andersen-Gill)" in fits else None,
        source=rate.source,
    )


def _fitted(
    makers: Mapping[str, Callable[[], Estimates]],
) -> tuple[dict[str, Estimates], list[str]]:
    """The fits, and a note on each model that cannot be fitted."""
    fits: dict[str, Estimates] = {}
    failed = []
    for name, make in makers.items():
        try:
            fits[name] = make()
        except FitError as error:
            failed.append(f"{name} is left out: {error}")
    if not fits:
        raise FitError("No model can be fitted. " + " ".join(failed))
    return fits, failed


def _sentence(name: str, spells: Spells) -> str:
    if name == "Rate (Andersen-Gill)" and spells.at_risk in ("out_of_episode", "recovered"):
        return OUT_OF_EPISODE
    return ESTIMATES[name]
