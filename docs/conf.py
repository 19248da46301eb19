"""Sphinx: the user guide, a page per method, the API from the docstrings, notebooks as stored."""

import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path[:0] = [str(ROOT), str(HERE)]

from generate import write_api  # noqa: E402

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

for name in ("api", "notebooks"):
    shutil.rmtree(HERE / name, ignore_errors=True)
write_api(HERE / "api")
if (ROOT / "notebooks").is_dir():
    shutil.copytree(ROOT / "notebooks", HERE / "notebooks", ignore=shutil.ignore_patterns(".*"))
