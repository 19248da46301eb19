"""Draws of levels: their shares are those of the model, and their spread holds its uncertainty."""

import numpy as np
import pandas as pd
import pytest

from walkstats.missing import impute
from walkstats.missing.conditional_models import CONDITIONALS, _of_a_donor

KNOWN, DRAWS = 400, 300
BOUND = 3.29


def draws(method, codes, x, at, size):
    """Shares of the levels drawn at one value of the predictor, one row per draw of parameters."""
    rows = np.column_stack([np.ones(len(x)), x])
    missing = np.column_stack([np.ones(200), np.full(200, at)])
    model = CONDITIONALS[method]
    out = []
    for k in range(DRAWS):
        rng = np.random.default_rng([4, k])
        drawn = model.draw(rng, codes.astype(float), rows, missing, size)
        out.append(np.bincount(drawn.astype(int), minlength=size) / 200)
    return np.array(out)


def known(size, seed=1):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=KNOWN)
    latent = 0.8 * x + rng.logistic(size=KNOWN)
    return np.digitize(latent, np.linspace(-1, 1, size - 1)), x


@pytest.mark.parametrize(
    ("method", "size", "link"),
    [("logistic", 2, None), ("polytomous", 3, None), ("ordinal", 4, "logit")],
)
def test_levels_are_drawn_with_the_shares_of_the_fitted_model(method, size, link):
    codes, x = known(size)
    shares = draws(method, codes, x, 0.5, size)
    expected = fitted_shares(codes, x, 0.5, size, link)
    # Faint rows and the curvature of the link move the mean by less than one part in a hundred.
    error = shares.std(axis=0, ddof=1) / np.sqrt(DRAWS)
    assert np.all(np.abs(shares.mean(axis=0) - expected) < BOUND * error + 0.01)
    # The spread is that of 200 draws and, beyond it, that of the parameters.
    binomial = expected * (1 - expected) / 200
    assert np.all(shares.var(axis=0, ddof=1) > 1.1 * binomial)


def fitted_shares(codes, x, at, size, link):
    """By another way: statsmodels."""
    import statsmodels.api as sm
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    if link is not None:
        fit = OrderedModel(codes, x[:, None], distr=link).fit(method="bfgs", disp=False)
        return fit.model.predict(fit.params, exog=np.array([[at]]))[0]
    fit = sm.MNLogit(codes, sm.add_constant(x)).fit(disp=False)
    return fit.predict(np.array([[1.0, at]]))[0]


def test_one_donor_is_the_nearest():
    rng = np.random.default_rng(3)
    about, wanted = rng.normal(size=50), rng.normal(size=20)
    chosen = _of_a_donor(rng, np.arange(50.0), about, wanted, 1)
    nearest = np.abs(about[:, None] - wanted).argmin(axis=0)
    assert np.array_equal(chosen, nearest.astype(float))


def test_each_of_the_nearest_donors_is_as_likely():
    rng = np.random.default_rng(3)
    about = rng.normal(size=40)
    chosen = _of_a_donor(rng, np.arange(40.0), about, np.full(20_000, 0.3), 5)
    found, counts = np.unique(chosen, return_counts=True)
    assert set(found) == set(np.argsort(np.abs(about - 0.3))[:5].astype(float))
    assert np.all(np.abs(counts - 4_000) < BOUND * np.sqrt(20_000 * 0.2 * 0.8))


def test_fewer_known_rows_than_donors_are_all_donors():
    rng = np.random.default_rng(3)
    chosen = _of_a_donor(rng, np.arange(3.0), np.zeros(3), np.zeros(100), 5)
    assert set(chosen) == {0.0, 1.0, 2.0}


def test_ordered_levels_go_through_impute():
    codes, x = known(3)
    levels = pd.Categorical.from_codes(codes, ["low", "middle", "high"], ordered=True)
    frame = pd.DataFrame({"level": levels, "x": x})
    frame.loc[::7, "level"] = None
    made = impute(frame, imputations=3, seed=2)
    assert made.methods == {"level": "ordinal"}
    assert "proportional odds regression (level)" in made.method
    one = made.frame(1)["level"]
    assert one.dtype == frame["level"].dtype
    assert one.notna().all()
