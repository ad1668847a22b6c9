"""Columns, for pandas, polars and whatever reads Arrow."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Callable, Optional

from ._errors import Error

#: How the cells of a column are read.
_READ: Mapping[str, Callable[[str], Any]] = {
    "text": str,
    "int": int,
    "bool": lambda cell: cell == "true",
    "float": float,
}


class Table(Mapping[str, "list[Any]"]):
    """Columns by name, each a list; ``None`` where there is nothing.

    ``to_pandas()`` and ``to_polars()`` give frames, and anything that reads Arrow
    (``pyarrow.table(t)``, ``polars.from_arrow(t)``, DuckDB, …) takes it as it is.
    """

    def __init__(self, columns: Mapping[str, Sequence[Any]], kinds: Mapping[str, str]) -> None:
        self._columns = {name: list(column) for name, column in columns.items()}
        self._kinds = {name: kinds.get(name, "float") for name in self._columns}

    @staticmethod
    def read(text: str, kinds: Mapping[str, str]) -> "Table":
        """CSV with a heading, whose columns are of these kinds, or floats."""
        names, *lines = csv.reader(io.StringIO(text))
        kinds = {n: "text" if n.endswith("_exact") else kinds.get(n, "float") for n in names}
        columns = {
            name: [_READ[kinds[name]](line[at]) if line[at] else None for line in lines]
            for at, name in enumerate(names)
        }
        return Table(columns, kinds)

    def __getitem__(self, name: str) -> "list[Any]":
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    @property
    def height(self) -> int:
        """Rows."""
        return len(next(iter(self._columns.values()), []))

    def __repr__(self) -> str:
        return f"<relubound.Table of {self.height} rows: {', '.join(self)}>"

    def to_pandas(self) -> Any:
        """A ``pandas.DataFrame``."""
        pandas = _needed("pandas", "to_pandas")
        kinds = {"text": "string", "int": "Int64", "bool": "boolean", "float": "float64"}
        series = {
            name: pandas.Series(column, dtype=kinds[self._kinds[name]])
            for name, column in self.items()
        }
        return pandas.DataFrame(series)

    def to_polars(self) -> Any:
        """A ``polars.DataFrame``."""
        polars = _needed("polars", "to_polars")
        kinds = {
            "text": polars.String,
            "int": polars.UInt64 if self._is_large() else polars.Int64,
            "bool": polars.Boolean,
            "float": polars.Float64,
        }
        schema = {name: kinds[kind] for name, kind in self._kinds.items()}
        return polars.DataFrame(self._columns, schema=schema)

    def to_arrow(self) -> Any:
        """A ``pyarrow.Table``."""
        arrow = _needed("pyarrow", "to_arrow")
        kinds = {
            "text": arrow.string(),
            "int": arrow.uint64() if self._is_large() else arrow.int64(),
            "bool": arrow.bool_(),
            "float": arrow.float64(),
        }
        schema = arrow.schema([(name, kinds[kind]) for name, kind in self._kinds.items()])
        return arrow.table(self._columns, schema=schema)

    def __arrow_c_stream__(self, requested_schema: Optional[object] = None) -> object:
        """The table for readers of Arrow's C stream interface, by pyarrow or else by polars."""
        try:
            made = self.to_arrow()
        except Error:
            made = self.to_polars()
        stream: object = made.__arrow_c_stream__(requested_schema)
        return stream

    def _is_large(self) -> bool:
        whole = (self[name] for name, kind in self._kinds.items() if kind == "int")
        return any(one is not None and one >= 2**63 for column in whole for one in column)


def _needed(module: str, what: str) -> Any:
    try:
        return __import__(module)
    except ImportError:
        hint = f"needs {module}: pip install {module}"
        raise Error(f"{what}: {hint}", "resources") from None
