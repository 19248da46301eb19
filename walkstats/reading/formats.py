"""Which formats can a table come in, how is each known, and what reads it?

A file is known by its first bytes, and only where these tell nothing by its ending: a name is
easily wrong. What no format claims is delimited text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from walkstats.reading.parquet import MAGIC, read_parquet_text
from walkstats.reading.places.archives import ZIP_SIGNS
from walkstats.reading.places.limits import refuse_wide
from walkstats.reading.spreadsheets.workbooks import read_workbook
from walkstats.reading.statistical.statistical_files import (
    SAS_SIGNS,
    SPSS_SIGNS,
    STATA_SIGNS,
    read_sas,
    read_sas_transport,
    read_spss,
    read_stata,
)
from walkstats.reading.statistical.xport import SIGN_V5, SIGN_V8
from walkstats.reading.text_files.delimited import read_delimited
from walkstats.reading.text_tables import FileFormat, TextTable, without_headers

Reader = Callable[[bytes, str, FileFormat], TextTable]
"""The bytes, the name of the file for messages, what trial.toml declares -> text."""


@dataclass(frozen=True)
class Format:
    """One format of tables.

    Attributes
    ----------
    name : str
        As messages and the docs call it.
    endings : tuple of str
        Of files, in small letters; the first is the usual one.
    signs : tuple of bytes
        How such a file begins; empty where the bytes tell nothing.
    read : callable
    needs : str
        The package that reads it; empty for none beyond those always there.
    """

    name: str
    endings: tuple[str, ...]
    signs: tuple[bytes, ...]
    read: Reader
    needs: str = ""


DELIMITED = Format("delimited text", (".csv", ".tsv", ".txt"), (), read_delimited)

FORMATS: tuple[Format, ...] = (
    Format("workbook", (".xlsx", ".xlsm", ".ods"), ZIP_SIGNS[:1], read_workbook),
    Format("Parquet", (".parquet",), (MAGIC,), read_parquet_text, "pyarrow"),
    Format("SPSS", (".sav", ".zsav"), SPSS_SIGNS, read_spss, "pyreadstat"),
    Format("Stata", (".dta",), STATA_SIGNS, read_stata, "pyreadstat"),
    Format("SAS data set", (".sas7bdat",), SAS_SIGNS, read_sas, "pyreadstat"),
    Format("SAS transport", (".xpt",), (SIGN_V5, SIGN_V8), read_sas_transport),
    DELIMITED,
)


def format_of(data: bytes, file: str) -> Format:
    """The format of a file.

    Parameters
    ----------
    data : bytes
        The whole file, unpacked.
    file : str
        Its name.

    Returns
    -------
    Format
    """
    signed = (one for one in FORMATS if data.startswith(one.signs))
    named = (one for one in FORMATS if file.lower().endswith(one.endings))
    return next(signed, None) or next(named, DELIMITED)


def read_text(data: bytes, file: str, declared: FileFormat) -> TextTable:
    """Read a file of any format as text.

    Parameters
    ----------
    data : bytes
        The whole file, unpacked.
    file : str
        Its name, for messages.
    declared : FileFormat

    Returns
    -------
    TextTable

    Raises
    ------
    DataError
        When it cannot be read.
    """
    found = format_of(data, file).read(data, file, declared)
    refuse_wide(found.frame.shape[1], file)
    return without_headers(found)
