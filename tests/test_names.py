"""Are the public names public in one place, and do they keep the contract of their signatures?"""

import ast
import inspect
import re
from collections import Counter

import pytest

import walkstats
from tests.public_names import (
    PACKAGE,
    functions_by_part,
    names_for_type_checkers,
    parts,
    public_functions,
)

PARTS = parts()
LAZY_PARTS = [name for name in PARTS if name != "results"]
FUNCTIONS, BY_PART = public_functions(), functions_by_part()
TIMES = "time=None, event='event', event_value=None, entry=None, weights=None, frequencies=None"
COX = "strata=None, cluster=None, offset=None, ties='efron', robust=None"

# Names and parameters on which analysis scripts rely: places, names and defaults. What comes before
# the star stays in its order, and more may follow it; after the star the order is free.
SIGNATURES = f"""
    reading.read_trial(folder)
    reading.write_trial(trial, folder)
    reading.load_sample(name)
    reading.check_trial(source)
    derive.first_recurrence(trial, *, kind, baseline=(), after_gap='censor')
    derive.recurrences(trial, *, kind, at_risk, gap_days=7)
    derive.recurrence_intervals(trial)
    derive.competing_events(trial)
    derive.walking_spans(trial, *, kind, lag_days)
    derive.visits(trial, *, measures, baseline=(), walking_weeks=None)
    derive.weekly_minutes(trial)
    derive.baseline(trial)
    derive.participant_flow(trial)
    survival.kaplan_meier(events, by=None, *, interval='log-log', extend=False, level=0.95, {TIMES})
    survival.nelson_aalen(events, by=None, *, level=0.95, {TIMES})
    survival.follow_up(events, by=None, *, level=0.95, {TIMES})
    survival.compare_at(events, by, *, at, level=0.95, {TIMES})
    survival.log_rank(events, by, *, strata=None, rho=0.0, gamma=0.0, {TIMES})
    survival.restricted_means(events, by=None, *, tau, level=0.95, {TIMES})
    survival.cox(events, formula, *, {COX}, level=0.95, {TIMES})
    survival.check_proportional_hazards(fit, *, transform='km')
    survival.predict_survival(fit, new, *, times=None)
    survival.residuals(fit, kind)
    survival.concordance(fit)
    survival.baseline_hazard(fit)
    survival.turnbull(intervals, by=None)
    survival.interval_cox(intervals, formula)
    survival.interval_log_rank(intervals, by)
    survival.parametric(frame, formula, *, family)
    survival.flexible_parametric(frame, formula, *, df=3)
    survival.mean_cumulative_count(episodes, by=None)
    survival.andersen_gill(episodes, formula, *, cluster='participant_id')
    survival.prentice_williams_peterson(episodes, formula, *, timescale='total')
    survival.wei_lin_weissfeld(episodes, formula)
    survival.shared_frailty(frame, formula)
    survival.cumulative_incidence(events, by=None, *, outcome='outcome', censored='censored')
    survival.gray_test(events, by)
    survival.fine_gray(events, formula, *, of)
    survival.cause_specific_cox(events, formula)
    regression.ols(frame, formula, *, se=None, cluster=None, level=0.95)
    regression.dose_response(fit, x, *, reference, at=None)
    regression.mmrm(frame, formula, *, visit, covariance='unstructured', df='satterthwaite')
    regression.compare_means(frame, outcome, by, *, method='welch', paired=None, level=0.95)
    regression.compare_risks(frame, outcome, by, *, event_value=None, strata=None, level=0.95)
    regression.compare_rates(frame, by, *, events, exposure, level=0.95)
    regression.equivalence(effect, term=None, *, margin)
    evidence.published(name)
    evidence.beside_published(estimates, published)
    evidence.meta_analysis(studies)
    design.simulate_trial(design, *, seed)
    plan.default_plan(trial)
    plan.read_plan(file)
    plan.run_plan(trial, plan, *, seed)
    tables.baseline_table(frame)
    tables.fit_table(fits, *, ratio=None)
    tables.sentence(estimate, *, style="plain")
    figures.plot_survival(curve)
    figures.plot_forest(estimates)
    figures.plot_dose_response(curve)
    figures.plot_flow(flow)
    figures.draw_survival(ax, curve)
    figures.draw_numbers_at_risk(ax, curve)
    figures.draw_forest(ax, estimates)
    figures.draw_dose_response(ax, curve)
    figures.draw_flow(ax, flow)
    report.compose(results)
    report.write_report(report, folder)
"""


