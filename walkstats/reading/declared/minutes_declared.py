"""What can trial.toml say of a file of minutes?"""

from walkstats.reading.declared.clauses import Clause

MINUTES_CLAUSES = (
    Clause(
        "wear",
        "text",
        "which minutes were worn: choi, troiano, recorded, or the column that tells",
        'wear = "choi"',
        required=True,
    ),
    Clause("timezone", "timezone", "of the wearers", 'timezone = "Europe/London"', required=True),
    Clause("clock", "text", "what times without a zone say: utc or local", 'clock = "utc"'),
    Clause("layout", "text", "a known layout of columns and times", 'layout = "fitabase"'),
    Clause("participant", "text", "column of the wearer", 'participant = "id"'),
    Clause("time", "text", "column of the time", 'time = "timestamp"'),
    Clause("steps", "text", "column of the steps", 'steps = "steps"'),
    Clause("counts", "text", "column that a rule on zeros looks at", 'counts = "axis1"'),
    Clause("time_format", "text", "how times are written", 'time_format = "%d/%m/%Y %H:%M"'),
    Clause("epoch_seconds", "integer", "what a row holds [seconds]", "epoch_seconds = 15"),
    Clause("cadence", "integer", "steps/minute from which a minute is walked", "cadence = 100"),
    Clause("valid_minutes", "integer", "of wear that make a day known", "valid_minutes = 600"),
    Clause("valid_days", "integer", "known days that make a week known", "valid_days = 4"),
    Clause(
        "scale", "text", 'a known week: "mean day" times 7, or "known days"', 'scale = "known days"'
    ),
)
"""Clauses within ``minutes`` of walking."""
