"""How is a notebook run, and what of its outputs must stay the same?"""

import re
import tempfile
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


def run(path: Path) -> nbformat.NotebookNode:
    """Run a copy of a notebook from its first cell to its last, in an empty folder."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": folder}}
        )
        client.execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return nbformat.from_dict(notebook)


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