def expected_signatures():
    """Each line of SIGNATURES: name -> the arguments as ast reads them."""
    lines = [line.strip() for line in SIGNATURES.splitlines() if line.strip()]
    definitions = {line.partition("(")[0]: "def f(" + line.partition("(")[2] for line in lines}
    return {name: ast.parse(f"{text}: ...").body[0].args for name, text in definitions.items()}


EXPECTED = expected_signatures()


@pytest.mark.parametrize("name", EXPECTED)
def test_signature_is_kept(name):
    assert name in FUNCTIONS, f"walkstats.{name} is not there"
    expected, actual = EXPECTED[name], inspect.signature(FUNCTIONS[name]).parameters
    by_place = [p for p in actual.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    required = len(expected.args) - len(expected.defaults)
    for place, argument in enumerate(expected.args):
        assert by_place[place].name == argument.arg
        if place >= required:
            assert by_place[place].default == ast.literal_eval(expected.defaults[place - required])
        else:
            assert by_place[place].default is inspect.Parameter.empty, argument.arg
    for argument, default in zip(expected.kwonlyargs, expected.kw_defaults, strict=True):
        parameter = actual[argument.arg]
        assert parameter.kind is parameter.KEYWORD_ONLY
        if default is None:
            assert parameter.default is parameter.empty, f"{argument.arg} has a default"
        else:
            assert parameter.default == ast.literal_eval(default)


@pytest.mark.parametrize("part", BY_PART)
def test_habits_of_every_signature(part):
    for name, function in BY_PART[part].items():
        parameters = inspect.signature(function).parameters
        kinds = {one.kind for one in parameters.values()}
        assert not kinds & {inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL}, name
        if "level" in parameters:
            assert parameters["level"].kind is inspect.Parameter.KEYWORD_ONLY, name
            assert parameters["level"].default == 0.95 or part in {"tables", "figures"}, name
        if "seed" in parameters:
            assert parameters["seed"].kind is inspect.Parameter.KEYWORD_ONLY, name
            assert parameters["seed"].default is inspect.Parameter.empty, name


def test_a_name_is_public_in_one_place_only():
    times = Counter(name for module in PARTS.values() for name in module.__all__)
    assert not [name for name, count in times.items() if count > 1]
    assert not set(times) & set(PARTS), "a part and a name of a part are spelled alike"


def test_the_front_page_repeats_only_names_of_reading_trial_and_errors():
    for name in set(walkstats.__all__) - set(PARTS):
        home = getattr(walkstats, name).__module__.split(".")[1]
        assert home in {"reading", "trial", "errors"}, name
    assert set(PARTS["reading"].__all__) <= set(walkstats.__all__)


@pytest.mark.parametrize("part", PARTS)
def test_no_module_has_the_name_of_a_public_name(part):
    modules = {
        path.stem for path in (PACKAGE / part).iterdir() if path.suffix == ".py" or path.is_dir()
    }
    assert not modules & set(PARTS[part].__all__)


@pytest.mark.parametrize("part", [*LAZY_PARTS, None])
def test_all_dir_and_type_checkers_agree(part):
    module, folder = (PARTS[part], PACKAGE / part) if part else (walkstats, PACKAGE)
    assert len(module.__all__) == len(set(module.__all__)) > 0
    assert set(module.__all__) <= set(dir(module))
    assert names_for_type_checkers(folder) == set(module.__all__)
    for name in module.__all__:
        assert getattr(module, name) is not None


@pytest.mark.parametrize("part", [*PARTS, None])
def test_the_docstring_is_the_table_of_contents(part):
    module = PARTS[part] if part else walkstats
    listed = set(re.findall(r"``(?:walkstats\.)?(\w+)``", module.__doc__))
    assert set(module.__all__) <= listed


def test_a_name_that_does_not_exist_is_an_attribute_error():
    for module in [walkstats, *PARTS.values()]:
        with pytest.raises(AttributeError, match="no_such_name"):
            _ = module.no_such_name
