"""Which columns does a trial carry along without anybody having said what they hold?"""

from __future__ import annotations

from walkstats.schema import TABLES
from walkstats.trial import Trial


def carried_along(trial: Trial, table: str) -> tuple[str, ...]:
    """Columns that neither the dictionary nor trial.toml names: perhaps names of people.

    Parameters
    ----------
    trial : Trial
    table : str

    Returns
    -------
    tuple of str
        Of a trial that was built in memory: its text columns beyond the dictionary. Strata are
        never among them.

    Examples
    --------
    >>> import walkstats as ws
    >>> carried_along(ws.load_sample("walkback-like"), "participants")
    ()
    """
    frame, report = trial.table(table), trial.load_report
    told = (report["table"] == table) & (report["action"] == "carried along")
    noted = set(report.loc[told, "column"])
    if not trial.inputs:
        noted |= {
            name
            for name in frame.columns
            if frame[name].dtype == object and TABLES[table].column(str(name)) is None
        }
    return tuple(str(one) for one in frame.columns if one in noted and one not in trial.strata)
