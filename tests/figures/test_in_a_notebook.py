"""A notebook shows a figure once: as the value of its cell, and not again when the cell ends."""

import os

import nbformat
from nbclient import NotebookClient

MAKE = """
import pandas as pd
from walkstats.figures import plot_flow
frame = pd.DataFrame({"stage": ["randomised"], "arm": "", "reason": "", "n": [3]})
"""
SOURCES = (MAKE, "plot_flow(frame)", "figure = plot_flow(frame)")


def test_once_where_it_is_the_value_of_the_cell():
    """In a kernel as a user starts it; with MPLBACKEND=Agg see the tests of the notebooks."""
    cells = [nbformat.v4.new_code_cell(source) for source in SOURCES]
    notebook = nbformat.v4.new_notebook(cells=cells)
    env = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute(env=env)
    images = [
        sum("image/png" in output.get("data", {}) for output in cell.outputs)
        for cell in notebook.cells
    ]
    assert images == [0, 1, 0]
