"""How is a notebook run, and what of its outputs must stay the same?"""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))

# What differs from run to run and says nothing: addresses, folders of this machine, times taken.
PASSING = [
    (re.compile(r"0x[0-9a-f]{6,}"), "0x"),
    (re.compile(r"(?:/[\w.+-]+)+/(?=[\w.+-]+)"), "/"),
    (re.compile(r"\b[0-9.:]+ ?(?:ms|s|seconds|it/s|s/it)\b"), "(time)"),
]
NUMBER = re.compile(r"(?<![\w.])[-\u2212]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


# What stands before all of them: a sample is read from its files once.
FIRST = "import sys\nsys.path.insert(0, {!r})\nfrom tests.samples_kept import read_samples_once\n\
read_samples_once()\ndel sys.path[0]"
# What stands before each notebook: nothing of those before it is left but imported modules.
ALONE = "%reset -f\nimport os\nos.makedirs({0!r})\nos.chdir({0!r})\ndel os"


def run(*paths: Path, allow_errors: bool = False) -> list[nbformat.NotebookNode]:
    """Run copies of notebooks from first cell to last, each in an empty folder, in one kernel."""
    notebooks = [nbformat.read(path, as_version=4) for path in paths]
    with tempfile.TemporaryDirectory() as folder:
        sources = [FIRST.format(str(FOLDER.parent))]
        for path, notebook in zip(paths, notebooks, strict=True):
            sources.append(ALONE.format(str(Path(folder, path.stem))))
            sources += [cell.source for cell in code_cells(notebook)]
        whole = nbformat.v4.new_notebook(cells=[*map(nbformat.v4.new_code_cell, sources)])
        NotebookClient(
            whole, timeout=600, kernel_name="python3", allow_errors=allow_errors
        ).execute()
    ran = iter(whole.cells[1:])
    return [_with_outputs(notebook, ran) for notebook in notebooks]


def _with_outputs(
    notebook: nbformat.NotebookNode, ran: Iterator[nbformat.NotebookNode]
) -> nbformat.NotebookNode:
    """A notebook as a run of it alone would leave it."""
    next(ran)
    for count, cell in enumerate(code_cells(notebook), start=1):
        cell.outputs, cell.execution_count = next(ran).outputs, count
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = count
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return nbformat.from_dict(notebook)


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """The cells that run."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shown(cell: nbformat.NotebookNode) -> list[tuple[str, str]]:
    """What a code cell shows, as (kind, text); of a figure only that there is one."""
    found = []
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            found.append((output.name, _lasting(output.text)))
        elif output.output_type == "error":
            found.append(("error", f"{output.ename}: {output.evalue}"))
        else:
            # The plain text of what has a page of its own is not what a reader sees.
            seen = {"text/html"} & set(output.data) or {"text/plain"}
            found += [
                (kind, _lasting(content) if kind in seen else "")
                for kind, content in sorted(output.data.items())
            ]
    return found


def same(stored: str, now: str) -> bool:
    """Whether two texts are equal, but for one unit in the last printed decimal of a number."""
    if NUMBER.sub("#", stored) != NUMBER.sub("#", now):
        return False
    pairs = zip(NUMBER.findall(stored), NUMBER.findall(now), strict=True)
    return all(_close(*pair) for pair in pairs)


def _lasting(text: str) -> str:
    for pattern, replacement in PASSING:
        text = pattern.sub(replacement, text)
    return text.strip()


def _close(stored: str, now: str) -> bool:
    if stored == now:
        return True
    first, second = (float(text.replace("\u2212", "-")) for text in (stored, now))
    if "." not in stored + now:
        return False
    decimals = min(len(text.partition("e")[0].partition(".")[2]) for text in (stored, now))
    exponent = int(stored.partition("e")[2] or 0)
    return abs(first - second) <= max(1.01 * 10.0 ** (exponent - decimals), 1e-12)
