"""What can be done from the command line? Check, report on, simulate, copy, mask a trial."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import walkstats
from walkstats._digits import STYLES
from walkstats._files import write_whole
from walkstats.errors import DataError, WalkstatsError

if TYPE_CHECKING:
    import pandas as pd

DEFAULT_SEED = 20240619
SAMPLES = ("bladder", "walkback-like", "redcap-like", "workbook-like")
PRIMARY_NOT_RUN = 3
PLACE = "a trial folder, or the same as a zip archive or a workbook (.xlsx, .ods)"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; those of the process by default.

    Returns
    -------
    int
        0 when all went well, 1 when the data have errors or something cannot be done, 3 when a
        report was written whose primary analysis could not be run (2 is a wrong command).
    """
    arguments = _parser().parse_args(argv)
    # The matrices are small: threads of the linear algebra would only wait for one another. Read
    # when numpy is first imported, which is later.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    command: Callable[[argparse.Namespace], int] = arguments.command
    try:
        return command(arguments)
    except (WalkstatsError, ValueError) as error:
        # What data say must not steer a terminal: control characters are shown, line ends kept.
        said = "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in str(error))
        print(f"walkstats: {said}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("walkstats: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader (head, less) has gone; nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="walkstats",
        description="Analysis of trials in which people walk and back pain comes back.",
    )
    parser.add_argument("--version", action="version", version=f"walkstats {walkstats.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    new = commands.add_parser("new", help="draft the trial.toml of a folder of tables")
    new.add_argument("folder", type=Path, help="a folder, a zip archive or an Excel workbook")
    new.add_argument("--out", type=Path, metavar="FILE", help="where, if not in the folder")
    new.set_defaults(command=_new)

    check = commands.add_parser("check", help="list what is wrong in a trial folder")
    check.add_argument("folder", type=Path, help=PLACE)
    check.add_argument("--html", type=Path, metavar="FILE", help="write the list as a page too")
    check.set_defaults(command=_check)

    _report_options(
        commands.add_parser("report", help="write the results section of a trial folder")
    )
    _plan_commands(commands.add_parser("plan", help="write, sign or check an analysis plan"))

    simulate = commands.add_parser("simulate", help="simulate a trial from a design file")
    simulate.add_argument("design", type=Path)
    simulate.add_argument("--seed", type=int, required=True, metavar="N")
    simulate.add_argument("--out", type=Path, required=True, metavar="DIR")
    simulate.set_defaults(command=_simulate)

    _pseudonymise_options(
        commands.add_parser("pseudonymise", help="write a trial without names, ids and dates")
    )
    sample = commands.add_parser("sample", help="copy a sample trial into a folder")
    sample.add_argument("name", choices=SAMPLES)
    sample.add_argument("folder", type=Path)
    sample.set_defaults(command=_sample)
    return parser


def _pseudonymise_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("folder", type=Path)
    command.add_argument("--out", type=Path, required=True, metavar="DIR")
    command.add_argument(
        "--key",
        type=Path,
        required=True,
        metavar="FILE",
        help="the secret, made when there is none; to be kept where the data do not go",
    )
    command.add_argument("--linkage", type=Path, metavar="FILE", help="write who is who")
    command.add_argument("--drop", action="append", default=[], metavar="COLUMN")
    command.add_argument("--keep", action="append", default=[], metavar="COLUMN")
    command.add_argument("--born", metavar="COLUMN", help="date of birth, to become an age")
    command.add_argument("--dates", choices=("drop", "shift", "keep"), default="drop")
    command.add_argument(
        "--coarsen", action="append", default=[], metavar="COLUMN=WIDTH", help="age_years=5"
    )
    command.set_defaults(command=_pseudonymise)


def _report_options(report: argparse.ArgumentParser) -> None:
    report.add_argument("folder", type=Path, help=PLACE)
    report.add_argument("--out", type=Path, required=True, metavar="DIR")
    report.add_argument(
        "--plan",
        metavar="FILE",
        help="a plan, or walkback or minimal; by default what suits the tables of the trial",
    )
    report.add_argument(
        "--registered", metavar="FILE", help="the plan as registered: changes are logged"
    )
    report.add_argument("--strict", action="store_true", help="refuse a plan that is not signed")
    report.add_argument("--masked", type=int, metavar="N", help="permute the arms by this seed")
    report.add_argument("--seed", type=int, default=DEFAULT_SEED, metavar="N")
    report.add_argument(
        "--style",
        choices=tuple(STYLES),
        default="plain",
        help="in which journal's habits numbers are written",
    )
    report.add_argument("--quiet", action="store_true", help="show no progress")
    report.set_defaults(command=_report)


def _plan_commands(plan: argparse.ArgumentParser) -> None:
    plans = plan.add_subparsers(required=True, metavar="WHAT")
    new = plans.add_parser("new", help="write a commented plan for a trial folder")
    new.add_argument("folder", type=Path, help=PLACE)
    new.add_argument("--out", type=Path, metavar="FILE", help="where; by default it is printed")
    new.set_defaults(command=_plan_new)
    sign = plans.add_parser("sign", help="sign the plan in a file")
    sign.add_argument("plan", type=Path)
    sign.add_argument("--name", required=True)
    sign.add_argument("--role", default="")
    sign.set_defaults(command=_plan_sign)
    fits = plans.add_parser("check", help="check a plan against itself and a trial folder")
    fits.add_argument("folder", type=Path, help=PLACE)
    fits.add_argument("--plan", required=True, metavar="FILE")
    fits.set_defaults(command=_plan_check)


def _new(arguments: argparse.Namespace) -> int:
    from walkstats.reading.suggesting.drafts import write_draft

    written = write_draft(arguments.folder, arguments.out)
    print(f"A draft is in {written}. Look at it, answer what begins with ?, then")
    print(f"    walkstats check {arguments.folder}")
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from walkstats.reading.trial_folders import checked
    from walkstats.report.findings_in_text import findings_in_text

    findings, trial = checked(arguments.folder)
    errors = int((findings["severity"] == "error").sum())
    print(findings_in_text(findings, trial))
    print(f"{arguments.folder}: {errors} error(s), {len(findings) - errors} warning(s)")
    if arguments.html is not None:
        from walkstats.report.findings_page import findings_page

        place = Path(os.path.abspath(arguments.folder)).name
        page = findings_page(findings, trial, place)
        print(f"The page is in {write_whole(page, arguments.html)}")
    return 1 if errors else 0


def _lines(findings: pd.DataFrame) -> list[str]:
    return [_line(one) for one in findings.to_dict("records")]


def _line(one: Mapping[Hashable, Any]) -> str:
    known = {str(k): "" if _unknown(v) else str(v) for k, v in one.items()}
    row = f"row {known['row']}" if known["row"] else ""
    column = f"column {known['column']}" if known["column"] else ""
    place = ", ".join(part for part in (known["table"], row, column) if part)
    often = f"{known['count']} times" if one["count"] > 1 else ""
    ids = f"ids {known['ids']}" if known["ids"] else ""
    who = "; ".join(part for part in (ids, often) if part)
    told = [known["severity"], place, known["problem"] + (f" ({who})" if who else "")]
    mend = f" -> {known['what_to_do']}" if known["what_to_do"] else ""
    return ": ".join(part for part in told if part) + mend


def _unknown(value: object) -> bool:
    import pandas as pd

    return value is None or value is pd.NA


def _report(arguments: argparse.Namespace) -> int:
    from walkstats.plan import default_plan, read_plan, run_plan
    from walkstats.plan.compiling_ahead import compile_ahead
    from walkstats.report import compose, write_report
    from walkstats.report.files import check_formats, check_writable, left_behind

    check_formats()
    target = check_writable(arguments.out)
    say = (lambda text: None) if arguments.quiet else (lambda text: print(text, file=sys.stderr))
    if target.resolve().is_relative_to(arguments.folder.resolve()):
        raise DataError.of("the report would be written into the trial", what_to_do="change --out")
    planned = read_plan(arguments.plan) if arguments.plan else None
    ahead = None if planned is None else compile_ahead(planned)
    say(f"reading {arguments.folder}")
    trial = walkstats.read_trial(arguments.folder)
    if arguments.masked is not None:
        trial = trial.masked(arguments.masked)
    plan = planned or default_plan(trial)
    registered = read_plan(arguments.registered) if arguments.registered else None
    # A bar that is redrawn in place is for eyes; in the file of a log it is noise.
    shown = not arguments.quiet and sys.stderr.isatty()
    results = run_plan(
        trial,
        plan,
        seed=arguments.seed,
        registered=registered,
        strict=arguments.strict,
        progress=shown,
    )
    say("composing the report")
    if ahead is not None:
        ahead.wait()
    written = write_report(compose(results, style=arguments.style), target)
    others = left_behind(target)
    if others:
        listed = ", ".join(others[:5]) + (", ..." if len(others) > 5 else "")
        print(f"not of this report, left where they were: {listed}", file=sys.stderr)
    missing = results.primary_not_run
    for one in results.deviations.drop(missing.index).itertuples(index=False):
        say(f"deviation from the plan: {one.item}, {one.kind}: {one.happened!s}")
    for one in missing.itertuples(index=False):
        print(f"The primary analysis could not be run: {one.happened}", file=sys.stderr)
    print(f"The report is in {written}")
    return PRIMARY_NOT_RUN if len(missing) else 0


def _plan_new(arguments: argparse.Namespace) -> int:
    from walkstats.plan import commented_plan

    text = commented_plan(walkstats.read_trial(arguments.folder))
    if arguments.out is None:
        print(text, end="")
        return 0
    if arguments.out.exists():
        raise DataError.of(f"{arguments.out} exists", what_to_do="name a new file with --out")
    write_whole(text, arguments.out)
    print(f"The plan is in {arguments.out}")
    return 0


def _plan_sign(arguments: argparse.Namespace) -> int:
    import datetime

    from walkstats.plan import sign_plan

    today = datetime.date.today().isoformat()
    signed = sign_plan(arguments.plan, name=arguments.name, role=arguments.role, dated=today)
    print(f"{arguments.plan} is signed by {signed.name}, {signed.dated}, SHA-256 {signed.digest}")
    return 0


def _plan_check(arguments: argparse.Namespace) -> int:
    from walkstats.plan import check_plan, read_plan

    trial = walkstats.read_trial(arguments.folder)
    findings = check_plan(read_plan(arguments.plan), trial)
    for line in _lines(findings):
        print(line)
    errors = int((findings["severity"] == "error").sum())
    print(f"{arguments.plan}: {errors} error(s), {len(findings) - errors} warning(s)")
    return 1 if errors else 0


def _simulate(arguments: argparse.Namespace) -> int:
    from walkstats.design import read_design, simulate_trial

    trial = simulate_trial(read_design(arguments.design), seed=arguments.seed)
    walkstats.write_trial(trial, arguments.out)
    print(f"{trial} \nwritten to {arguments.out}")
    return 0


def _pseudonymise(arguments: argparse.Namespace) -> int:
    from walkstats.reading.pseudonymous.key_files import key_in

    for secret in filter(None, (arguments.key, arguments.linkage)):
        if secret.resolve().is_relative_to(arguments.out.resolve()):
            raise DataError.of(
                f"{secret} would lie beside the data", what_to_do="keep it where they do not go"
            )
    trial = walkstats.read_trial(arguments.folder)
    widths = {}
    for one in arguments.coarsen:
        name, _, width = one.partition("=")
        if not width.replace(".", "", 1).isdecimal():
            raise ValueError(f"--coarsen {one}: give a column and its width, as age_years=5.")
        widths[name] = float(width)
    made = walkstats.pseudonymise(
        trial,
        key=key_in(arguments.key),
        drop=arguments.drop,
        keep=arguments.keep,
        born=arguments.born,
        dates=arguments.dates,
        coarsen=widths,
    )
    walkstats.write_trial(made.trial, arguments.out)
    if arguments.linkage is not None:
        made.write_linkage(arguments.linkage)
    for note in made.notes:
        print(f"note: {note}")
    print(f"The trial is in {arguments.out}, the key in {arguments.key}")
    return 0


def _sample(arguments: argparse.Namespace) -> int:
    from walkstats.reading.samples import sample_folder

    target: Path = arguments.folder
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise DataError.of(f"{target} exists and is not empty", what_to_do="name a new folder")
    try:
        shutil.copytree(sample_folder(arguments.name), target, dirs_exist_ok=True)
    except OSError as error:
        raise DataError.of(f"{target} cannot be written: {error.strerror}") from None
    print(f"The sample {arguments.name} is in {target}")
    return 0
