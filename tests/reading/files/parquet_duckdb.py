"""Writes duckdb.parquet (pip install duckdb==2.0.0). Run here: python parquet_duckdb.py

The values are those of PARQUET in tests/reading/test_formats.py.
"""

import duckdb


def main() -> None:
    connection = duckdb.connect()
    connection.execute("set timezone = 'Australia/Sydney'")
    connection.execute("create type arms as enum ('control', 'walking')")
    connection.execute(
        """
        copy (
            select * from (values
                ('001', 'control'::arms, date '2024-01-10', timestamptz '2024-02-10 08:30:00+11',
                 54.50::decimal(5, 2), 1234.5::double, 12::smallint, true, 'Orléans'),
                ('002', 'walking'::arms, date '2024-02-29', timestamptz '2024-03-31 00:00:00+11',
                 61.25::decimal(5, 2), 0.1::double, null, false, repeat('long ', 2000)),
                ('003', null, null, null, null, null, 0::smallint, null, null)
            ) as t(id, arm, randomised_on, answered_at, age_years, cost, steps, referral, note)
        ) to 'duckdb.parquet' (format parquet, compression zstd)
        """
    )


if __name__ == "__main__":
    main()
