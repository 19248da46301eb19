"""Can a trial folder, a plan or a label from a stranger do harm, or a failing write leave half?"""

import ast
import csv
import dataclasses
import io
import json
import os
import re
import stat
import time
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import pandas as pd
import pytest

import walkstats as ws
from tests.reading.trial_on_disk import FACTS, TrialOnDisk
from walkstats import _files
from walkstats._formula_text import parse
from walkstats.cli import main
from walkstats.errors import DataError, Problem, problems_frame
from walkstats.reading.declared.clause_values import as_texts
from walkstats.reading.writing.toml_writing import quoted
from walkstats.report.files import check_writable
from walkstats.tables import slugs
from walkstats.tables.safe_text import for_html, for_spreadsheet

PACKAGE = Path(ws.__file__).parent
HARM = {
    "script": "<script>alert(1)</script>",
    "attribute": "\" onload='alert(1)",
    "end of data": "]]>&lt;b&gt;",
    "formula": "=cmd|' /C calc'!A0",
    "control": "a\x00b\x1b[31mc\x07",
    "backwards": "\u202ecod.exe",
    "template": "{{7*7}} {0} %s ${x}",
    "latex": "\\input{/etc/passwd}",
}
ODD_NAMES = [
    "CON",
    "nul.txt",
    "__proto__",
    "../../x",
    "/etc/passwd",
    "a" * 400,
    ".",
    "",
    "COM1",
    "x:y",
]


# -- what the package itself calls -------------------------------------------------------------

FORBIDDEN_MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "ctypes", "yaml"}
FORBIDDEN_CALLS = {
    *("eval", "exec", "compile", "__import__", "os.system", "os.popen", "os.execv", "os.spawnv"),
    *("np.load", "numpy.load", "pd.read_pickle", "joblib.load", "torch.load", "yaml.load"),
    *("tempfile.mktemp", "pd.eval", "frame.eval", "frame.query"),
}
ALLOWED = {
    ("plan/compiling_ahead.py", "subprocess"): "a second Python compiles loops; no data reach it",
    ("report/provenance.py", "subprocess"): "git says the commit of walkstats; fixed words only",
}
"""Module, what it uses -> why that is safe."""


MENTIONED = re.compile(
    r"pickle|marshal|shelve|dill|ctypes|yaml|subprocess|eval\(|exec\(|compile\(|__import__|system\(|"
    r"popen|execv|spawnv|\.load\(|mktemp\(|query\(|shell"
)
"""A source without any of these has no danger in it: most need not be parsed."""


def dangers(source: str) -> set[str]:
    """What in a source could run what data say."""
    found = set()
    if not MENTIONED.search(source):
        return found
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        found |= {n for n in names if n.split(".")[0] in FORBIDDEN_MODULES | {"subprocess"}}
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            given = {k.arg: ast.unparse(k.value) for k in node.keywords}
            trusting = {given.get("shell", "False"), given.get("allow_pickle", "False")} != {
                "False"
            }
            asked = called.endswith((".query", ".eval"))
            of_data = asked and not isinstance(node.args[0], ast.Constant)
            found |= {called} if called in FORBIDDEN_CALLS or trusting or of_data else set()
    return found


def test_nothing_is_unpickled_evaluated_or_handed_to_a_shell():
    found = {
        (file.relative_to(PACKAGE).as_posix(), danger)
        for file in PACKAGE.rglob("*.py")
        for danger in dangers(file.read_text(encoding="utf-8"))
    }
    assert found == set(ALLOWED)


def test_the_search_for_dangers_finds_them():
    for source in (
        "import pickle",
        "from marshal import loads",
        "eval('1')",
        "np.load(f, allow_pickle=True)",
        "np.load(f)",
        "run(c, shell=True)",
        "import os\nos.system('x')",
        "frame.query(x)",
    ):
        assert dangers(source), source


WRITES = re.compile(
    r"\.write_text\(|\.write_bytes\(|\bopen\([^)]*[\"'][wax]b?[\"']|\.savefig\(|\.to_csv\("
)
WRITERS = {
    "_files.py": "the one place that writes a file: a draft, put in its place",
    "reading/writing/trial_writing.py": "into a folder of another name, then given its own",
    "report/files.py": "the same",
    "report/reproducing.py": "into the folder of report/files.py",
    "reading/cdisc/to_adam.py": "the same",
    "reading/assembled/minute_files.py": "into a temporary folder, under the last part of the name",
    "figures/canvas.py": "to memory",
}


