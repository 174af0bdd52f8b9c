"""Frictionless's own word on the cells the screen left undecided, and its rules for keys and blank rows.

Follows ``Row.__process`` and ``TableResource.__open_row_stream`` of Frictionless 5: a type error hides the constraints
of its cell; a cell of a wrong type counts as None for keys, one that breaks a constraint counts with its value; a blank
row replaces its cell errors but not the primary-key error; a key error names the previous occurrence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.model import ConfigError
from pipelines.validate._accept import accepted, missing_mask

if TYPE_CHECKING:
    import pandas as pd

Array = Any  # a numpy or pyarrow array
Reader = Callable[[str], tuple[Any, dict[str, str] | None]]

FIRST_ROW = 2  # Frictionless counts records from 1 and the labels are the first
ALL_NONE = 'cells composing the primary keys are all "None"'
_UNKNOWN, _NEVER_EQUAL = -1, -2


@dataclass(frozen=True, slots=True)
class Finding:
    """One Frictionless error: 0-based row and column (None: whole row, column or table), type, note, constraint name.

    ``previous`` is the 0-based row of the earlier record with the same key; ``label`` what stood in a wrong header,
    ``text`` what stands in the cell.
    """

    row: int | None
    column: int | None
    type: str
    note: str = ""
    rule: str = ""
    previous: int | None = None
    label: str = ""
    text: str | None = None

    @property
    def position(self) -> int | None:
        """The row number as Frictionless gives it."""
        return None if self.row is None else self.row + FIRST_ROW


def findings(frame: pd.DataFrame, descriptor: Mapping[str, Any]) -> list[Finding]:
    """All errors of the table, in the order of its rows and columns; shape (rows, fields), every cell text."""
    fields = descriptor["fields"]
    if _peculiar(frame, descriptor):
        from pipelines.validate._whole import whole

        return whole(frame, descriptor)
    columns = [_texts(frame, j) for j in range(len(fields))]
    readers = Readers(descriptor)
    found = [f for j, column in enumerate(columns) for f in _cells(j, column, readers)]
    try:
        keys = _key_findings(columns, descriptor, readers)
    except TypeError:  # a value without a hash, as lists and objects are
        from pipelines.validate._whole import whole

        return whole(frame, descriptor)
    found = _without_blank_rows(found, columns, readers) + keys
    return sorted(found, key=lambda f: (f.row, -1 if f.column is None else f.column))


def _peculiar(frame: pd.DataFrame, descriptor: Mapping[str, Any]) -> bool:
    """Shapes for which Frictionless itself is asked as a whole."""
    names = [field.get("name") for field in descriptor["fields"]]
    keyed = [f for f in descriptor["fields"] if f.get("constraints", {}).get("unique")]
    return (
        list(frame.columns) != names
        or not names
        or bool(descriptor.get("foreignKeys"))
        or "fieldsMatch" in descriptor
        or any(f.get("type") in ("array", "object", "geojson", "list") for f in keyed)
    )


def _texts(frame: pd.DataFrame, column: int) -> Array:
    """One column as a pyarrow string array without nulls (an empty cell is ``""``)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    array = pa.array(frame.iloc[:, column], from_pandas=True)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if not pa.types.is_string(array.type):
        array = array.cast(pa.string())
    return pc.fill_null(array, "") if array.null_count else array


class Readers:
    """Frictionless's cell readers, made (and Frictionless imported) only when a cell needs one."""

    def __init__(self, descriptor: Mapping[str, Any]) -> None:
        self._descriptor = descriptor
        self._schema: Any = None
        self._made: dict[int, Reader] = {}

    def field(self, column: int) -> Mapping[str, Any]:
        """The descriptor of one field."""
        field: Mapping[str, Any] = self._descriptor["fields"][column]
        return field

    def missing(self, column: int) -> Sequence[str]:
        """Texts that mean None in one field."""
        entries = self.field(column).get("missingValues", self._descriptor.get("missingValues", [""]))
        return [entry["value"] if isinstance(entry, dict) else entry for entry in entries]

    def reader(self, column: int) -> Reader:
        """The cell reader of one field; what makes Frictionless itself stumble (``sNaN``) is a type error."""
        if column not in self._made:
            self._made[column] = _guarded(self._open().fields[column])
        return self._made[column]

    def _open(self) -> Any:
        if self._schema is None:
            self._schema = frictionless_schema(self._descriptor)
        return self._schema


def frictionless_schema(descriptor: Mapping[str, Any]) -> Any:
    """Frictionless's own schema object.

    Its three public steps instead of ``from_descriptor``, which also validates the descriptor and for that imports
    jsonschema with its grammars (two seconds); a schema is checked when it is configured, not for every table.
    """
    import frictionless

    kind = frictionless.Schema
    own = kind.metadata_retrieve(dict(descriptor))
    kind.metadata_transform(own)
    return kind.metadata_import(own)


def _guarded(field: Any) -> Reader:
    try:
        read = field.create_cell_reader()
    except (re.error, TypeError, ValueError) as error:
        raise ConfigError(f"スキーマの「{field.name}」の定義に誤りがあります: {error}") from error

    def reader(text: str) -> tuple[Any, dict[str, str] | None]:
        try:
            value, notes = read(text)
        except Exception:  # Decimal("sNaN") cannot even be compared
            return None, {"type": f'type is "{field.type}/{field.format}"'}
        return value, notes

    return reader


