"""What does a reporting guideline ask for? Items as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """One item of a check-list.

    Attributes
    ----------
    number : str
        As the guideline numbers it: "22a".
    topic : str
        What it is about, as the guideline heads it.
    asks : str
        What is to be reported, in our words.
    found : tuple of str
        Keys of ``sought.FINDERS``; the item is in the report where all of ``needs`` are, or any
        where ``needs`` is "any".
    needs : {"any", "all"}
    told : bool
        Whether a statement of the plan can meet the item.
    besides : bool
        Whether what the report shows leaves something that only a statement can tell: the item is
        then "in part" without one.
    same : str
        Key of another list's statement that says the same ("consort.6").
    beyond : str
        Why the item does not apply to any report of a trial; empty where it may.
    """

    number: str
    topic: str
    asks: str
    found: tuple[str, ...] = ()
    needs: str = "any"
    told: bool = True
    besides: bool = False
    same: str = ""
    beyond: str = ""


@dataclass(frozen=True)
class CheckList:
    """A check-list.

    Attributes
    ----------
    key : str
        With which the plan's statements begin: "consort" in ``statements["consort.2"]``.
    name : str
    source : str
        Where the guideline is published.
    items : tuple of Item
    """

    key: str
    name: str
    source: str
    items: tuple[Item, ...]

    def statement_of(self, item: Item) -> str:
        """The key of the plan's statement for an item."""
        return f"{self.key}.{item.number}"
