"""On which date was the participant of each row randomised?"""

from __future__ import annotations

import numpy as np
import pandas as pd


def starts_of(frame: pd.DataFrame, people: pd.DataFrame | None) -> np.ndarray:
    """The date of randomisation of every row.

    Parameters
    ----------
    frame : pandas.DataFrame
        With participant_id.
    people : pandas.DataFrame or None
        Participants; None when ``frame`` is that table itself.

    Returns
    -------
    numpy.ndarray
        datetime64, shape (n,); NaT where it is not known.
    """
    if people is None:
        return frame["randomised_on"].to_numpy()
    known = people[people["participant_id"].notna() & ~people["participant_id"].duplicated()]
    ids = pd.Index(known["participant_id"].to_numpy(), dtype=object)
    dates = pd.Series(known["randomised_on"].to_numpy(), index=ids)
    return dates.reindex(frame["participant_id"].to_numpy(dtype=object)).to_numpy()
