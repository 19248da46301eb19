"""The report: every number in it comes from a result; files are whole or not there at all."""

import functools
import json
import os
import re
import stat
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pytest

import walkstats as ws
from tests.report.small_reports import PLAN
from walkstats.errors import DataError
from walkstats.plan import AnalysisPlan, default_plan, run_plan
from walkstats.report import compose, write_report
from walkstats.report.document import Paragraph, TableBlock
from walkstats.report.page import WIDEST_ON_A_PHONE, page
from walkstats.report.reconciling import followed_said, said_once
from walkstats.results import Fit


@functools.cache
def composed(name):
    trial = ws.load_sample(name)
    results = run_plan(trial, default_plan(trial), seed=7)
    return results, compose(results)


@pytest.fixture(scope="module", params=["bladder", "walkback-like"])
def name(request):
    return request.param


@pytest.fixture(scope="module")
def made(name):
    return composed(name)


@pytest.fixture(scope="module")
def write_once(tmp_path_factory):
    """Name of a sample -> the page of its report, written when it is first asked for.

    In all formats of the smaller sample.
    """

    def write(name):
        formats = {} if name == "bladder" else {"formats": ["html"]}
        return write_report(composed(name)[1], tmp_path_factory.mktemp("out") / "report", **formats)

    return functools.cache(write)


@pytest.fixture(scope="module")
def written(name, write_once):
    return composed(name)[0], write_once(name)


@pytest.fixture(scope="module")
def small():
    """A report with a table and a figure, for what does not depend on what it shows."""
    trial = ws.load_sample("bladder")
    planned = default_plan(trial)
    few = [one for one in planned.analyses if one.name in {"baseline", "any_curve"}]
    return compose(run_plan(trial, AnalysisPlan(planned.title, descriptions=tuple(few)), seed=7))


class Page(HTMLParser):
    """Collects what a page links to, its ids, headings and text, and that its tags are balanced."""

    VOID = frozenset({"meta", "img", "br", "link", "hr"})

    def __init__(self, text):
        super().__init__()
        self.open, self.links, self.ids, self.images, self.text = [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag not in self.VOID:
            self.open.append(tag)
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given[k] for k in ("href", "src") if k in given]
        self.images += [given] if tag == "img" else []

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def test_the_page_needs_no_other_file(written):
    page = Page(written[1].read_text(encoding="utf-8"))
    assert page.open == []
    for link in page.links:
        assert link.startswith(("#", "data:image/svg+xml;base64,")), link[:60]
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert page.images
    assert all(image["alt"] for image in page.images)


def test_synthetic_data_say_so_first_and_real_data_do_not(written):
    results, file = written
    text = " ".join(Page(file.read_text(encoding="utf-8")).text)
    assert ("Synthetic data." in text[: text.index("Participants")]) == results.trial.synthetic
    assert " ".join(results.trial.source.split()[2:6]) in text
    page = file.read_text(encoding="utf-8")
    told = page.count("Synthetic data.") - 1
    shown = page.count('class="result"') + page.count("<tfoot>")
    assert told == (shown if results.trial.synthetic else -1)
    assert ("(synthetic data)</title>" in page) == results.trial.synthetic


def test_the_primary_result_stands_in_a_sentence(written):
    results, file = written
    text = file.read_text(encoding="utf-8")
    primary = next(one.name for one in results.plan.analyses if one.status == "primary"
                   and one.method == "survival.cox")  # fmt: skip
    fit = results.results[primary]
    for term in fit.terms:
        one = fit.estimate(term, ratio=True)
        assert f"{one.estimate:.2f} (95% CI {one.conf_low:.2f} to {one.conf_high:.2f}" in text


def test_tables_figures_and_provenance_stand_beside_it(written):
    results, file = written
    folder = file.parent
    tables = sorted(p.name for p in (folder / "tables").iterdir())
    assert {"baseline.csv", "any_cox.csv", "any_means.csv", "any_risks.csv"} <= set(tables)
    vectors = sorted(p.stem for p in (folder / "figures").glob("*.svg"))
    assert {"flow", "any_curve"} <= set(vectors)
    assert vectors == sorted(p.stem for p in (folder / "figures").glob("*.pdf"))
    for path in (folder / "figures").glob("*.svg"):
        ElementTree.parse(path)
    facts = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    assert facts["seed"] == 7
    assert facts["versions"]["walkstats"] == ws.__version__
    assert facts["inputs"]
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in facts["inputs"].values())
    numbers = pd.read_csv(folder / "numbers.csv")
    assert set(numbers["analysis"]) <= {one.name for one in results.plan.analyses}


