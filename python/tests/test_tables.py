"""Frames, and what a notebook shows."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas
import polars
import pyarrow
import pytest

import relubound
from conftest import TRIALS

COLUMNS = Path(__file__).parents[2] / "docs" / "columns.md"


@pytest.fixture(scope="session")
def results(run: relubound.Run, judged: relubound.Inputs) -> list[tuple[str, Any]]:
    study = relubound.explore(
        depths="1,2", widths="8", quantities="c1,flips", trials=20, searches=4, progress=False
    )
    growth = relubound.growth(depths="1,2", trials=0, progress=False)
    return [
        ("## ledger.csv", run),
        ("## inputs.csv", judged),
        ("## cells.csv", study),
        ("## growth --format csv", growth),
    ]


def test_frames_agree(results: list[tuple[str, Any]]) -> None:
    for _, result in results:
        table = result.table
        pandas_frame, polars_frame = result.to_pandas(), result.to_polars()
        arrow = pyarrow.table(result)
        assert isinstance(pandas_frame, pandas.DataFrame)
        assert list(pandas_frame) == polars_frame.columns == arrow.column_names == list(table)
        for name, column in table.items():
            assert polars_frame[name].to_list() == column == arrow[name].to_pylist()
            shown = [None if pandas.isna(one) else one for one in pandas_frame[name]]
            assert shown == column
        # What has nothing to say has its type all the same.
        assert polars_frame.schema == polars.from_arrow(arrow).schema
        assert polars.Null not in polars_frame.dtypes and "object" not in {
            str(dtype) for dtype in pandas_frame.dtypes
        }


def test_every_column_is_described(results: list[tuple[str, Any]]) -> None:
    text = COLUMNS.read_text("utf-8")
    for heading, result in results:
        section = text.split(f"\n{heading}\n")[1].split("\n## ")[0]
        described = set(re.findall(r"`([a-z_0-9]+)`", section))
        for name in result.table:
            base = re.sub(r"_(log10|exact)$", "", name)
            assert base in described or re.sub(r"^(initial)_", "", base) in described or (
                f"`{base}`" in text
            ), name


def test_columns_of_text_are_text(results: list[tuple[str, Any]]) -> None:
    run, judged, study, _ = (result for _, result in results)
    frame = run.to_polars()
    assert frame.schema["statement"] == polars.String and frame.schema["layer"] == polars.Int64
    assert frame.schema["bound"] == polars.Float64
    assert judged.to_polars().schema["step_changes"] == polars.Boolean
    assert study.to_polars().schema["delta"] == polars.String


def test_trials_are_a_frame(run: relubound.Run) -> None:
    frame = polars.DataFrame(run.trials)
    assert frame.height == TRIALS and frame.schema["trial"] == polars.Int64
    assert pyarrow.table(run.trials).num_rows == TRIALS


class Seen(HTMLParser):
    """Tags with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.open: list[str] = []
        self.outermost = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[Any]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.outermost += not self.open
        if tag not in ("meta", "br", "img", "hr", "input", "link"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[Any]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_notebook_shows_a_piece_that_stands_alone(results: list[tuple[str, Any]]) -> None:
    for _, result in results:
        html = result._repr_html_()
        seen = Seen(html)
        assert seen.outermost == 1 and not seen.open
        assert seen.tags[0] == ("div", {"class": "relubound"})
        names = {tag for tag, _ in seen.tags}
        assert "svg" in names and "table" in names
        assert not names & {"html", "head", "body", "script", "link", "iframe", "h1", "a"}
        # Nothing is fetched.
        assert "url(" not in html and "@import" not in html
        for tag, attributes in seen.tags:
            for name in ("src", "href", "xlink:href"):
                assert str(attributes.get(name, "#")).startswith("#"), tag
    assert 'class="relubound"' not in results[0][1].html()


def test_what_is_not_installed_is_named(
    run: relubound.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(relubound.Error, match="needs polars: pip install polars"):
        run.to_polars()
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(relubound.Error, match="needs polars"):
        run.__arrow_c_stream__()
    monkeypatch.delitem(sys.modules, "polars")
    assert polars.DataFrame(run).height == len(run.rows)
