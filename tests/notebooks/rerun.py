"""Run every notebook and store its outputs: ``python3 dev.py notebooks [NAME ...]``."""

import sys

import nbformat

from tests.notebooks.execution import NOTEBOOKS, run


def main(names: list[str]) -> None:
    """Rewrite the notebooks whose names start like one of these; all when none is given."""
    for path in NOTEBOOKS:
        if not names or path.name.startswith(tuple(names)):
            print(f"{path.name} ...", flush=True)
            nbformat.write(run(path)[0], path)


if __name__ == "__main__":
    main(sys.argv[1:])
