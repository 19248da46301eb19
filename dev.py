"""Set up an environment in .venv and run one task in it: ``python3 dev.py demo`` or ``test``.

Needs only Python, its venv module and pip. Python 3.6 can still read this file: whoever has an old
Python gets a sentence, not a SyntaxError. .venv belongs to this script, which makes it anew when it
is missing, half made or of another Python.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time

OLDEST, NEWEST = (3, 11), (3, 14)
ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, *(["Scripts", "python.exe"] if os.name == "nt" else ["bin", "python"]))
STAMP = os.path.join(VENV, "walkstats-stamp.json")

DEMO = ["fast", "report"]
USE = [*DEMO, "io", "big"]
TEST = [*USE, "test"]

# task: (what it does, extras it needs, Python commands run in .venv from the checkout)
TASKS = {
    "demo": (
        "write the report of the synthetic sample into demo/ (options: those of walkstats report)",
        DEMO,
        ["-m walkstats report data/sample/walkback-like --plan walkback --out demo"],
    ),
    "test": ("run the tests, on all processors (options: those of pytest)", TEST, ["-m pytest"]),
    "slow": (
        "run the slow simulations (options: those of pytest)",
        TEST,
        ["-m pytest -m ((slow)or(hypothesis))and(not(spark))"],
    ),
    "spark": (
        "run the tests on PySpark, which need Java 17 (options: those of pytest)",
        [*TEST, "spark"],
        ["-m pytest -m spark tests/wearables/test_spark.py"],
    ),
    "lab": ("open the notebooks in JupyterLab", [*TEST, "notebooks"], ["-m jupyterlab notebooks"]),
    "notebooks": ("run the notebooks, store their outputs", TEST, ["-m tests.notebooks.rerun"]),
    "fuzz": (
        "try damaged trial folders (options: --seconds N, --seed N, --replay FOLDER)",
        TEST,
        ["-m tests.fuzz"],
    ),
    "agreement": ("write docs/agreement.md", TEST, ["-m tests.reference.agreement"]),
    "figures": ("draw the figure of the README", USE, ["docs/figures.py"]),
    "lint": ("check style with ruff", ["dev"], ["-m ruff check .", "-m ruff format --check ."]),
    "types": ("check type hints with mypy", [*USE, "dev"], ["-m mypy"]),
    "docs": (
        "build the documentation into docs/_build/html",
        [*USE, "docs"],
        ["docs/generate.py", "-m sphinx -W --keep-going -q -b html docs docs/_build/html"],
    ),
    "benchmarks": ("time walkstats beside its peers", USE, ["benchmarks/run.py"]),
    "setup": ("only make .venv, with everything for development", [*TEST, "docs", "dev"], []),
}
ALL = ["test", "lint", "types", "docs"]
# Options where none are given: on all processors, file by file in the order of tests/conftest.py.
SPREAD = ["-n", "logical", "--dist", "loadfile", "--no-loadscope-reorder"]
DEFAULTS = {"test": SPREAD, "slow": SPREAD}


def main(arguments):
    """Check the Python, set up what the task needs and run it; return the exit status."""
    task, options = (arguments[0], arguments[1:]) if arguments else ("help", [])
    if task not in TASKS and task != "all":
        print(__doc__)
        for name in TASKS:
            print(f"  python3 dev.py {name:<11} {TASKS[name][0]}")
        print(f"  python3 dev.py {'all':<11} {', '.join(ALL)}: what every change must pass")
        return 0 if task in ("help", "-h", "--help") else 2
    refusal = unfit()
    if refusal:
        print(refusal, file=sys.stderr)
        return 1
    names = ALL if task == "all" else [task]
    extras = sorted({extra for name in names for extra in TASKS[name][1]})
    if not set_up(extras):
        return 1
    for name in names:
        for command in TASKS[name][2]:
            words = command.split() + (options or DEFAULTS.get(name, []))
            status = subprocess.call([PYTHON, *words], cwd=ROOT, env=surroundings())
            if status:
                return status
    return 0


def surroundings():
    """The environment of a task: its many processes may share what one of them has compiled."""
    return {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def unfit():
    """Say why this Python cannot be used; an empty string when it can."""
    here = f"This is Python {sys.version.split()[0]} ({sys.executable})."
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        oldest, newest = (f"{major}.{minor}" for major, minor in (OLDEST, NEWEST))
        better = other_python()
        again = " ".join([better, "dev.py", *sys.argv[1:]])
        advice = "Call: " + again if better else "Install one of these first."
        return f"walkstats runs on Python {oldest} to {newest}. {here} {advice}"
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        return (
            f"{here} Its module {missing[0]} is missing, so no environment can be made. On Debian "
            "and Ubuntu: sudo apt install python3-venv; elsewhere install Python's venv and pip."
        )
    return ""


def other_python():
    """Find a Python of the right version that answers; an empty string when there is none."""
    names = [f"{OLDEST[0]}.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]
    for path in [shutil.which("python" + name) for name in names] + ["/usr/bin/python3"]:
        asked = [path, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        try:
            said = subprocess.check_output(asked, stderr=subprocess.DEVNULL).decode().strip()
        except (OSError, TypeError, subprocess.CalledProcessError):
            continue
        if said in names:
            return path
    return ""


def set_up(extras):
    """Make or mend .venv so that it has these extras; True when it is ready.

    The stamp is removed first and written last: an environment left half made has none, and is
    made anew.
    """
    made, files = read_stamp(), fingerprint()
    mine = {"python": sys.version, "root": ROOT}
    usable = os.path.exists(PYTHON) and mine == {key: made.get(key) for key in mine}
    has = set(made.get("extras", []))
    if usable and made.get("files") == files and has.issuperset(extras):
        return True
    began = time.time()
    base = getattr(sys, "_base_executable", None) or sys.executable
    outside = can_install_elsewhere(base)
    steps = [[base, "-m", "venv", *(["--without-pip"] if outside else []), VENV]]
    if usable:
        extras = sorted(has.union(extras))
        os.remove(STAMP)
        steps = []
    else:
        shutil.rmtree(VENV, ignore_errors=True)
    install = [base, "-m", "pip", "--python", PYTHON] if outside else [PYTHON, "-m", "pip"]
    install += ["install", "-q", "--disable-pip-version-check"]
    # pip compiles all modules of all packages, for the tests. A report imports few of them: it is
    # there sooner when those are compiled as they are imported.
    install += [] if "test" in extras else ["--no-compile"]
    steps.append([*install, "-c", "constraints.txt", "-e", f".[{','.join(extras)}]"])
    print(f"Setting up .venv ({', '.join(extras)}); this takes a minute or two ...", flush=True)
    for step in steps:
        if subprocess.call(step, cwd=ROOT):
            print(f"Set-up stopped, the reason is above: {' '.join(step)}", file=sys.stderr)
            return False
    with open(STAMP, "w") as stamp:
        json.dump(dict(mine, files=files, extras=extras), stamp)
    print(f"Set up in {time.time() - began:.0f} s.", flush=True)
    return True


def can_install_elsewhere(base):
    """Whether the pip of a Python is there and new enough (23) to install into .venv.

    It saves a pip of its own in .venv, which takes a fifth of the time of the set-up.
    """
    try:
        asked = [base, "-m", "pip", "--version"]
        said = subprocess.check_output(asked, stderr=subprocess.DEVNULL).decode()
        return int(said.split()[1].split(".")[0]) >= 23
    except (OSError, subprocess.CalledProcessError, IndexError, ValueError):
        return False


def read_stamp():
    """Read what .venv was made of; an empty dict when it is absent or was left half made."""
    try:
        with open(STAMP) as stamp:
            return json.load(stamp)
    except (OSError, ValueError):
        return {}


def fingerprint():
    """Hash the files that decide what is installed."""
    found = hashlib.sha256()
    for name in ("pyproject.toml", "constraints.txt"):
        with open(os.path.join(ROOT, name), "rb") as file:
            found.update(file.read())
    return found.hexdigest()


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
