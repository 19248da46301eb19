"""Do the fast arrays of the calibration say what derive, survival and regression say?"""

import numpy as np
import pytest

from calibration.arrays import FirstEvents, hazard_ratio, medians, survival
from calibration.measures import fisher_p, measures
from calibration.stages import stages
from tests.design.designs import like
from walkstats.design import simulate_trial
from walkstats.results import Estimate

# Both stop Newton's method at 1e-9 or less of the log hazard ratio
CONVERGED = 1e-8


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_arrays_and_frames_agree(seed):
    found = measures(simulate_trial(like(), seed=seed))
    for figures in stages(like(), seed):
        for name, value in figures.items():
            ours = found[name]
            number = ours.estimate if isinstance(ours, Estimate) else ours
            assert number == pytest.approx(value, rel=CONVERGED), name


def test_survival_without_censoring_is_the_share_left():
    days, event = np.array([1, 2, 2, 5]), np.ones(4, dtype=bool)
    np.testing.assert_allclose(survival(days, event), [1, 0.75, 0.25, 0.25, 0.25, 0], atol=1e-15)


def test_median_of_a_flat_step_is_its_middle():
    days = np.array([1, 2, 6, 7] * 2)
    events = FirstEvents(days, np.ones(8, dtype=bool), np.repeat([False, True], 4))
    assert medians(events) == (4.0, 4.0)


def test_hazard_ratio_of_two_events_by_hand():
    # the walker fails first among two of each arm, then one of control: 1/(1+r)... solved by hand:
    # score d/dr of log[r/(2+2r)] + log[1/(2+r)] = 0 gives r^2 = 2
    days = np.array([1, 2, 9, 9])
    event = np.array([True, True, False, False])
    walking = np.array([True, False, True, False])
    assert hazard_ratio(FirstEvents(days, event, walking)) == pytest.approx(np.sqrt(2))


def test_fisher_reproduces_the_printed_p():
    from scipy.stats import fisher_exact

    p = fisher_p(183, 351, 190, 350)
    assert p == pytest.approx(fisher_exact([[183, 168], [190, 160]]).pvalue, rel=1e-9)
    assert round(p, 2) == 0.60
