"""Reading a curve at a point and turning it into quantiles, on curves small enough to see."""

import numpy as np
import pandas as pd
import pytest

from walkstats.results import Curve


def curve(times, survival, *, last=None, **columns):
    n = len(times)
    frame = pd.DataFrame(
        {
            "group": "all",
            "days": np.asarray(times, dtype=float),
            "estimate": survival,
            "std_error": 0.1,
            "conf_low": columns.get("low", np.asarray(survival) - 0.1),
            "conf_high": columns.get("high", np.asarray(survival) + 0.1),
            "n_risk": np.arange(n, 0, -1, dtype=float),
            "n_event": 1.0,
            "n_censor": 0.0,
        }
    )
    end = times[-1] if last is None else last
    return Curve(frame=frame, x="days", quantity="survival", last={"all": end})


def test_at_reads_the_last_step_and_the_next_number_at_risk():
    read = curve([10, 20, 30], [0.75, 0.5, 0.25]).at([0, 10, 15, 20, 25])
    assert read["estimate"].tolist() == [1.0, 0.75, 0.75, 0.5, 0.5]
    # At an event time those failing at it are still at risk.
    assert read["n_risk"].tolist() == [3, 3, 2, 2, 1]
    assert read["n_event"].tolist() == [0, 1, 1, 2, 2]


def test_of_a_long_curve_head_and_tail_are_printed():
    short, long = (curve(np.arange(1, n + 1), np.linspace(1, 0, n)) for n in (60, 61))
    assert len(str(short).splitlines()) == 61
    lines = str(long).splitlines()
    assert len(lines) == 23
    assert lines[-1].startswith("61 rows in all")
    assert "<p>61 rows in all" in long._repr_html_()
    assert long._repr_html_().count("<tr>") == 21
    assert len(long.to_frame()) == 61


def test_beyond_follow_up_is_missing():
    read = curve([10, 20, 30], [0.75, 0.5, 0.25]).at([30, 31])
    assert read["estimate"].iloc[0] == 0.25
    assert np.isnan(read["estimate"].iloc[1])
    assert np.isnan(read["conf_low"].iloc[1])
    assert read["n_risk"].iloc[1] == 0


def test_median_is_the_first_time_at_or_below_half():
    assert curve([1, 2, 3], [0.8, 0.4, 0.1]).quantile(0.5).values[0] == 2.0


def test_a_flat_step_at_the_share_gives_its_middle():
    # As R: S is exactly 0.5 on [2, 3), so the median is 2.5.
    assert curve([1, 2, 3], [0.75, 0.5, 0.25]).quantile(0.5).values[0] == 2.5


def test_a_quantile_not_reached_is_missing_and_said():
    found = curve([1, 2, 3], [0.9, 0.8, 0.7]).quantile([0.25, 0.5])
    assert found.terms == ("all[0.25]", "all[0.5]")
    assert found.values[0] == 3.0
    assert np.isnan(found.values[1])
    assert "not reached" in " ".join(found.notes)


def test_limits_invert_the_pointwise_limits():
    found = curve([1, 2, 3, 4], [0.8, 0.6, 0.4, 0.2]).quantile(0.5).estimate("all")
    # low - 0.1: 0.7, 0.5 -> flat on 0.5 from 2 to 3; high + 0.1 passes 0.5 at 3 likewise.
    assert (found.estimate, found.conf_low, found.conf_high) == (3.0, 2.5, 3.5)
    assert np.isnan(found.p_value)


@pytest.mark.parametrize("share", [0, 1, -0.5, 50])
def test_shares_lie_between_0_and_1(share):
    with pytest.raises(ValueError, match="between 0 and 1"):
        curve([1, 2], [0.5, 0.2]).quantile(share)


def test_a_line_is_known_only_where_it_was_computed():
    frame = pd.DataFrame(
        {"group": "all", "minutes": [0.0, 10.0], "estimate": [0.0, -0.2], "std_error": 0.1}
    ).assign(conf_low=-1.0, conf_high=1.0)
    line = Curve(frame=frame, x="minutes", quantity="difference in pain", shape="line")
    assert line.at(10)["estimate"].tolist() == [-0.2]
    with pytest.raises(ValueError, match="at="):
        line.at(5)
    with pytest.raises(ValueError, match="no quantiles"):
        line.quantile(0.5)


def test_a_limit_that_differs_by_rounding_is_the_same_step():
    """The lower limit is 0.5 on two steps; one unit in the last place makes no third."""
    above = np.nextafter(0.5, 1.0)
    for low in ([0.6, 0.5, above, 0.4], [0.6, above, 0.5, 0.4], [0.6, 0.45, 0.45, 0.4]):
        found = curve([1, 2, 3, 4], [0.8, 0.7, 0.7, 0.6], low=low).quantile(0.5)
        assert found.estimate("all").conf_low == (2.0 if low[1] < 0.5 else 3.0)
    risen = curve([1, 2, 3], [0.8, 0.7, 0.7], low=[0.6, 0.3, np.nextafter(0.3, 0.0)])
    assert risen.quantile(0.7).estimate("all").conf_low == 2.5


def test_a_missing_point_is_refused():
    with pytest.raises(ValueError, match="days must be numbers"):
        curve([1, 2], [0.5, 0.2]).at([1, np.nan])
