"""Do the pages say what the code says? Pages made from code, links, and the README's examples."""

import functools
import importlib.util
import json
import re
from pathlib import Path

import pandas as pd
import pytest

import walkstats as ws
from tests.reference.goldens import TALLIES

ROOT = Path(__file__).parents[1]
PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("data/**/*.md")})
PAGES = [p for p in PAGES if not {"_build", "api", "notebooks"} & set(p.relative_to(ROOT).parts)]
MADE = ("api/", "notebooks/index")  # by the build
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def generator():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("name", "page"), generator().STORED.items(), ids=generator().STORED)
def test_stored_page_is_what_the_code_says(name, page):
    assert (ROOT / "docs" / name).read_text("utf-8") == page(), "run: python3 dev.py docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_within_the_project_lead_somewhere(page):
    targets = [t for t in LINK.findall(page.read_text("utf-8")) if "://" not in t]
    broken = [
        t
        for t in targets
        if not (page.parent / t).exists() and not t.removeprefix("../").startswith(MADE)
    ]
    assert not broken


def examples(page: Path) -> list[str]:
    """The Python of a page, block by block; each page can be run from its top."""
    return re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.S)


@functools.cache
def sample() -> ws.Trial:
    return ws.load_sample("walkback-like")


# The report has its own tests, and takes long.
RUN = [page for page in PAGES if examples(page) and page.name != "report.md"]


@pytest.mark.parametrize("page", RUN, ids=lambda path: str(path.relative_to(ROOT)))
def test_examples_of_a_page_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # some write files
    names = {
        "ws": ws,
        "trial": sample(),
        "frame": pd.DataFrame(
            {"group": list("aabb"), "months": [1.5, 4, 2, 6], "status": [2, 1, 2, 2]}
        ),
        "print": lambda *_: None,
    }
    for example in examples(page):
        exec(example, names)
    if page.name == "first-steps.md":
        assert {"table-2.csv", "table-2.tex", "figure-2.pdf", "figure-2.png"} == {
            path.name for path in tmp_path.iterdir()
        }
    if page.name == "README.md":
        assert names["fit"].estimate("arm[walking]", ratio=True).estimate < 1
        assert names["curve"].frame["group"].nunique() == 2
        assert (tmp_path / "survival.pdf").read_bytes().startswith(b"%PDF")
        assert "walking" in (tmp_path / "cox.md").read_text("utf-8")


def test_readme_reads_somebodys_own_table_in_one_line():
    line = re.search(
        r"^ws\.survival\.kaplan_meier\(.*$", (ROOT / "README.md").read_text("utf-8"), re.M
    )
    frame = pd.DataFrame({"group": list("aabb"), "months": [1.5, 4, 2, 6], "status": [2, 1, 2, 2]})
    curve = eval(line[0], {"ws": ws, "frame": frame})
    assert curve.counts.events == 3
    assert curve.frame.query("group == 'a'")["estimate"].tolist() == [0.5, 0.5]


def test_no_page_names_an_address_of_a_package_index():
    for page in [*PAGES, ROOT / "constraints.txt", ROOT / "pyproject.toml"]:
        assert not re.search(r"pypi\.|/simple\b|index-url|find-links", page.read_text("utf-8")), (
            page
        )


def test_agreement_page_has_every_topic():
    page = (ROOT / "docs" / "agreement.md").read_text("utf-8")
    for path in sorted((ROOT / "tests" / "reference").glob("*.json")):
        content = json.loads(path.read_text("utf-8"))
        if "entries" in content:
            named = [line for line in page.splitlines() if f"| {content['title']} |" in line]
            mend = "run: python3 dev.py agreement"
            assert len(named) == 1, f"docs/agreement.md has no row {content['title']!r}; {mend}"
            *_, entries, numbers, share = (cell.strip() for cell in named[0].strip("| ").split("|"))
            assert entries == str(len(content["entries"])), f"{path.stem}: {entries}; {mend}"
            # The numbers are counted where they are compared, if that was in this process.
            tally = TALLIES.get(path.stem)
            if tally and len(tally.entries) == len(content["entries"]):
                assert numbers == str(tally.numbers), f"{path.stem}: {numbers}; {mend}"
            assert int(numbers) >= int(entries)
            assert 0 <= float(share) <= 1
