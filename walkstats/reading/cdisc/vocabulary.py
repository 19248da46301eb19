"""Which variable of ADaM is which column of the dictionary, and what do its values mean?

Names and labels of version 1.1 of the ADaM implementation guide [1]_; those that are the sponsor's
to define end the lists.

References
----------
.. [1] CDISC Analysis Data Model Team (2016). Analysis Data Model Implementation Guide, version 1.1.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AdamColumn:
    """A variable of ADSL or ADAE that holds a column of the dictionary.

    Attributes
    ----------
    variable, column : str
    label : str
        At most 40 characters.
    """

    variable: str
    column: str
    label: str


PEOPLE = (
    AdamColumn("AGE", "age_years", "Age"),
    AdamColumn("BMIBL", "bmi_kg_m2", "Baseline BMI (kg/m2)"),
    AdamColumn("PREVEPI", "previous_episodes", "Previous Episodes of Low Back Pain"),
    AdamColumn("SESSATT", "sessions_attended", "Sessions Attended"),
    AdamColumn("PLDAYS", "planned_end_days", "Days from Rand. to Planned End"),
    AdamColumn("WDDAYS", "withdrawn_days", "Days from Rand. to Withdrawal"),
)
"""Numbers of ADSL."""

EVENTS = (
    AdamColumn("AEDECOD", "event", "Dictionary-Derived Term"),
    AdamColumn("AEBODSYS", "body_region", "Body System or Organ Class"),
)
"""Texts of ADAE."""

KINDS = ("any", "activity_limiting", "care_seeking")
"""Kinds of recurrence that a parameter may be."""

SEXES = {"F": "female", "M": "male"}
RELATED = {
    "Y": True,
    "YES": True,
    "RELATED": True,
    "N": False,
    "NO": False,
    "NOT RELATED": False,
    "UNRELATED": False,
}
"""Words for relatedness that need no explanation; others are asked for."""

UNITS = {"DAYS": 1.0, "DAY": 1.0, "WEEKS": 7.0, "WEEK": 7.0}
"""Units of AVAL that have a number of days of their own."""

POPULATIONS = ("RANDFL", "ITTFL")
"""Flags of who was randomised, the first that is there counts."""
