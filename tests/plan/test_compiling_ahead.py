"""Loops that a plan needs are compiled by another process, where they are not there already."""

import subprocess

from walkstats.plan import AnalysisPlan, compiling_ahead, read_plan
from walkstats.plan.compiling_ahead import compile_ahead
from walkstats.plan.running import costly_last


def test_only_what_a_plan_needs_and_what_is_not_there_is_compiled(monkeypatch, tmp_path):
    started = []
    monkeypatch.delenv("WALKSTATS_ENGINE", raising=False)
    monkeypatch.setattr(subprocess, "Popen", lambda words, **how: started.append(words) or "there")
    monkeypatch.setattr(compiling_ahead.walkstats.fast, "__file__", str(tmp_path / "__init__.py"))
    plan = read_plan("walkback")
    assert compile_ahead(plan) == "there"
    assert "evaluate_a_few" in started[0][-1]
    assert compile_ahead(AnalysisPlan("Without costs")) is None
    monkeypatch.setattr(compiling_ahead, "_cached", lambda module: True)
    assert compile_ahead(plan) is None
    monkeypatch.undo()
    monkeypatch.setattr(compiling_ahead, "_cached", lambda module: False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert compile_ahead(plan) is None
    assert len(started) == 1


def test_what_numba_has_kept_is_seen(monkeypatch, tmp_path):
    monkeypatch.setattr(compiling_ahead.walkstats.fast, "__file__", str(tmp_path / "__init__.py"))
    assert not compiling_ahead._cached("filled_resamples")
    (tmp_path / "__pycache__").mkdir()
    version = "".join(map(str, compiling_ahead.sys.version_info[:2]))
    kept = tmp_path / "__pycache__" / f"filled_resamples.fill_resamples-20.py{version}.nbi"
    kept.touch()
    assert compiling_ahead._cached("filled_resamples")


def test_the_call_that_compiles_runs(monkeypatch):
    monkeypatch.setenv("WALKSTATS_ENGINE", "numpy")
    compiling_ahead.evaluate_a_few()


def test_what_waits_for_the_compiler_is_run_last_with_all_that_hangs_on_it():
    plan = read_plan("walkback")
    order = [one.name for one in costly_last(plan.analyses)]
    assert sorted(order) == sorted(one.name for one in plan.analyses)
    assert {"cost_utility", "net_benefit", "acceptability", "cost_recurrence"} <= set(order[-6:])
    assert all(one.of.partition(".")[0] in order[: order.index(one.name)]
               for one in plan.analyses if one.of)  # fmt: skip
