"""People who recur: random small trials, and trials with a known truth."""

from __future__ import annotations

import numpy as np
import pandas as pd

ARMS = ["control", "walking"]


def people_of(drawn: bytes) -> pd.DataFrame:
    """A trial of spells from bytes: the first two bits of each are an arm and whether a spell ends
    in an event, the others how long it lasts; three bytes make a participant."""
    bits = np.frombuffer(drawn, dtype=np.uint8).astype(np.int64)
    bits = bits[: 3 * (bits.size // 3)]
    person = np.arange(bits.size) // 3
    length = 1.0 + (bits & 3)
    length[[0, 3]] = 2.0, 1.0
    stop = np.concatenate([np.cumsum(part) for part in length.reshape(-1, 3)])
    arm = np.repeat((bits[::3] >> 7) & 1, 3)
    arm[:3], arm[3:6] = 0, 1
    event = (bits >> 6) & 1
    # Events while both arms are at risk, so that their ratio is finite.
    event[[0, 3]] = 1
    return pd.DataFrame(
        {
            "participant_id": [f"p{k}" for k in person],
            "arm": pd.Categorical.from_codes(arm, ARMS),
            "start_days": stop - length,
            "stop_days": stop,
            "event": event,
        }
    )


def spells_of(
    onsets: list[np.ndarray], arm: np.ndarray, end: float, away: np.ndarray
) -> pd.DataFrame:
    """Spells until each onset and to the end; after an onset one is away [days] from the risk."""
    rows = []
    for person, times in enumerate(onsets):
        start = 0.0
        for onset in times:
            rows.append((person, arm[person], start, onset, True))
            start = onset + away[person]
        if start < end:
            rows.append((person, arm[person], start, end, False))
    frame = pd.DataFrame(
        rows, columns=["participant_id", "arm", "start_days", "stop_days", "event"]
    )
    return frame.assign(arm=pd.Categorical.from_codes(frame["arm"], ARMS))


def onsets(
    rng: np.random.Generator, hazard: float, episode: np.ndarray, end: float
) -> list[np.ndarray]:
    """Onsets of each person: hazard out of an episode, none within [days]."""
    found = []
    for days in episode:
        times, at = [], rng.exponential(1.0 / hazard)
        while at < end:
            times.append(at)
            at += days + rng.exponential(1.0 / hazard)
        found.append(np.array(times))
    return found
