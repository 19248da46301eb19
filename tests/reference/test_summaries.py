"""Summaries of baseline tables against R (summaries.R). Closed form: tolerances of the entries."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from tests.reference.goldens import agree, data, entry, topic, uncovered
from walkstats.numerics.summaries import (
    count_codes,
    standardised_mean_difference,
    standardised_share_difference,
    summarise_numbers,
)

TOPIC = "summaries"
NUMBERS = {"birthwt.age.smoke": "0 1", "birthwt.lwt.ht": "0 1", "lung.wt_loss.sex": "1 2"}
SHARES = ("birthwt.ht.smoke", "birthwt.race.smoke", "lung.ph_ecog.sex")


def columns(identifier: str) -> tuple[pd.Series, pd.Series]:
    name, column, by = identifier.split(".")
    frame = data(f"{name}.csv")
    return frame[column], frame[by]


@pytest.mark.parametrize("identifier", NUMBERS)
def test_numbers(identifier):
    gold = entry(TOPIC, f"summaries.{identifier}")
    values, by = columns(identifier)
    groups = [int(group) for group in NUMBERS[identifier].split()]
    summaries = [summarise_numbers(values[by == group]) for group in groups]
    for group, summary in zip(groups, summaries, strict=True):
        for name, number in dataclasses.asdict(summary).items():
            agree(gold, f"groups.{group}.{name}", number)
    agree(gold, "smd", standardised_mean_difference(*summaries))


@pytest.mark.parametrize("identifier", SHARES)
def test_shares(identifier):
    gold = entry(TOPIC, f"summaries.{identifier}")
    values, by = columns(identifier)
    codes = pd.Categorical(values).codes
    size = int(codes.max()) + 1
    counts = [count_codes(codes[(by == group).to_numpy()], size)[0] for group in sorted(set(by))]
    agree(gold, "counts", np.array(counts))
    agree(gold, "smd", standardised_share_difference(*counts))


def test_every_entry_is_used():
    assert {f"summaries.{i}" for i in (*NUMBERS, *SHARES)} == set(topic(TOPIC))
    assert not [leaf for identifier in topic(TOPIC) for leaf in uncovered(TOPIC, identifier)]
