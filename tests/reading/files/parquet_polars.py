"""Writes polars.parquet (pip install polars==2.1.0). Run here: python parquet_polars.py

The values are those of PARQUET in tests/reading/test_formats.py.
"""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import polars as pl


def main() -> None:
    SYDNEY = ZoneInfo("Australia/Sydney")
    frame = pl.DataFrame(
        {
            "id": ["001", "002", "003"],
            "arm": ["control", "walking", None],
            "randomised_on": [date(2024, 1, 10), date(2024, 2, 29), None],
            "answered_at": [
                datetime(2024, 2, 10, 8, 30, tzinfo=SYDNEY),
                datetime(2024, 3, 31, tzinfo=SYDNEY),
                None,
            ],
            "age_years": [Decimal("54.50"), Decimal("61.25"), None],
            "cost": [1234.5, 0.1, None],
            "steps": [12, None, 0],
            "referral": [True, False, None],
            "note": ["Orléans", "long " * 2000, None],
        },
        schema={
            "id": pl.String,
            "arm": pl.Enum(["control", "walking"]),
            "randomised_on": pl.Date,
            "answered_at": pl.Datetime("us", "Australia/Sydney"),
            "age_years": pl.Decimal(5, 2),
            "cost": pl.Float64,
            "steps": pl.Int16,
            "referral": pl.Boolean,
            "note": pl.String,
        },
    )
    frame.write_parquet("polars.parquet", compression="snappy")
    frame.with_columns(pl.col("arm").cast(pl.Categorical)).write_parquet(
        "polars_categorical.parquet"
    )


if __name__ == "__main__":
    main()