def test_files_are_written_in_few_places():
    found = {
        file.relative_to(PACKAGE).as_posix()
        for file in PACKAGE.rglob("*.py")
        if any(
            WRITES.search(line)
            for line in file.read_text(encoding="utf-8").splitlines()
            if not line.lstrip().startswith((">>>", "...", "#"))
        )
    }
    assert found <= set(WRITERS), "write through walkstats._files"


# -- formulas ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "formula",
    [
        "x.__class__",
        "{__import__('os').system('true')}",
        "`{x}`",
        "__import__('os')",
        "x if x else x",
        "[c for c in x]",
        "lambda x: x",
        "np.exp(x)",
        "log(x).__class__",
        "log(__import__('os'))",
        "factor(x, reference=__import__('os'))",
        "rcs(x, open('f'))",
        "x; import os",
        "x\nimport os",
        "I(x)",
        "C(x)",
        "Q('x')",
        "x := 1",
        "x @ x",
    ],
)
def test_no_code_in_a_formula(formula):
    with pytest.raises(ValueError, match=r"formula|allowed|read|holds|arguments"):
        parse(formula)


GROWING = {
    "brackets": "(" * 1_000 + "x" + ")" * 1_000,
    "sums": "x + " * 20_000 + "x",
    "a name": "x" * 100_000,
    "calls": "log(" * 1_000 + "x" + ")" * 1_000,
    "a quote": "`" + "a" * 100_000,
    "crossed names": "*".join(f"x{k}" for k in range(60)),
    "crossed sums": ":".join(f"(x{k} + y{k})" for k in range(60)),
    "blanks": " " * 100_000 + "x y",
    "digits": "1" * 4_000,
    "lists": "rcs(x, " + "[" * 900 + "]" * 900 + ")",
}


@pytest.mark.parametrize("grows", GROWING)
def test_formulas_that_grow_are_refused_in_time(grows):
    began = time.process_time()
    with pytest.raises(ValueError, match=r"formula|read|characters|terms"):
        parse(GROWING[grows])
    assert time.process_time() - began < 2


def test_formulas_of_models_are_not():
    assert len(parse("+".join(f"x{k}" for k in range(200))).terms) == 200
    assert len(parse("a * b * c * d * e").terms) == 31


# -- paths -------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    return TrialOnDisk.at(tmp_path / "trial")


@pytest.mark.parametrize(
    "clause",
    [
        'from = "../secret.csv"',
        'from = "{outside}"',
        'from = "C:\\\\secret.csv"',
        'from = "sub/../../secret.csv"',
        'from = "link.csv"',
        'score = [{{ questionnaire = "../secret.toml", columns = [] }}]',
        'timezone = "../../secret"',
    ],
)
def test_no_clause_names_a_file_outside(folder, tmp_path, clause):
    for name in ("secret.csv", "secret.toml"):
        (tmp_path / name).write_text("participant_id,week\nSECRET,1\n")
    if hasattr(os, "symlink"):
        (folder.path / "link.csv").symlink_to(tmp_path / "secret.csv")
    (folder.path / "walking.csv").unlink()
    clause = clause.format(outside=(tmp_path / "secret.csv").as_posix())
    table = "outcomes" if clause.startswith("score") else "walking"
    folder.toml(f"[{table}]\n{clause}")
    found = folder.check()
    assert found["severity"].eq("error").any()
    assert "SECRET" not in found.to_csv()


def test_a_report_goes_nowhere_else(tmp_path):
    target, elsewhere = tmp_path / "report", tmp_path / "elsewhere"
    target.mkdir()
    elsewhere.mkdir()
    (target / "tables").symlink_to(elsewhere)
    with pytest.raises(DataError, match="is a link or a file"):
        check_writable(target)
    (target / "tables").unlink()
    (target / "figures").write_text("mine")
    with pytest.raises(DataError, match="is a link or a file"):
        check_writable(target)
    with pytest.raises(DataError, match="NUL character"):
        check_writable("a\0b")


@pytest.mark.parametrize("name", [*ODD_NAMES, *HARM.values()])
def test_names_of_files_are_plain(name):
    (made,) = slugs.file_names([name]).values()
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,120}", made)
    assert made.split("-")[0] not in {"con", "nul", "prn", "aux", "com1", "lpt1"} or "-" in made


# -- what leaves: spreadsheets, pages, TOML ----------------------------------------------------

