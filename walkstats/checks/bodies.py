"""Can the participants be so old, so heavy and so tall as they are told?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from walkstats.checks.material import Material
from walkstats.checks.rules import Rows, Rule, Told, values_at
from walkstats.errors import IDS_SHOWN

ADULT, OLD = 18.0, 100.0
"""Ages outside are looked at, where trial.toml does not say who may take part [years]."""

OLDEST = 120.0
"""Above it the dictionary refuses an age [years]."""

BIRTH_DATES = ("birth_date", "date_of_birth", "born_on", "dob")
BIRTH_YEARS = ("birth_year", "year_of_birth", "yob")
SEXES = ("male", "man", "m")
YES = ("1", "true", "yes", "y")
DAYS_PER_YEAR = 365.25

PLAUSIBLE = {
    "bmi_kg_m2": (13.0, 60.0, "kg/m2", "weight in pounds or height in inches gives such values"),
    "weight_kg": (30.0, 250.0, "kg", "is it in pounds or stones?"),
    "height_cm": (120.0, 220.0, "cm", "is it in metres, feet or inches?"),
}
"""Column -> low, high, unit, what may have happened."""

BMI_AGREES = 1.5
"""Index of body mass and that from weight and height may differ by so much [kg/m2]."""


def _not_eligible(material: Material) -> np.ndarray:
    age = material.numbers("participants", "age_years")
    low, high = material.ages or (-np.inf, np.inf)
    with np.errstate(invalid="ignore"):
        return ((age < low) | (age > high)) & (age >= 0) & (age <= OLDEST)


def _told_ages(material: Material, rows: np.ndarray) -> str:
    low, high = material.ages or (ADULT, OLD)
    return f"{low:g} to {high:g}: {values_at('age_years', 'participants')(material, rows)}"


def _unusual_age(material: Material) -> np.ndarray:
    age = material.numbers("participants", "age_years")
    if material.ages is not None:
        return np.zeros(len(age), dtype=bool)
    with np.errstate(invalid="ignore"):
        return ((age >= 0) & (age < ADULT)) | ((age > OLD) & (age <= OLDEST))


def _born(material: Material) -> tuple[np.ndarray, np.ndarray]:
    """The earliest and the latest age that date or year of birth allow [years], nan for unknown."""
    start = material.tables["participants"]["randomised_on"]
    birth = material.carried("participants", BIRTH_DATES)
    if birth is not None:
        if birth.dtype == object:
            birth = pd.to_datetime(
                birth.where(birth.map(lambda one: isinstance(one, str))),
                format="%Y-%m-%d",
                errors="coerce",
            )
        if pd.api.types.is_datetime64_dtype(birth.dtype):
            days = (start.to_numpy() - birth.to_numpy()) / np.timedelta64(1, "D")
            age = days / DAYS_PER_YEAR
            return age, age
    year = material.carried_numbers("participants", BIRTH_YEARS)
    then = start.dt.year.to_numpy(dtype=float, na_value=np.nan)
    return then - year - 1, then - year + 1


def _age_against_birth(material: Material) -> np.ndarray:
    """Whole years are rounded down or to the nearest, so age is up to 1 below or 1/2 above."""
    age = material.numbers("participants", "age_years")
    low, high = _born(material)
    with np.errstate(invalid="ignore"):
        return ((age < low - 1.01) | (age > high + 0.51)) & (age >= 0) & (age <= OLDEST)


def _told_births(material: Material, rows: np.ndarray) -> str:
    people = material.tables["participants"]
    low, high = _born(material)
    told = []
    for k in rows[:IDS_SHOWN]:
        age = people["age_years"].iloc[k]
        told.append(
            f"{people['participant_id'].iloc[k]}: {age:g}, by birth {(low[k] + high[k]) / 2:.0f}"
        )
    return "; ".join(told)


def _implausible(column: str) -> Rows:
    low, high, *_ = PLAUSIBLE[column]
    known = (8.0, 100.0) if column == "bmi_kg_m2" else (-np.inf, np.inf)

    def broken(material: Material) -> np.ndarray:
        value = material.carried_numbers("participants", (column,))
        with np.errstate(invalid="ignore"):
            return ((value < low) | (value > high)) & (value >= known[0]) & (value <= known[1])

    return broken


def _told_values(column: str) -> Told:
    def told(material: Material, rows: np.ndarray) -> str:
        value = material.carried_numbers("participants", (column,))
        ids = material.tables["participants"]["participant_id"]
        return ", ".join(f"{ids.iloc[k]} {value[k]:g}" for k in rows[:IDS_SHOWN])

    return told


def _indices(material: Material) -> tuple[np.ndarray, np.ndarray]:
    """The index of body mass, as given and from weight and height."""
    weight = material.carried_numbers("participants", ("weight_kg",))
    height = material.carried_numbers("participants", ("height_cm",))
    with np.errstate(invalid="ignore", divide="ignore"):
        return material.numbers("participants", "bmi_kg_m2"), weight / (height / 100) ** 2


def _index_differs(material: Material) -> np.ndarray:
    given, computed = _indices(material)
    with np.errstate(invalid="ignore"):
        return np.abs(given - computed) > BMI_AGREES


def _told_indices(material: Material, rows: np.ndarray) -> str:
    given, computed = _indices(material)
    ids = material.tables["participants"]["participant_id"]
    return "; ".join(
        f"{ids.iloc[k]} {given[k]:g}, from weight and height {computed[k]:.1f}"
        for k in rows[:IDS_SHOWN]
    )


def _pregnant_men(material: Material) -> np.ndarray:
    people = material.tables["participants"]
    pregnant = material.carried("participants", ("pregnant", "pregnancy"))
    if pregnant is None:
        return np.zeros(len(people), dtype=bool)
    said = pregnant.astype(object).map(lambda one: str(one).strip().casefold() in YES)
    men = people["sex"].map(lambda one: str(one).strip().casefold() in SEXES)
    return (said & men).to_numpy(dtype=bool)


BODY_RULES = (
    Rule(
        "participants",
        "age_years",
        "error",
        "age outside that of the trial, {told}",
        "correct the age, or ages in trial.toml; somebody who was not eligible and randomised "
        "belongs in the analysis: widen ages and report it",
        _not_eligible,
        _told_ages,
        topic="values",
        looks_for="ages outside `ages`, where trial.toml declares them",
    ),
    Rule(
        "participants",
        "age_years",
        "warning",
        "age outside {told}",
        "is it in months, or a year? if such people take part, say in trial.toml who may: "
        "ages = [12, 110]",
        _unusual_age,
        _told_ages,
        topic="plausibility",
        looks_for="ages under 18 and above 100, where trial.toml does not declare `ages`",
    ),
    Rule(
        "participants",
        "age_years",
        "error",
        "age and birth disagree: {told}",
        "correct one of them: age is that on the day of randomisation",
        _age_against_birth,
        _told_births,
        looks_for="age against date or year of birth, where participants has such a column",
    ),
    *(
        Rule(
            "participants",
            column,
            "warning",
            f"{column} outside {low:g} to {high:g} {unit} is unlikely: {{told}}",
            f"look at them: {hint}",
            _implausible(column),
            _told_values(column),
            topic="units",
            looks_for=f"{column} outside {low:g} to {high:g} {unit}"
            + ("" if column == "bmi_kg_m2" else ", where participants has the column"),
        )
        for column, (low, high, unit, hint) in PLAUSIBLE.items()
    ),
    Rule(
        "participants",
        "bmi_kg_m2",
        "warning",
        "body mass index and that of weight and height disagree: {told}",
        "correct one of the three, and look at the units",
        _index_differs,
        _told_indices,
        looks_for="body mass index against weight_kg and height_cm, where participants has them",
    ),
    Rule(
        "participants",
        "sex",
        "error",
        "men who are pregnant",
        "correct one of the two",
        _pregnant_men,
        looks_for="men who are pregnant, where participants has a column pregnant",
    ),
)
