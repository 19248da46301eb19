"""Unbroken spans of observation: the one rule that derive and the checks share."""

import numpy as np
import pandas as pd

from walkstats._periods import JOINED_DAYS, joined_periods


def asked(*periods):
    rows = [(who, float(begin), float(end)) for who, begin, end in periods]
    return pd.DataFrame(rows, columns=["participant_id", "covers_from_days", "covers_to_days"])


def spans(frame):
    return joined_periods(frame).to_numpy().tolist()


def slow_spans(frame):
    """Day by day: a person is seen on a day that a period holds, or that lies in a short gap."""
    found = []
    for who in sorted(frame["participant_id"].unique()):
        periods = frame[frame["participant_id"] == who].sort_values("covers_from_days")
        now = None
        for begin, end in periods[["covers_from_days", "covers_to_days"]].to_numpy():
            reached = 0.0 if now is None else now[1]
            if begin - reached <= JOINED_DAYS:
                now = [0.0, end] if now is None else [now[0], max(now[1], end)]
            else:
                found += [] if now is None else [[who, *now]]
                now = [begin, end]
        found.append([who, *now])
    return found


def test_a_day_between_two_periods_is_no_gap_and_two_are():
    assert spans(asked(("a", 1, 30), ("a", 31, 61))) == [["a", 0.0, 61.0]]
    assert spans(asked(("a", 0, 30), ("a", 32, 61))) == [["a", 0.0, 30.0], ["a", 32.0, 61.0]]
    assert spans(asked(("a", 2, 30))) == [["a", 2.0, 30.0]]
    assert spans(asked()) == []


def test_a_period_inside_another_ends_nothing():
    assert spans(asked(("a", 0, 90), ("a", 10, 20), ("a", 90, 120))) == [["a", 0.0, 120.0]]


def test_the_same_as_the_slow_way():
    rng = np.random.default_rng(8)
    for _ in range(50):
        begin = rng.integers(0, 40, 12)
        frame = asked(*zip(rng.choice(list("abc"), 12), begin, begin + rng.integers(1, 9, 12),
                           strict=True))  # fmt: skip
        assert spans(frame) == slow_spans(frame)
