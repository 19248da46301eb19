"""Sphinx: the user guide, a page per method, the API from the docstrings, notebooks as stored."""

import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path[:0] = [str(ROOT), str(HERE)]

from docutils import nodes  # noqa: E402
from generate import write_api, write_notebooks  # noqa: E402
from latex2mathml.converter import convert  # noqa: E402

import walkstats  # noqa: E402

project = "walkstats"
author = "The walkstats developers"
copyright = "2026, the walkstats developers"
version = release = walkstats.__version__

extensions = ["myst_nb", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.autosummary"]
exclude_patterns = ["_build"]
suppress_warnings = ["mystnb.unknown_mime_type"]

# The tests run the notebooks; here their stored outputs are shown.
nb_execution_mode = "off"
nb_merge_streams = True
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3

autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

html_theme = "pydata_sphinx_theme"
html_title = f"walkstats {release}"
html_theme_options = {"show_prev_next": False, "secondary_sidebar_items": ["page-toc"]}
html_static_path = []
html_show_sourcelink = False

html_math_renderer = "mathml"

for name in ("api", "notebooks"):
    shutil.rmtree(HERE / name, ignore_errors=True)
write_api(HERE / "api")
write_notebooks(HERE / "notebooks")


def show_math(writer, node):
    """Write a formula as MathML, which browsers show without a script from elsewhere."""
    display = "inline" if node.tagname == "math" else "block"
    writer.body.append(convert(node.astext(), display=display))
    raise nodes.SkipNode


def setup(app):
    """Tell Sphinx how formulas are shown."""
    app.add_html_math_renderer("mathml", (show_math, None), (show_math, None))
