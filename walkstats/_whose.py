"""Which participant is each row of a table about?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats.errors import DataError


def places_among(people: pd.Index, rows: pd.DataFrame, table: str) -> NDArray[np.int64]:
    """Place among the participants of each row.

    Parameters
    ----------
    people : pandas.Index
        Ids of the participants, in their order.
    rows : pandas.DataFrame
        Rows of a table, with participant_id.
    table : str
        Name of the table.

    Raises
    ------
    DataError
        For rows of people who are not participants.

    Examples
    --------
    >>> rows = pd.DataFrame({"participant_id": ["b", "a", "b"]})
    >>> places_among(pd.Index(["a", "b"]), rows, "costs").tolist()
    [1, 0, 1]
    """
    ids = pd.Index(rows["participant_id"].to_numpy(), dtype=object)
    found = np.asarray(people.get_indexer(ids), dtype=np.int64)
    if np.any(found < 0):
        strangers = list(dict.fromkeys(ids[found < 0]))
        raise DataError.of(
            "rows of people who are not among the participants",
            table=table,
            column="participant_id",
            ids=strangers,
            count=int((found < 0).sum()),
            what_to_do="correct the ids, or add the participants",
        )
    return found
