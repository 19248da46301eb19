"""A notebook shows a figure once: as the value of its cell, and not again when the cell ends."""

import os

import nbformat
import pytest
from nbclient import NotebookClient

MAKE = """
import pandas as pd
from walkstats.figures import plot_flow
frame = pd.DataFrame({"stage": ["randomised"], "arm": "", "reason": "", "n": [3]})
"""


@pytest.mark.parametrize("backend", [None, "Agg"])
def test_once_where_it_is_the_value_of_the_cell(backend):
    sources = (MAKE, "plot_flow(frame)", "figure = plot_flow(frame)")
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook = nbformat.v4.new_notebook(cells=cells)
    env = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    if backend is not None:
        env["MPLBACKEND"] = backend
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute(env=env)
    images = [
        sum("image/png" in output.get("data", {}) for output in cell.outputs)
        for cell in notebook.cells
    ]
    assert images == [0, 1, 0]
