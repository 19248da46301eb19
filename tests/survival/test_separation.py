"""What a Cox fit says where covariates separate those with events, alone or together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from walkstats import survival


def test_terms_that_separate_together_are_named_together() -> None:
    """x + z orders the events; x and z alone do not."""
    frame = pd.DataFrame({"days": range(1, 7), "event": 1})
    fit = survival.cox(frame.assign(x=[3.0, 0, 3, 0, 1, 0], z=[2.0, 4, 0, 2, 0, 0]), "x + z")
    assert fit.state == "infinite"
    assert any(note.startswith("x and z together have no finite") for note in fit.notes)
    assert not any(note.startswith("The hazard ratio of") for note in fit.notes)
    assert "rofile-likelihood" not in fit.method


@pytest.mark.parametrize("formula", ["x", "x + z"])
def test_the_profile_interval_is_named_as_such(formula: str) -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"days": np.arange(1.0, 31), "x": np.arange(30) % 2})
    frame = frame.assign(z=rng.normal(size=30), event=frame["x"] == 1)
    fit = survival.cox(frame, formula)
    said = "Profile" if formula == "x" else "Wald intervals; profile"
    assert f"{said}-likelihood interval of x." in fit.method
    assert np.isfinite(fit.estimate("x").conf_low)


def test_what_an_infinite_ratio_leaves_unknown_is_missing_beside_rounding() -> None:
    """At the second event only b is at risk; what is left of the first is rounding."""
    frame = pd.DataFrame(
        {
            "arm": list("bbcaacbcb"),
            "days": [6.0, 8, 0, 2, 4, 0, 6, 0, 3],
            "event": [0, 0, 0, 0, 0, 1, 1, 0, 0],
            "copies": [2, 2, 2, 2, 1, 1, 2, 2, 2],
        }
    )
    fit = survival.cox(frame, "arm", frequencies="copies")
    assert fit.values[1] == np.inf
    assert np.isnan(fit.values[0])
    assert np.isnan(fit.std_errors).all()
    assert any(note.startswith("arm[b] cannot be estimated") for note in fit.notes)


def test_events_that_all_happen_at_one_time_are_said() -> None:
    frame = pd.DataFrame({"days": 6.0, "event": 1, "arm": list("aaabbbbb")})
    notes = survival.cox(frame, "arm").notes
    assert any(note.startswith("All 8 events happen at one time") for note in notes)
    later = frame.assign(days=[6.0] * 7 + [7.0])
    assert not any("at one time" in note for note in survival.cox(later, "arm").notes)