RUN = re.compile(r"^\s*[=+@＝＋＠\t\r]|^\s*-(?![\d.∞])")


def harmful(trial):
    """The trial with harm wherever a label can stand."""
    people = trial.participants.assign(
        withdrawal_reason=list(HARM.values())[:6],
        **{HARM["formula"]: ["=1+1", "+x", "-x", "@x", "'=x", "\u202e=x"]},
    )
    people = people.assign(
        withdrawal_reason=[one.replace("\x00", "") for one in people["withdrawal_reason"]]
    )
    return dataclasses.replace(
        trial, participants=people, name=HARM["script"], source=HARM["attribute"]
    )


def test_a_written_trial_runs_in_no_spreadsheet_and_comes_back(folder, tmp_path):
    trial = harmful(folder.read())
    ws.write_trial(trial, tmp_path / "out")
    for file in (tmp_path / "out").glob("*.csv"):
        for row in csv.reader(io.StringIO(file.read_text(encoding="utf-8"))):
            assert not any(RUN.match(cell) for cell in row), file
    assert "guarded = true" in (tmp_path / "out" / "trial.toml").read_text()
    assert ws.read_trial(tmp_path / "out").equals(trial)
    assert HARM["formula"] in ws.read_trial(tmp_path / "out").participants


def test_a_file_that_is_not_guarded_keeps_its_apostrophes(folder):
    folder.change("participants.csv", "moved away", "'=x")
    assert "'=x" in folder.read().participants["withdrawal_reason"].to_list()


def test_findings_and_trials_are_shown_as_text(tmp_path, folder, capsys):
    labels = [one.replace("\x00", "") for one in HARM.values()]
    said = "|".join(labels).replace('"', '""')
    folder.change("participants.csv", "moved away", f'"{said}"')
    folder.change("costs.csv", "care,", '"<script>alert(1)</script>",')
    folder.change("walking.csv", "P3,1", '"<img src=x onerror=alert(1)>\x1b[31m",1')
    page = tmp_path / "page.html"
    assert main(["check", str(folder.path), "--html", str(page)]) == 1
    written = page.read_text(encoding="utf-8")
    assert "&lt;img src=x" in written
    assert "<img" not in written
    assert "<script>alert" not in written
    assert "\x1b" not in written + capsys.readouterr().out
    for label in labels:
        trial = ws.Trial(
            label, label, (label, "b"), pd.DataFrame({"participant_id": [], "arm": []})
        )
        html = trial._repr_html_()
        assert "<script" not in html
        assert ET.fromstring(re.sub(r"[\x00-\x1f]", "", html)).tag == "div"


@pytest.mark.parametrize("label", HARM.values())
def test_a_label_reads_back_from_toml(label):
    import tomllib

    assert tomllib.loads(f"a = {quoted(label)}")["a"] == label


def test_texts_for_pages_and_spreadsheets():
    for label in HARM.values():
        assert not re.search(r"[<>\x00-\x1f]|(?<!&quot;)\"", for_html(label))
        assert not RUN.match(for_spreadsheet(label))


# -- writing is whole or not at all ------------------------------------------------------------


def test_a_write_that_fails_leaves_the_old_file_and_no_draft(tmp_path, monkeypatch):
    file = tmp_path / "f.csv"
    file.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for name in ("fsync", "replace"):
        with monkeypatch.context() as patched:
            patched.setattr(_files.os, name, full)
            with pytest.raises(DataError, match="No space left on device"):
                _files.write_whole("new", file)
        assert [one.name for one in tmp_path.iterdir()] == ["f.csv"]
        assert file.read_text() == "old"


