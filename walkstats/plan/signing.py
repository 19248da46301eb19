"""Who has signed a plan, and has it changed since?"""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

from walkstats._files import write_whole
from walkstats.errors import DataError
from walkstats.plan.as_toml import SHIPPED, plan_text, read_plan, signature_text
from walkstats.plan.specification import AnalysisPlan, Signature


def plan_digest(plan: AnalysisPlan) -> str:
    """Compute the SHA-256 of what a plan says, its signatures left aside.

    Parameters
    ----------
    plan : AnalysisPlan

    Returns
    -------
    str
        64 hexadecimal digits. Comments, order of entries and line ends of the file do not enter.

    Examples
    --------
    >>> plan = AnalysisPlan("Small")
    >>> plan_digest(plan) == plan_digest(AnalysisPlan("Small"))
    True
    >>> plan_digest(plan) == plan_digest(AnalysisPlan("Small", alpha=0.01))
    False
    """
    text = plan_text(dataclasses.replace(plan, signatures=()))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def sign_plan(file: str | Path, *, name: str, role: str = "", dated: str) -> Signature:
    """Sign the plan in a file: add who, when, and the digest of what it says.

    Parameters
    ----------
    file : path
    name, role : str
        Who signs, and as what.
    dated : str
        The day, such as "2026-01-31".

    Returns
    -------
    Signature

    Raises
    ------
    DataError
        When the file holds no plan, or cannot be written.

    Notes
    -----
    This is a record, not cryptography: it shows whether a plan is the one that was signed, not who
    typed the name. Keep the signed file where it cannot be changed, a registry for example.

    Examples
    --------
    >>> import tempfile
    >>> from walkstats.plan import read_plan, write_plan
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_plan(read_plan("minimal"), f"{folder}/plan.toml")
    ...     signed = sign_plan(f"{folder}/plan.toml", name="A. Statistician", dated="2026-01-31")
    ...     signature_problems(read_plan(f"{folder}/plan.toml"))
    []
    """
    path = Path(file)
    if str(file) in SHIPPED:
        raise DataError.of(f"{file} comes with walkstats", what_to_do="write it to a file first")
    plan = read_plan(path)
    signature = Signature(name, role, dated, plan_digest(plan))
    text = path.read_text(encoding="utf-8").rstrip("\n")
    write_whole(f"{text}\n\n{signature_text(signature)}\n", path)
    return signature


def signature_problems(plan: AnalysisPlan) -> list[str]:
    """What keeps a plan from counting as signed.

    Parameters
    ----------
    plan : AnalysisPlan

    Returns
    -------
    list of str
        Empty where somebody signed it as it stands.
    """
    if not plan.signatures:
        return ["the plan is not signed"]
    own = plan_digest(plan)
    changed = [one.name for one in plan.signatures if one.digest and one.digest != own]
    if any(one.digest == own for one in plan.signatures):
        return []
    if changed:
        return [f"the plan was changed after {' and '.join(changed)} signed it"]
    return ["no signature says which text was signed (digest)"]
