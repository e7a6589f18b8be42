"""Writing the data set: CSV or Parquet, with its dictionary and a word about itself, in one ZIP that is the same each time.

pyarrow is large and is imported here, where a file is written, and nowhere else.
"""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from ebbtide.journey.registry.dataset import DataSet, Row
from ebbtide.journey.registry.dictionary import VERSION, Column, Kind, dictionary

MEDIA_TYPE = "application/zip"
NAME = "ebbtide-registry"
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run


def csv_of(rows: Sequence[Row]) -> bytes:
    """A header row with the columns' names, then the rows; what is missing is empty."""
    return _csv(
        [column.name for column in dictionary()], ([_cell(value) for value in row.values()] for row in rows)
    )


def dictionary_csv() -> bytes:
    """The dictionary as a table of its own."""
    head = ["column", "type", "unit", "meaning", "source", "when it is missing"]
    return _csv(head, ([c.name, c.kind.value, c.unit, c.meaning, c.source, c.missing] for c in dictionary()))


def _csv(head: Sequence[str], rows: Any) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(rows)
    return out.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA) else text


def parquet_of(rows: Sequence[Row]) -> bytes:
    """The rows as Parquet; each column carries its unit and its meaning, and what is missing is null."""
    import pyarrow
    from pyarrow import parquet

    schema = pyarrow.schema(
        [
            pyarrow.field(column.name, _arrow(column, pyarrow), metadata=_told(column))
            for column in dictionary()
        ],
        metadata={"ebbtide.dictionary_version": VERSION},
    )
    table = pyarrow.Table.from_pylist(list(rows), schema=schema)
    out = io.BytesIO()
    parquet.write_table(table, out, compression="zstd")
    return out.getvalue()


def _arrow(column: Column, pyarrow: Any) -> Any:
    return {
        Kind.TEXT: pyarrow.string(),
        Kind.WHOLE: pyarrow.int32(),
        Kind.NUMBER: pyarrow.float64(),
        Kind.DAY: pyarrow.date32(),
    }[column.kind]


def _told(column: Column) -> dict[str, str]:
    return {
        "unit": column.unit,
        "meaning": column.meaning,
        "source": column.source,
        "missing": column.missing,
    }


WRITERS = {"csv": csv_of, "parquet": parquet_of}


def bundle(found: DataSet, *, form: str, filters: Mapping[str, str]) -> bytes:
    """One ZIP: the rows, the dictionary, and what was asked for, made coarser and left out."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (
            (f"{NAME}.{form}", WRITERS[form](found.rows)),
            ("dictionary.csv", dictionary_csv()),
            ("about.txt", about(found, filters=filters).encode()),
        ):
            # a fixed day, so that the same rows are the same file and no time is told
            archive.writestr(
                zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED
            )
    return out.getvalue()


def statement(found: DataSet) -> str:
    """What was done to the rows, as page and file say it."""
    return (
        f"Each combination of age band, sex, complaint and language is shared by at least {found.k} people. "
        f"{found.rows_generalised} of {len(found.rows)} rows were made coarser for it. "
        f"{found.rows_suppressed} more rows of {found.people_suppressed} people were left out because not even the "
        f"coarsest cell was large enough, and {found.rows_without_permission} because the person has not agreed to the "
        "registry or has withdrawn."
    )


def about(found: DataSet, *, filters: Mapping[str, str]) -> str:
    """The word that lies beside the rows."""
    asked = (
        "; ".join(f"{name}: {value}" for name, value in filters.items()) or "every infusion with an exposure"
    )
    return ABOUT.format(
        asked=asked,
        rows=len(found.rows),
        people=found.people,
        statement=statement(found),
        version=VERSION,
    )


ABOUT = """\
Ebbtide registry, de-identified rows, one for each infusion

Asked for: {asked}.
Rows: {rows}, people: {people}.
{statement}

Ids are made by HMAC-SHA-256 under a key that stays in the clinic's data folder, anew for each export.
The one date of a row is moved by a secret number of days of its person (-182 to 182, never 0); everything else is days
from the start or the end of a course. Ages over 89 are one band. There is no name, no record number and no free text.

What this does not cover: doses and courses of scores can be rare in themselves, and dose over dose by weight gives the
weight. Keep the file as you would keep a record, and lead no row back to a person.

Outcomes are uncontrolled and treatment cannot be blinded: a change after an infusion is not yet an effect of it.
Dictionary version {version}: dictionary.csv. A missing value is empty (CSV) or null (Parquet), never 0.
"""
