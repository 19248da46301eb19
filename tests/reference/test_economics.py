"""Costs beside effects on R's resamples: lm, systemfit, survfit and boot."""

import numpy as np
import pandas as pd
import pytest

from tests.reference.goldens import agree, data, entry, topic, uncovered
from walkstats import economics
from walkstats.resampling.drawing import Units

TOPIC = "economics"
SEED, REPLICATES = 20250110, 399
THRESHOLDS = [0.0, 5_000.0, 28_000.0, 50_000.0]
DIFFERENT = {"costs": ["age"], "effects": ["utility_0"]}
# uniroot stops within 1e-9 of a limit of some thousands, where the test statistic is flat.
ROOT = 1e-6


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    return data("economics.csv").rename(columns={"id": "participant_id"})


def drawn_people(people) -> np.ndarray:
    """The resamples of economics.R: (399, n) rows of the file, arm by arm."""
    arms = [np.flatnonzero(people["arm"] == arm) for arm in ("control", "walking")]
    drawn, state = np.empty((REPLICATES, len(people)), dtype=np.intp), SEED
    for one in drawn:
        place = 0
        for rows in arms:
            for _ in rows:
                state = 16807 * state % 2147483647
                one[place] = rows[int(state / 2147483647 * rows.size)]
                place += 1
    return drawn


@pytest.fixture(scope="module")
def compare(people):
    """The public call, with R's resamples in place of its own."""
    drawn = drawn_people(people)

    def call(**options):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Units, "draw", lambda self, streams, numbers: drawn[list(numbers)])
            return economics.cost_effectiveness(people, replicates=REPLICATES, seed=1, **options)

    return call


@pytest.fixture(scope="module")
def value(people, compare):
    return compare(effects=people, effect="qaly")


@pytest.fixture(scope="module")
def prevented(people, compare):
    return compare(effects=people[["participant_id", "arm", "days", "event"]], horizon_days=365)


@pytest.mark.parametrize(
    ("key", "adjust"),
    [("means", ()), ("shared", ["age", "utility_0"]), ("unrelated", DIFFERENT)],
)
def test_regressions(people, key, adjust):
    gold = entry(TOPIC, "econ.regressions")
    found = economics.cost_effectiveness(
        people, people, effect="qaly", adjust=adjust, replicates=2, seed=1
    ).regressions
    agree(gold, f"{key}.increments", found.values)
    agree(gold, f"{key}.covariance", found.covariance)


def test_risks_at_the_horizon(prevented):
    gold = entry(TOPIC, "econ.risks")
    agree(gold, "risk", prevented.means.values[2:])
    # The regressions' error of the difference adds up Greenwood's two variances.
    agree(gold, "std_error", _apart(prevented))


def _apart(prevented) -> list[float]:
    from walkstats.economics.events_prevented import influence_on_risk, sort_follow_up

    frame = data("economics.csv")
    arm = (frame["arm"] == "walking").to_numpy()
    stop, event = frame["days"].to_numpy(dtype=float), frame["event"].to_numpy(dtype=bool)
    follow_up = sort_follow_up(stop, event, np.ones(len(frame), dtype=bool), 365.0)
    both = [influence_on_risk(follow_up, who) for who in (~arm, arm)]
    variance = sum(float(one @ one) for one in both)
    assert np.isclose(prevented.regressions.covariance[1, 1], variance, rtol=1e-12)
    return [float(np.sqrt(one @ one)) for one in both]


def test_draws(value, prevented, compare, people):
    gold = entry(TOPIC, "econ.draws")
    shown = len(gold["values"]["draws"]["cost"])
    agree(gold, "draws.cost", value.draws.draws("cost_difference")[:shown])
    agree(gold, "draws.qaly", value.draws.draws("qaly_difference")[:shown])
    agree(gold, "draws.prevented", prevented.draws.draws("prevented")[:shown])
    adjusted = compare(effects=people, effect="qaly", adjust=DIFFERENT)
    agree(gold, "adjusted.cost", adjusted.draws.draws("cost_difference")[:shown])
    agree(gold, "adjusted.qaly", adjusted.draws.draws("qaly_difference")[:shown])


def test_what_is_read_off_the_draws(value, prevented):
    gold = entry(TOPIC, "econ.read_off")
    for key, ce, place in (("cost", value, 0), ("qaly", value, 1), ("prevented", prevented, 1)):
        found = ce.increments.estimate(ce.increments.terms[place])
        agree(gold, key, [found.conf_low, found.conf_high])
    narrow = value.draws.estimate("cost_difference", 0.9)
    agree(gold, "cost_90", [narrow.conf_low, narrow.conf_high])
    agree(gold, "covariance", value.increments.covariance)
    for name, share in zip(value.quadrants.terms, value.quadrants.values, strict=True):
        agree(gold, f"quadrants.{name.replace('-', '_')}", share)
    for kind in ("percentile", "normal"):
        net = economics.net_benefit(value, 28_000, kind=kind)
        agree(gold, f"net_benefit.{kind}", [net.conf_low, net.conf_high])
        agree(gold, "net_benefit.estimate", net.estimate)
        agree(gold, "net_benefit.std_error", net.std_error)
    curve = economics.acceptability_curve(value, THRESHOLDS).to_frame()
    agree(gold, "acceptability", curve["estimate"])
    knowing = economics.expected_value_of_perfect_information(value, THRESHOLDS).to_frame()
    agree(gold, "perfect_information", knowing["estimate"])


def test_the_ratio_and_its_interval(value):
    gold = entry(TOPIC, "econ.read_off")
    agree(gold, "ratio", value.icer.estimate)
    agree(gold, "fieller", [value.fieller.low, value.fieller.high], atol=ROOT)
    assert value.quadrant == "north-east"


def test_every_entry_is_used():
    used = {"econ.regressions", "econ.risks", "econ.draws", "econ.read_off"}
    assert set(topic(TOPIC)) == used
    assert not [leaf for one in used for leaf in uncovered(TOPIC, one)]
