"""Every example in the documentation, and the notebook, as they are written."""

from __future__ import annotations

import doctest
import os
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import relubound

ROOT = Path(__file__).parents[2]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def examples_of(text: str) -> str:
    """What stands between the fences."""
    return "\n\n".join(re.findall(r"```pycon\n(.*?)```", text, re.DOTALL))


def failures(text: str, name: str) -> tuple[int, int]:
    # Files that are written go to a directory of the test.
    found = doctest.DocTestParser().get_doctest(text, {"relubound": relubound}, name, name, 0)
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    result = runner.run(found)
    return result.failed, result.attempted


def test_the_guide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = "docs/python.md"
    failed, attempted = failures(examples_of((ROOT / name).read_text("utf-8")), name)
    assert attempted > 3 and failed == 0
    # A wrong example is seen.
    assert failures(">>> 1 + 1\n3\n", "planted") == (1, 1)


def test_docstrings() -> None:
    attempted = 0
    for name in relubound.__all__:
        text = getattr(getattr(relubound, name), "__doc__", None) or ""
        failed, tried = failures(text, name)
        assert failed == 0, name
        attempted += tried
    assert failures(relubound.__doc__ or "", "relubound")[0] == 0
    assert attempted > 4


def test_everything_public_is_described() -> None:
    for name in relubound.__all__:
        one = getattr(relubound, name)
        assert name == "__version__" or one.__doc__, name
        if isinstance(one, type):
            for attribute, member in vars(one).items():
                if not attribute.startswith("_") and (
                    callable(member) or isinstance(member, property)
                ):
                    assert member.__doc__, f"{name}.{attribute}"


@pytest.mark.parametrize("path", sorted((ROOT / "python" / "examples").glob("*.ipynb")))
def test_notebooks(path: Path, tmp_path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    )
    client.execute()
    shown = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "text/html" in output.get("data", {})
    ]
    assert any('class="relubound"' in output["data"]["text/html"] for output in shown)
    if keep := os.environ.get("KEEP_NOTEBOOKS"):
        nbformat.write(notebook, Path(keep) / path.name)
