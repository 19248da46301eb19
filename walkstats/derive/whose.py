"""Which participant is each row of a table about?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats._whose import places_among
from walkstats.errors import DataError
from walkstats.trial import Trial


def places(trial: Trial, rows: pd.DataFrame, table: str) -> NDArray[np.int64]:
    """Place among the participants of each row.

    Raises
    ------
    DataError
        For rows of people who are not participants.
    """
    people = pd.Index(trial.participants["participant_id"].to_numpy(), dtype=object)
    return places_among(people, rows, table)


def refuse_rows(
    rows: pd.DataFrame,
    bad: NDArray[np.bool_],
    table: str,
    column: str,
    problem: str,
    what_to_do: str,
) -> None:
    """Refuse the rows of a table that no analysis can take, naming whose they are.

    Raises
    ------
    DataError
        Where any row is bad.
    """
    if not bad.any():
        return
    raise DataError.of(
        problem,
        table=table,
        column=column,
        row=int(np.argmax(bad)),
        ids=list(dict.fromkeys(rows["participant_id"].to_numpy(dtype=object)[bad])),
        count=int(bad.sum()),
        what_to_do=what_to_do,
    )
