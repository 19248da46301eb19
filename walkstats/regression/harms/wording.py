"""What must a reader know beside so many comparisons of harms?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from walkstats._labels import percent_level
from walkstats.regression.groups.risk_limits import DIFFERENCES, RATIOS
from walkstats.regression.harms.kind_rates import FEWEST, RATES
from walkstats.regression.harms.kind_rows import KindRows

RELATED = "related"
CAUTION = (
    "The trial was not sized for harms: an interval that holds no difference does not show that "
    "there is none. Read how large a harm it leaves open."
)


def method_of(
    by: str,
    reference: str,
    difference: str,
    ratio: str,
    rates: str | None,
    exposure: str | None,
    per: str,
) -> str:
    """The methods section's words."""
    text = (
        f"Participants with at least one event, of all in the arm, compared with {by} = "
        f"{reference} by Fisher's exact test; risk differences with "
        f"{DIFFERENCES[difference].described}, risk ratios with {RATIOS[ratio].described}."
    )
    if rates is not None:
        text += f" Events per {per} ({exposure}): {RATES[rates]}"
        small = f"; exact where fewer than {FEWEST} participants of an arm had one"
        text += "." if rates == "exact" else f"{small}."
    return text


def notes_of(groups: pd.DataFrame, kinds: Sequence[str], level: float) -> list[str]:
    """On the number of comparisons, on what nobody had, and on relatedness."""
    notes = []
    if len(kinds) > 1:
        chance = 100.0 * (1.0 - level)
        notes.append(
            f"{len(kinds)} kinds of harm are compared, and no p-value or interval is adjusted for "
            f"that: of {percent_level(level)} % intervals about {chance:.3g} % miss by chance "
            "alone. Kinds overlap, since an event may be of several."
        )
    notes.append(CAUTION)
    had = groups.groupby("kind", sort=False, observed=True)["participants"].sum()
    none = [str(kind) for kind in kinds if had[kind] == 0]
    if none:
        notes.append(
            f"Nobody had: {'; '.join(none)}. There the limits of the difference say what remains "
            "possible; ratios are not known."
        )
    if RELATED in kinds:
        own = groups[groups["kind"] == RELATED]
        if own["participants"].iloc[0] == 0 and had[RELATED] > 0:
            notes.append(
                f"Nobody in {own['group'].iloc[0]} has an event called related, as is to be "
                "expected where only the other arm was given something to be related to: whether "
                "the arms differ is read off all events of a kind, not off these."
            )
    return notes


def said_of_rates(
    rules: Mapping[str, str], asked: str, own: Mapping[str, tuple[str, ...]]
) -> list[str]:
    """Which kinds have exact limits instead, and what their models had to say."""
    exact = [kind for kind, rule in rules.items() if rule == "exact" and asked != "exact"]
    notes = []
    if exact:
        notes.append(
            f"Rates with exact limits, which take events as independent, for want of participants "
            f"with an event: {'; '.join(exact)}."
        )
    return notes + [f"{kind}: {note}" for kind, said in own.items() for note in said]


def said_of_time(data: KindRows) -> list[str]:
    """Who adds nothing to rates, and which events are not in them."""
    if data.exposure is None or data.timed is None:
        return []
    first = data.codes == 0
    none = int((data.exposure[first] <= 0).sum())
    notes = []
    if none:
        notes.append(
            f"{none} {'participant was' if none == 1 else 'participants were'} never under "
            "observation: counted among all, and adding nothing to rates."
        )
    outside = data.events - data.timed
    lost = np.bincount(data.codes, outside, minlength=len(data.kinds)).round().astype(int)
    listed = [f"{kind} ({n})" for kind, n in zip(data.kinds, lost, strict=True) if n]
    if listed:
        notes.append(f"Events outside the time observed, not in rates: {', '.join(listed)}.")
    return notes