def _cells(column: int, texts: Array, readers: Readers) -> Iterator[Finding]:
    """Type and constraint errors of one column."""
    import numpy as np
    import pyarrow.compute as pc

    mask = accepted(texts, readers.field(column), readers.missing(column))
    if mask is None:
        rows, rest = None, texts
    else:
        rows = np.flatnonzero(~mask.to_numpy(zero_copy_only=False))
        if not len(rows):
            return
        rest = pc.take(texts, rows)
    coded = rest.dictionary_encode()
    codes = coded.indices.to_numpy(zero_copy_only=False)
    read = readers.reader(column)
    wrong: dict[int, list[tuple[str, str, str]]] = {}
    words = coded.dictionary.to_pylist()
    for code, text in enumerate(words):
        notes = read(text)[1]
        if notes:
            wrong[code] = [("type-error" if k == "type" else "constraint-error", note, k) for k, note in notes.items()]
    if not wrong:
        return
    at = np.flatnonzero(np.isin(codes, list(wrong)))
    places = at if rows is None else rows[at]
    for row, code in zip(places.tolist(), codes[at].tolist(), strict=True):
        for kind, note, rule in wrong[code]:
            yield Finding(row, column, kind, note, rule, text=words[code])


def _without_blank_rows(found: list[Finding], columns: Sequence[Array], readers: Readers) -> list[Finding]:
    """A row of nothing but missing cells has one error only."""
    import numpy as np
    import pyarrow.compute as pc

    blank = missing_mask(columns[0], readers.missing(0))
    for j, column in enumerate(columns[1:], start=1):
        if not pc.any(blank).as_py():
            return found
        blank = pc.and_(blank, missing_mask(column, readers.missing(j)))
    rows = np.flatnonzero(blank.to_numpy(zero_copy_only=False)).tolist()
    if not rows:
        return found
    blanks = set(rows)
    return [f for f in found if f.row not in blanks] + [Finding(row, None, "blank-row") for row in rows]


def _key_findings(columns: Sequence[Array], descriptor: Mapping[str, Any], readers: Readers) -> list[Finding]:
    names = [field["name"] for field in descriptor["fields"]]
    unique = [j for j, field in enumerate(descriptor["fields"]) if field.get("constraints", {}).get("unique")]
    key = descriptor.get("primaryKey") or []
    key = [names.index(name) for name in ([key] if isinstance(key, str) else key)]
    codes = {j: _codes(j, columns[j], readers) for j in {*unique, *key}}
    found = [f for j in unique for f in _repeats(codes[j], codes[j] < 0, "unique-error", j)]
    return found + (_primary_key([codes[j] for j in key], key[0]) if key else [])


def _primary_key(codes: Sequence[Array], first: int) -> list[Finding]:
    import numpy as np

    stacked = np.stack(codes)
    nothing = np.all(stacked == _UNKNOWN, axis=0)
    found = [Finding(row, first, "primary-key", ALL_NONE, "missing") for row in np.flatnonzero(nothing).tolist()]
    joined = stacked[0] if len(codes) == 1 else np.unique(stacked, axis=1, return_inverse=True)[1].reshape(-1)
    apart = nothing | np.any(stacked == _NEVER_EQUAL, axis=0)
    return found + _repeats(joined, apart, "primary-key", first)


def _repeats(codes: Array, apart: Array, kind: str, column: int) -> list[Finding]:
    """One finding for every row whose key stood in an earlier row, naming the latest such row."""
    import numpy as np

    rows = np.flatnonzero(~apart)
    order = rows[np.argsort(codes[rows], kind="stable")]
    same = np.flatnonzero(codes[order[1:]] == codes[order[:-1]])
    pairs = zip(order[same + 1].tolist(), order[same].tolist(), strict=True)
    note = "the same as in the row at position {}"
    return [Finding(row, column, kind, note.format(p + FIRST_ROW), "repeat", p) for row, p in pairs]


def _codes(column: int, texts: Array, readers: Readers) -> Array:
    """A number per row, equal where the values Frictionless reads are equal; below 0: None, or never equal (NaN)."""
    import numpy as np

    coded = texts.dictionary_encode()
    words = coded.dictionary.to_pylist()
    numbers = _value_numbers(words, readers.field(column), readers.missing(column), lambda: readers.reader(column))
    codes = np.asarray(numbers, dtype=np.int64)
    taken: Array = codes[coded.indices.to_numpy(zero_copy_only=False)] if words else codes
    return taken


def _value_numbers(
    words: Sequence[str], field: Mapping[str, Any], missing: Sequence[str], reader: Callable[[], Reader]
) -> list[int]:
    if field.get("type") == "string" and field.get("format", "default") == "default":
        skipped = set(missing)
        return [_UNKNOWN if word in skipped else code for code, word in enumerate(words)]
    seen: dict[Any, int] = {}
    read = reader() if words else None
    return [_value_number(read(word)[0], seen) for word in words] if read else []


def _value_number(value: Any, seen: dict[Any, int]) -> int:
    if value is None:
        return _UNKNOWN
    if value != value:  # NaN equals nothing, not even the NaN of another row
        return _NEVER_EQUAL
    return seen.setdefault(value, len(seen))