@pytest.mark.parametrize("name", ["", ".", "a\0b", "x" * 300, "file/inside"])
def test_a_file_that_cannot_be_is_refused_in_words(tmp_path, name):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        _files.write_whole("x", tmp_path / name)
    with pytest.raises(DataError, match="half a character"):
        _files.write_whole("\ud800", tmp_path / "half")


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_permissions_are_those_of_the_file_or_of_its_owner(tmp_path):
    file = tmp_path / "f"
    file.write_text("")
    file.chmod(0o640)
    _files.write_whole("x", file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    secret = _files.write_whole("x", tmp_path / "secret", permissions=_files.PRIVATE)
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    link, other = tmp_path / "link", tmp_path / "other"
    other.write_text("kept")
    link.symlink_to(other)
    _files.write_whole("x", link)
    assert other.read_text() == "kept"


# -- absurd files ------------------------------------------------------------------------------

PEOPLE = "participant_id,arm,age_years\n"
ABSURD = {
    "columns": PEOPLE.strip() + "".join(f",c{k}" for k in range(20_000)) + "\n",
    "many columns to carry": PEOPLE.strip()
    + "".join(f",c{k}" for k in range(150))
    + "\nP1,control,50"
    + ",x" * 150
    + "\n",
    "one cell": PEOPLE + "P1,control," + "9" * 2_000_000,
    "digits": PEOPLE + "".join(f"P{k},control,{'9' * 50_000}\n" for k in range(20)),
    "exponent": PEOPLE + "P1,control,1e999999999\nP2,walking,1e-999999999\n",
    "quotes": PEOPLE + '"' * 100_001,
    "a quote at the end": PEOPLE + "P1,control,50\n" * 20_000 + '"',
    "wrong encoding at the end": (PEOPLE + "\n" * 200_000).encode() + b"\xff",
    "spaces": PEOPLE + "P1,control," + "1" + " " * 100_000 + "x\n",
    "no spaces": (PEOPLE + "P1,control," + "a" * 100_000 + "\xe9").encode("cp1252"),
}


def test_lists_that_are_absurdly_long_are_read_or_refused_in_time(tmp_path):
    (tmp_path / "participants.csv").write_text(PEOPLE + "P1,control,50\n")
    began = time.process_time()
    assert len(as_texts([f"a{k}" for k in range(100_000)])) == 100_000
    parts = '[[walking]]\nfrom = "w.csv"\n' * 1001
    (tmp_path / "trial.toml").write_text(FACTS.replace('strata = ["referral"]\n', "") + parts)
    found = ws.check_trial(tmp_path)
    assert time.process_time() - began < 5
    assert "walking has 1001 parts (limit 1000)" in found["problem"].tolist()


def test_a_parquet_file_of_cells_that_are_books_is_refused(tmp_path):
    (tmp_path / "trial.toml").write_text(FACTS.replace('strata = ["referral"]\n', ""))
    people = pd.DataFrame({"participant_id": ["P1", "x" * 2_000_000], "arm": "control"})
    people.to_parquet(tmp_path / "participants.parquet")
    with pytest.raises(DataError, match="a cell of 2000000 bytes in column participant_id"):
        ws.read_trial(tmp_path)


@pytest.mark.parametrize("absurd", ABSURD)
def test_absurd_files_are_read_or_refused_in_time(tmp_path, absurd):
    content = ABSURD[absurd]
    data = content if isinstance(content, bytes) else content.encode()
    (tmp_path / "participants.csv").write_bytes(data)
    (tmp_path / "trial.toml").write_text(FACTS.replace('strata = ["referral"]\n', ""))
    began = time.process_time()
    found = ws.check_trial(tmp_path)
    assert time.process_time() - began < 5
    assert len(found)
    assert found["problem"].str.len().max() < 3_000


def test_an_error_does_not_steer_the_terminal(folder, tmp_path, capsys):
    folder.change("walking.csv", "P3,1", "\x1b]0;title\x07P9\u202e,1")
    arguments = ["pseudonymise", str(folder.path), "--out", str(tmp_path / "o"), "--key"]
    assert main([*arguments, str(tmp_path / "key")]) == 1
    said = capsys.readouterr().err
    assert "P9" in said
    assert all(sign.isprintable() or sign == "\n" for sign in said)


def test_a_folder_of_many_files_is_listed_in_short(folder):
    (folder.path / "participants.csv").unlink()
    for k in range(60):
        (folder.path / f"more{k}.csv").write_text("")
    assert len(folder.check()) < 30
    for k in range(60):
        (folder.path / f"note{k}.txt").write_text("")
    assert folder.check()["problem"].str.len().max() < 1_000


def test_an_archive_of_a_whole_trial_writes_nothing(tmp_path):
    made = TrialOnDisk.at(tmp_path / "trial")
    file = tmp_path / "trial.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for one in made.path.iterdir():
            archive.write(one, f"../../{one.name}")
    before = sorted(one.name for one in tmp_path.rglob("*"))
    assert ws.check_trial(file)["severity"].eq("error").any()
    assert sorted(one.name for one in tmp_path.rglob("*")) == before


def test_findings_survive_json():
    found = problems_frame([Problem(label) for label in HARM.values()])
    assert json.loads(found.to_json())
