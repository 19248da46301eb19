"""Which words may a plan use for the role of an outcome, the aim of an analysis, a strategy?"""

from __future__ import annotations

ROLES = ("primary", "secondary", "safety", "economic", "exploratory")
"""Roles of outcomes; an analysis whose status is the role of its outcome is a main one of it."""

STATUSES = (*ROLES, "sensitivity", "supplementary", "subgroup", "descriptive")
"""What an analysis is for."""

SAME_ESTIMAND = (*ROLES, "sensitivity")
"""Analyses that estimate what the estimand of their outcome says; others may estimate another."""

STRATEGIES = (
    "treatment policy",
    "hypothetical",
    "composite",
    "while on treatment",
    "principal stratum",
)
"""Strategies for intercurrent events, in the words of ICH E9(R1)."""

ADJUSTMENTS = ("none", "bonferroni", "holm", "hochberg", "fixed-sequence")
"""How p-values of a family are taken together."""

CONDITIONS = ("at_least", "at_most", "before", "from")
"""What an analysis set may ask of a column besides values."""
