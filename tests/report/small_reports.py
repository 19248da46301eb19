"""Small reports on which formats are tested: of a tiny plan, and made up."""

import functools

import pandas as pd
import pytest

import walkstats as ws
from walkstats.plan import Analysis, AnalysisPlan, Estimand, Frame, IntercurrentEvent, Outcome
from walkstats.report.document import FigureBlock, Paragraph, Report, Section, TableBlock
from walkstats.tables import Table
from walkstats.tables.cells import Cell, words
from walkstats.tables.description import Column, Row

FIRST = Frame("first_recurrence", {"kind": "any"})
ESTIMAND = Estimand(
    "all participants randomised",
    "pyridoxine or thiotepa against placebo, as randomised",
    "days to the first recurrence",
    "hazard ratio",
    (IntercurrentEvent("stopping the drug", "treatment policy", "followed to the end"),),
)
PLAN = AnalysisPlan(
    "Small",
    outcomes=(
        Outcome(
            "any",
            "First recurrence",
            "primary",
            estimand=ESTIMAND,
            analyses=(
                Analysis("main", "Cox regression", method="survival.cox", frame=FIRST,
                         arguments={"formula": "arm"}),
                Analysis("curve", "Time to it", method="survival.kaplan_meier", frame=FIRST,
                         arguments={"by": "arm"}, status="sensitivity"),
                Analysis("check", "Proportional hazards", of="main", status="supplementary",
                         method="survival.check_proportional_hazards", prespecified=False,
                         reason="asked by a reviewer"),
            ),
        ),
    ),
    descriptions=(
        Analysis("baseline", "Baseline", "Participants", "frame", Frame("baseline")),
    ),
    version="1.0",
    dated="2026-01-01",
)  # fmt: skip


@functools.cache
def done():
    # Whether numba is loaded depends on the tests before; the last digits differ between engines.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WALKSTATS_ENGINE", "numpy")
        return ws.plan.run_plan(ws.load_sample("bladder"), PLAN, seed=7)


@functools.cache
def composed(style="plain"):
    return ws.report.compose(done(), style=style)


@functools.cache
def drawn():
    return ws.figures.plot_survival(done().results["curve"])


def made_up(*, title="A trial", label="Walking", note="A note.", source="synthetic: made up"):
    """A report of one table, one figure and a paragraph with a text wherever one can stand."""
    table = Table(
        title,
        "Group",
        (Column("walking", n=12, over="Arm"), Column("p", over="Arm"), Column("Why")),
        (
            Row(label),
            Row(label, (Cell("ratio", (0.7, 0.58, 0.83)), Cell("p", (0.0312,)), words(label)), 1),
            Row("Other", (Cell("estimate", (-1.3, -2.0, -0.6)), Cell("p", (0.2,)), words("x")), 1),
        ),
        notes=(note,),
        source=source,
    )
    figure = drawn()
    figure.alt_text = title
    blocks = (
        Paragraph(f"{label}: hazard ratio 0.70 (P = .03).", "result"),
        TableBlock("numbers", table),
        FigureBlock("curve", figure, title),
    )
    facts = {"versions": {"walkstats": "0", "python": "3"}, "seed": 1, "level": 0.95, "inputs": {}}
    synthetic = source.startswith("synthetic")
    sections = (Section(title, blocks),)
    return Report(title, source, synthetic, sections, pd.DataFrame(), facts)