def test_the_same_report_gives_the_same_bytes(write_once, tmp_path):
    folders = (
        write_once("bladder").parent,
        write_report(composed("bladder")[1], tmp_path / "two").parent,
    )
    one, two = (
        {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
        for folder in folders
    )
    assert one == two


def test_an_earlier_report_is_replaced_and_other_files_are_left(small, tmp_path):
    folder = tmp_path / "report"
    (folder / "tables").mkdir(parents=True)
    (folder / "tables" / "mine.csv").write_text("x")
    (folder / "notes.txt").write_text("mine")
    write_report(small, folder)
    facts = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    (folder / "tables" / "old.csv").write_text("of an earlier report")
    facts["files"] += ["tables/old.csv", "../outside.txt"]
    (folder / "provenance.json").write_text(json.dumps(facts), encoding="utf-8")
    (tmp_path / "outside.txt").write_text("not in the report's folder")
    write_report(small, folder)
    assert not (folder / "tables" / "old.csv").exists()
    assert (folder / "tables" / "mine.csv").read_text() == "x"
    assert (tmp_path / "outside.txt").exists()
    (tmp_path / "outside.txt").unlink()
    assert (folder / "notes.txt").read_text() == "mine"
    assert [p.name for p in tmp_path.iterdir()] == ["report"]


def test_nothing_is_left_half_written(small, tmp_path, monkeypatch):
    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("walkstats.report.files._write_figure", full)
    with pytest.raises(DataError, match="No space left"):
        write_report(small, tmp_path / "report")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_refused_before_computing(small, tmp_path):
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(DataError, match="no permission"):
        write_report(small, tmp_path / "report")


def test_a_file_in_the_way_is_named(small, tmp_path):
    (tmp_path / "report").write_text("x")
    with pytest.raises(DataError, match="is a file"):
        write_report(small, tmp_path / "report")


def test_text_of_the_data_cannot_become_markup():
    trial = ws.load_sample("bladder")
    import dataclasses

    evil = dataclasses.replace(trial, name="<script>alert(1)</script>", source="<img src=x>")
    report = compose(run_plan(evil, PLAN, seed=1))
    text = page(report, {one.name: "data:image/svg+xml;base64," for one in report.figures()})
    assert "<script>" not in text
    assert "<img src=x>" not in text


def test_deviations_have_a_section(tmp_path):
    from walkstats.plan import Analysis, AnalysisPlan, Frame

    trial = ws.load_sample("bladder")
    nobody = Frame("first_recurrence", {"kind": "any"}, {"event": False})
    asked = AnalysisPlan(
        "t",
        descriptions=(
            Analysis("none", "Nobody", "S", "survival.cox", nobody, arguments={"formula": "arm"}),
        ),
    )
    report = compose(run_plan(trial, asked, seed=1))
    (section,) = [one for one in report.sections if one.title == "Deviations from the plan"]
    (block,) = section.blocks
    assert block.table.texts()[0][0] == "not run"


def test_a_primary_analysis_that_fails_is_said_where_it_would_stand(tmp_path, capsys):
    from walkstats.cli import main
    from walkstats.plan import Analysis, AnalysisPlan, Frame, write_plan
    from walkstats.reading.samples import sample_folder

    people = ws.load_sample("bladder").participants
    assert "number" in people
    frame = Frame("first_recurrence", {"kind": "any", "baseline": ["number"]})
    asked = {"formula": "number", "strata": "number"}
    plan = AnalysisPlan(
        "t", descriptions=(Analysis("main", "Main", "S", "survival.cox", frame, arguments=asked,
                                    status="primary"),),
    )  # fmt: skip
    write_plan(plan, tmp_path / "plan.toml")
    folder, out = str(sample_folder("bladder")), tmp_path / "r"
    arguments = ["report", folder, "--out", str(out), "--plan", str(tmp_path / "plan.toml")]
    assert main([*arguments, "--quiet"]) == 3
    assert "The primary analysis could not be run: number: at no event" in capsys.readouterr().err
    text = " ".join(Page((out / "report.html").read_text(encoding="utf-8")).text)
    assert text.index("The primary analysis could not be run") < text.rindex("Deviations from")


def test_exported_tables_of_synthetic_data_say_so_and_real_ones_do_not(written):
    results, file = written
    tables = sorted((file.parent / "tables").glob("*.csv"))
    assert len(tables) > 5
    for path in tables:
        frame = pd.read_csv(path)
        assert ("Data" in frame) == results.trial.synthetic, path.name
        assert not results.trial.synthetic or set(frame["Data"]) == {"synthetic"}, path.name


def test_the_numbers_of_participants_reconcile_with_the_flow(made):
    results, report = made
    said = [
        block.text
        for section in report.sections
        for block in section.blocks
        if isinstance(block, Paragraph) and "as in the flow diagram" in block.text
    ]
    curves = [
        one
        for one in results.plan.analyses
        if one.method == "survival.kaplan_meier" and one.frame.derive == "first_recurrence"
    ]
    assert len(said) == len(curves)
    flow = results.results["flow"]
    for arm, n in flow.loc[flow["stage"] == "analysed", ["arm", "n"]].to_numpy():
        assert all(f"{arm} {n}" in text for text in said)
    assert f"Of the {len(results.trial.participants)} participants randomised" in said[0]


def test_which_model_stands_beside_a_published_ratio_is_named():
    _, report = composed("walkback-like")
    beside = next(one.table for one in report.tables() if one.name == "beside_published")
    assert "any recurrence (here: Cox, unadjusted)" in beside.to_markdown()


def test_one_and_nobody_without_follow_up():
    frame = pd.DataFrame({"arm": ["a", "a", "b"], "days": [0.0, 9.0, 8.0], "event": False})
    assert "2 (a 1, b 1) were followed" in followed_said(frame, ["a", "b"])
    assert followed_said(frame.assign(days=1.0), ["a", "b"]) == ""


def test_log_rank_tables_and_checks_of_every_hazard_ratio_are_there(made):
    results, report = made
    shown = {block.name: block.table for block in report.tables()}
    for one in results.plan.analyses:
        if one.method == "survival.log_rank":
            frame = shown[one.name].to_frame()
            groups = results.results[one.name].parts["groups"]
            expected = frame.loc[frame["column"] == "Expected", "value"]
            assert expected.tolist() == groups["expected"].tolist()
        waits = one.frame is not None and one.frame.derive == "first_recurrence"
        if waits and one.name.endswith("_cox"):
            assert one.name.replace("_cox", "_proportionality") in shown


def test_what_the_data_chose_and_how_fits_ended_are_said(made):
    results, report = made
    (details,) = [block.table for block in report.tables() if block.name == "methods_details"]
    text = " ".join(row.label for row in details.rows)
    said = " ".join(one for row in details.texts() for one in row)
    for one in results.plan.analyses:
        assert one.note.replace(" %", "%") in said
    fits = [result for result in results.results.values() if isinstance(result, Fit)]
    assert text.count("; converged)") == len(fits)
    numbers = report.numbers
    ratios = numbers["scale"] == "ratio"
    assert numbers.loc[ratios, "std_error_of"].str.startswith("log ").all()
    assert numbers.loc[~ratios, "std_error_of"].isna().all()
    assert set(numbers["state"].dropna()) == {"converged"}


def test_a_fit_that_did_not_converge_is_doubted_in_its_sentence():
    import dataclasses

    done = composed("bladder")[0]
    doubtful = dataclasses.replace(done.results["any_cox"], state="not converged")
    report = compose(dataclasses.replace(done, results={**done.results, "any_cox": doubtful}))
    said = [
        block.text for section in report.sections for block in section.blocks
        if isinstance(block, Paragraph) and "Hazard ratio" in block.text
    ]  # fmt: skip
    assert len(said) == 2
    assert all("[the fit did not converge]" in text for text in said)


def test_deaths_before_the_primary_outcome_are_told_and_shown():
    report = composed("bladder")[1]
    blocks = [block for section in report.sections for block in section.blocks]
    said = [block.text for block in blocks if isinstance(block, Paragraph)]
    assert any(text.startswith("17 participants died with no recurrence before") for text in said)
    shown = {shown.name for shown in (*report.figures(), *report.tables())}
    assert {"any_incidence", "any_gray"} < shown


def test_only_figures_too_wide_for_a_phone_are_panned(written):
    text = written[1].read_text(encoding="utf-8")
    wide = re.findall(r'<figure class="wide" id="[^"]+" style="--inches: ([\d.]+)">', text)
    assert wide
    assert all(float(inches) > WIDEST_ON_A_PHONE for inches in wide)
    assert text.count("<figure id=") == text.count("<img ") - len(wide)
    assert "Scroll the figure sideways" in text


def test_people_without_follow_up_are_said_once_in_a_section():
    table = ws.tables.Table("", "", (), (), notes=("B: 30 rows are not at risk: no follow-up.",))
    other = replace(table, notes=("1 row has time 0: counted, at risk at time 0 only.", "More."))
    said = Paragraph("The tables count the other 30, who have no follow-up, among them.")
    blocks = [said, TableBlock("a", table), TableBlock("b", other), TableBlock("c", other)]
    left = [block.table.notes for block in said_once(blocks)[1:]]
    assert left == [(), other.notes, ("More.",)]


def test_what_a_reader_of_the_report_must_be_told():
    _, report = composed("walkback-like")
    texts = [b.text for one in report.sections for b in one.blocks if isinstance(b, Paragraph)]
    notes = [note for block in report.tables() for note in block.table.notes]
    assert sum("No adjustment was made for multiple comparisons" in one for one in texts) == 1
    assert not any("more_than_two_previous" in one for one in (*texts, *notes))
    assert any(one.startswith("Length of follow-up for activity-limiting") for one in texts)
    assert any("may not be an effect of walking" in one for one in texts)
    assert any("mean time walked in the 4 weeks before the visit" in one for one in texts)
    assert sum("30 rows" in note for note in notes) <= len(report.sections)
    (dose,) = [block for block in report.figures() if block.name == "pain_dose"]
    assert "adjusted for" in dose.caption
    assert "pointwise 95% intervals" in dose.caption


def paragraphs(report, section, role):
    return [
        block.text
        for one in report.sections
        if one.title == section
        for block in one.blocks
        if isinstance(block, Paragraph) and block.role == role
    ]


def test_recovery_says_first_that_its_groups_are_not_randomised():
    report = composed("walkback-like")[1]
    (section,) = [
        one for one in report.sections if one.title == "Recovery from the first recurrence"
    ]
    assert section.blocks[0].role == "caution"
    assert "not a comparison of randomised groups" in section.blocks[0].text
    assert len(paragraphs(report, section.title, "caution")) == 1
    titles = [one.title for one in composed("bladder")[1].sections]
    assert "Recovery from the first recurrence" not in titles  # no last days of pain are recorded


def test_counts_and_rates_of_all_recurrences_stand_in_sentences(made):
    results, report = made
    text = " ".join(paragraphs(report, "All recurrences", "result"))
    compared = results.results["recurrences_compared"]
    for group in results.trial.arms:
        assert f"{compared.by_group.estimate(group).estimate:.2f} ({group})" in text
    rate = results.results["recurrences_rate"]
    for term in rate.terms:
        assert f"Rate ratio {rate.estimate(term, ratio=True).estimate:.2f} (95% CI" in text
    assert "recurrences_mean_count" in {block.name for block in report.figures()}


def test_every_hazard_ratio_of_the_primary_outcome_is_in_one_forest():
    results, report = composed("walkback-like")
    (forest,) = [one for one in report.figures() if one.name == "activity_limiting_robust_forest"]
    words = " ".join(text.get_text() for ax in forest.figure.axes for text in ax.texts)
    labels = [text.get_text() for ax in forest.figure.axes for text in ax.get_yticklabels()]
    for label in ("Cox regression, stratified", "Bootstrap", "Interval-censored Cox"):
        assert label in words or label in labels
    shown = {block.name: block.table for block in report.tables()}
    datings = shown["activity_limiting_ascertainment"].to_frame()
    fit = results.results["activity_limiting_interval_cox"]
    values = datings.select_dtypes("number").to_numpy()
    assert fit.estimate("arm[walking]", ratio=True).estimate in values


def test_check_ins_are_counted_by_arm():
    results, report = composed("walkback-like")
    (said,) = paragraphs(report, "Completeness of check-ins", "result")
    whole = results.results["check_ins"].query("check_in.isna()")
    for one in whole.itertuples():
        assert f"({one.completed:.0f} of {one.expected:.0f}) in the {one.arm} arm" in said


def test_whatever_a_plan_may_ask_for_can_be_shown():
    from walkstats.plan import Analysis, AnalysisPlan, Frame

    trial = ws.load_sample("bladder")
    first = Frame("competing_events", {"kind": "any"})
    spells = Frame("recurrences", {"kind": "any", "at_risk": "under_observation"})
    between = Frame("recurrence_intervals", {"kind": "any"})
    recalled = {"derive": "first_recurrence", "arguments": {"kind": "any"}}
    asked = {
        "survival.turnbull": (between, {"by": "arm"}),
        "survival.interval_log_rank": (between, {"by": "arm"}),
        "survival.interval_cox": (between, {"formula": "arm"}),
        "survival.ascertainment_sensitivity": (between, {"formula": "arm", "recalled": recalled}),
        "survival.prentice_williams_peterson": (spells, {"formula": "arm", "up_to": 3}),
        "survival.compare_recurrent_models": (spells, {"formula": "arm", "up_to": 3}),
        "survival.nelson_aalen": (Frame("first_recurrence", {"kind": "any"}), {"by": "arm"}),
        "survival.cumulative_incidence": (first, {"by": "arm"}),
        "survival.gray_test": (first, {"by": "arm", "of": "recurrence"}),
        "survival.cause_specific_cox": (first, {"formula": "arm", "of": "death"}),
        "survival.fine_gray": (first, {"formula": "arm", "of": "recurrence"}),
    }
    analyses = tuple(
        Analysis(method.replace(".", "_"), method, "S", method, frame, arguments=arguments)
        for method, (frame, arguments) in asked.items()
    )
    done = run_plan(trial, AnalysisPlan("all", descriptions=tuple(analyses)), seed=1)
    assert done.deviations.empty
    shown = {block.name for block in compose(done).tables()}
    assert {one.name for one in analyses} - {"survival_interval_cox"} <= shown
