"""What does a model of repeated measures hand over?"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from walkstats.regression.repeated_measures.visit_rows import ordered_codes
from walkstats.results import MixedFit

Codes = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class RepeatedFit(MixedFit):
    """A model of repeated measures with a covariance of the visits (MMRM).

    Attributes
    ----------
    structure : str
        Form of the covariance, as the argument ``covariance`` takes it.
    subject, visit : str
        Columns of the participant and of the visit.
    by : str or None
        Column of the groups that have covariances of their own.
    visits : tuple of str
        In order.
    visit_codes : (n,) array
        Place among ``visits`` of each row used.
    baseline : str or None
        The visit at which arms are held equal.
    parameters : int
        Of the covariance.
    scaled_gradient : float
        The largest score of a parameter of covariance times its standard error; 0 at the maximum.
    iterations : int
    data : pandas.DataFrame
        The rows used: participant, visit, the columns of the formula and of ``by``.
    """

    structure: str = "unstructured"
    subject: str = "participant_id"
    visit: str = ""
    by: str | None = None
    visits: tuple[str, ...] = ()
    visit_codes: Codes = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    baseline: str | None = None
    parameters: int = 0
    scaled_gradient: float = np.nan
    iterations: int = 0
    data: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def aic(self) -> float:
        """Akaike's information criterion; under REML only parameters of covariance count."""
        return -2.0 * self.log_likelihood + 2.0 * self._counted

    @property
    def bic(self) -> float:
        """Bayesian information criterion, with the number of participants as in SAS."""
        people = 0 if self.counts is None else self.counts.participants
        return float(-2.0 * self.log_likelihood + np.log(people) * self._counted)

    @property
    def _counted(self) -> int:
        return self.parameters + (0 if self.reml else len(self.terms))

    def people_by_visit(self, factor: str | None = None) -> pd.DataFrame:
        """How many participants have an outcome at each visit.

        Parameters
        ----------
        factor : str, optional
            Column to count by, for instance the arm.

        Returns
        -------
        pandas.DataFrame
            Columns group, the visit, n.

        Raises
        ------
        ValueError
            For a column that the model does not read.
        """
        data: pd.DataFrame = self._own("data")
        group = np.zeros(len(data), dtype=np.intp)
        groups: tuple[str, ...] = ("all",)
        if factor is not None:
            if factor not in data.columns:
                known = ", ".join(str(name) for name in data.columns)
                raise ValueError(f"No column {factor!r} in the data of the fit, which has: {known}")
            group, groups, _ = ordered_codes(data, factor, self.kept)
        count = len(self.visits)
        n = np.bincount(group * count + self.visit_codes, minlength=count * len(groups))
        return pd.DataFrame(
            {"group": np.repeat(groups, count), self.visit: self.visits * len(groups), "n": n}
        )
