"""Do the stored notebooks show what a run shows today?"""

import ast
import os

import nbformat
import pytest

from tests.figures.test_in_a_notebook import SOURCES
from tests.notebooks.execution import NOTEBOOKS, code_cells, run, same, shown


def test_the_five_notebooks_are_there():
    assert [path.name[:2] for path in NOTEBOOKS[:5]] == ["01", "02", "03", "04", "05"]


# The first three, and a user's own data, run with every change; the others with the simulations.
SHORT = [path for path in NOTEBOOKS if path.name[:2] in ("01", "02", "03", "11")]
LONG = [path for path in NOTEBOOKS if path not in SHORT]


@pytest.fixture(scope="module")
def runs():
    return dict(zip(SHORT, run(*SHORT, allow_errors=True), strict=True))


@pytest.fixture(scope="module")
def long_runs():
    return dict(zip(LONG, run(*LONG, allow_errors=True), strict=True))


@pytest.mark.parametrize("path", SHORT, ids=lambda path: path.stem)
def test_a_run_shows_what_is_stored(path, runs):
    compare(path, runs[path])


@pytest.mark.slow
@pytest.mark.parametrize("path", LONG, ids=lambda path: path.stem)
def test_a_long_run_shows_what_is_stored(path, long_runs):
    compare(path, long_runs[path])


def compare(path, ran):
    stored, now = code_cells(nbformat.read(path, as_version=4)), code_cells(ran)
    for number, (before, after) in enumerate(zip(stored, now, strict=True), start=1):
        assert [kind for kind, _ in shown(before)] == [kind for kind, _ in shown(after)], number
        for (kind, old), (_, new) in zip(shown(before), shown(after), strict=True):
            assert same(old, new), f"code cell {number}, {kind}:\n{old}\n--- is now ---\n{new}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_stored_notebook_is_whole(path):
    cells = code_cells(nbformat.read(path, as_version=4))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    kinds = {kind for cell in cells for kind, _ in shown(cell)}
    assert "image/png" in kinds or path.name.startswith("01")
    assert not kinds & {"error", "stderr"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_defines_no_function(path):
    for cell in code_cells(nbformat.read(path, as_version=4)):
        python = "\n".join(line for line in cell.source.splitlines() if not line.startswith("%"))
        nodes = ast.walk(ast.parse(python))
        assert not [node for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)]


@pytest.mark.parametrize(
    ("stored", "now", "equal"),
    [
        ("HR 0.723 (0.61 to 0.86)", "HR 0.724 (0.61 to 0.86)", True),
        ("HR 0.723 (0.61 to 0.86)", "HR 0.733 (0.61 to 0.86)", False),
        ("351 participants", "350 participants", False),
        ("351 participants", "351 people", False),
        ("p = 1.0e-17", "p = 3.0e-17", True),
        ("\u22121.28", "1.28", False),
    ],
)
def test_comparison_sees_what_matters(stored, now, equal):
    assert same(stored, now) is equal


def test_run_and_comparison_on_notebooks_made_here(tmp_path):
    sources = {
        "figures": SOURCES,
        "first": ["x = 2.5\nprint(x, object())",
                  "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([x])"],
        "second": ["sorted(globals().keys() & {'x', 'plt', 'os'})", "import os\nos.listdir()", "x"],
    }  # fmt: skip
    for name, cells in sources.items():
        notebook = nbformat.v4.new_notebook(cells=[*map(nbformat.v4.new_code_cell, cells)])
        nbformat.write(notebook, tmp_path / f"{name}.ipynb")
    paths = [tmp_path / f"{name}.ipynb" for name in sources]
    figures, *made = [code_cells(notebook) for notebook in run(*paths, allow_errors=True)]
    # The kernel has the backend of the tests: a figure is shown once with that too.
    assert os.environ["MPLBACKEND"].lower() == "agg"
    assert [[kind for kind, _ in shown(cell)].count("image/png") for cell in figures] == [0, 1, 0]
    first, second = map(shown, made[0])
    assert first == [("stdout", "2.5 <object object at 0x>")]
    assert ("image/png", "") in second
    # The second notebook knows no name of the first, and its folder is its own.
    names, files, unknown = map(shown, made[1])
    assert names == files == [("text/plain", "[]")]
    assert unknown == [("error", "NameError: name 'x' is not defined")]
    assert [[cell.execution_count for cell in cells] for cells in made] == [[1, 2], [1, 2, 3]]
