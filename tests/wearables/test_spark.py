"""PySpark adds up the same minutes to the same weeks: ``python3 dev.py spark``."""

import os
import shutil

import pandas as pd
import pytest

import walkstats as ws
from tests.wearables.test_cadences import ASKED, PEOPLE, RTOL, walks

pytestmark = pytest.mark.spark

SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "1",
    "spark.driver.memory": "1g",
    # A handful of rows: compiling each stage takes longer than going through it uncompiled.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto",
    # Not the zone of the wearers, so that a clock of the session would show.
    "spark.sql.session.timeZone": "America/New_York",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
}


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    # Where they are to be run, as in .ci/run, a test that is passed over is none.
    absent = pytest.fail if os.environ.get("WALKSTATS_SPARK") == "required" else pytest.skip
    try:
        import pyspark.sql as sql
    except ImportError:
        absent("PySpark is not installed: pip install walkstats[spark]")
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        absent("there is no Java; PySpark needs version 17")
    builder = sql.SparkSession.builder.master("local[1]").appName("walkstats")
    for name, value in {
        **SETTINGS,
        "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("house")),
    }.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("naive", [False, True], ids=["instants", "wall clock"])
def test_pyspark_does_what_polars_does(spark, naive, tmp_path):
    minutes = walks()
    clock = None
    if naive:
        local = minutes["time"].dt.tz_convert("Europe/London").dt.tz_localize(None)
        minutes, clock = minutes.assign(time=local.astype("datetime64[us]")), "local"
    minutes.to_parquet(
        tmp_path / "minutes.parquet", coerce_timestamps="us", allow_truncated_timestamps=True
    )
    # Between the two every window is asked for, each once: Spark plans a branch of each anew.
    rules = {"wear": "worn"} if naive else {"wear": "choi", "peak": None}
    asked = {**ASKED, "clock": clock, **rules}
    wanted = ws.wearables.weekly_minutes_at_cadence(tmp_path / "minutes.parquet", PEOPLE, **asked)
    frame = spark.read.parquet(str(tmp_path / "minutes.parquet"))
    got = ws.wearables.weekly_minutes_at_cadence(frame, PEOPLE, **asked)
    assert got.attrs["counts"]["engine"] == "PySpark"
    pd.testing.assert_frame_equal(got, wanted, rtol=RTOL)
    assert wanted["walking_minutes"].notna().any()
    assert wanted["walking_minutes"].isna().any()
