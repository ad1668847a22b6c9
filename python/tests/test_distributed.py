"""Parts as tasks of Dask: the bytes of one process, whatever becomes of the workers."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

distributed = pytest.importorskip("distributed")

import relubound  # noqa: E402
import relubound.distributed  # noqa: E402
from relubound import _commands  # noqa: E402

# A test may have a cluster beside that of others.
pytestmark = pytest.mark.filterwarnings("ignore:Port 8787 is already in use")

SMALL: dict[str, Any] = {"stages": "output,gradient", "trials": 60, "seed": 3}
GRID: dict[str, Any] = {
    "depths": "1,2",
    "widths": "6",
    "trials": 10,
    "searches": 2,
    "quantities": "c1,flips",
}


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """Two processes with a thread each, which are started again where they die."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as cluster, distributed.Client(cluster) as client:
        yield client


@pytest.fixture
def near() -> Iterator[Any]:
    """Workers in this process, whose functions a test may replace."""
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=":0"
    ) as cluster, distributed.Client(cluster) as client:
        yield client


def files(dir: Path) -> dict[str, bytes]:
    found = (path for path in sorted(dir.rglob("*")) if path.is_file())
    return {str(path.relative_to(dir)): path.read_bytes() for path in found}


def same(one: Path, other: Path) -> None:
    one_files, other_files = files(one), files(other)
    assert len(one_files) > 4
    assert list(one_files) == list(other_files)
    assert [name for name in one_files if one_files[name] != other_files[name]] == []


def test_what_differs_is_seen(tmp_path: Path) -> None:
    for name, content in (("one", "1"), ("other", "2")):
        (tmp_path / name).mkdir()
        for i in range(6):
            (tmp_path / name / str(i)).write_text(content if i == 3 else "")
    with pytest.raises(AssertionError):
        same(tmp_path / "one", tmp_path / "other")


def test_a_run_is_that_of_one_process(client: Any, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    whole = relubound.check("6,5", out=tmp_path / "whole", **SMALL)
    run = relubound.distributed.check(
        client,
        "6,5",
        parts=5,
        out=tmp_path / "parts",
        progress=lambda done, total, notes: seen.append((done, total)),
        **SMALL,
    )
    same(tmp_path / "whole", tmp_path / "parts")
    assert run.answer == whole.answer
    assert run.verdict == whole.verdict
    assert seen == [(i, 5) for i in range(1, 6)]


def test_there_may_be_more_parts_than_networks(client: Any) -> None:
    options = {**SMALL, "trials": 3}
    run = relubound.distributed.check(client, [4, 4], parts=7, progress=False, **options)
    assert run.json() == relubound.check([4, 4], **options).json()


def test_a_study_is_that_of_one_process(client: Any, tmp_path: Path) -> None:
    relubound.explore(out=tmp_path / "whole", **GRID)
    # By default four parts for each of the two threads, of which some have no cell.
    study = relubound.distributed.explore(client, out=tmp_path / "parts", progress=False, **GRID)
    same(tmp_path / "whole", tmp_path / "parts")
    assert study.complete


def test_arrays_are_sent(client: Any) -> None:
    numpy = pytest.importorskip("numpy")
    draw = numpy.random.default_rng(1)
    options = {
        "network": [draw.normal(size=(5, 4)), draw.normal(size=(3, 5))],
        "inputs": draw.normal(size=(7, 4)),
        "reference": 3,
        "cells": 0,
    }
    found = relubound.distributed.check(client, parts=3, progress=False, **options)
    assert found.json() == relubound.check(**options).json()
    assert len(found.rows) == 7


def test_a_worker_that_is_killed_costs_only_time(client: Any, tmp_path: Path) -> None:
    # Long enough for a part to be under way.
    options = {**SMALL, "trials": 8000, "searches": 5}
    relubound.check("30,30", out=tmp_path / "whole", **options)
    pids = client.run(os.getpid)
    killed: list[int] = []
    lost: list[str] = []

    def kill(done: int, total: int, notes: list[str]) -> None:
        busy = {worker: keys for worker, keys in client.processing().items() if keys}
        if killed or done < 2 or not busy:
            return
        worker, keys = next(iter(busy.items()))
        killed.append(pids[worker])
        lost.extend(map(str, keys))
        os.kill(pids[worker], signal.SIGKILL)

    relubound.distributed.check(
        client, "30,30", parts=8, out=tmp_path / "parts", progress=kill, **options
    )
    assert killed and lost
    same(tmp_path / "whole", tmp_path / "parts")
    client.wait_for_workers(2, timeout=30)
    assert killed[0] not in client.run(os.getpid).values()


def test_what_failed_is_tried_again(near: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    real = _commands.check

    def fails_once(*positional: Any, **options: Any) -> Any:
        tried.append(options["shard"])
        if tried.count(options["shard"]) == 1:
            raise OSError("no space left on device")
        return real(*positional, **options)

    monkeypatch.setattr(_commands, "check", fails_once)
    run = relubound.distributed.check(near, "6,5", parts=3, progress=False, **SMALL)
    monkeypatch.undo()
    assert sorted(tried) == sorted(2 * ["1/3", "2/3", "3/3"])
    assert run.json() == relubound.check("6,5", **SMALL).json()


def test_what_fails_always_is_raised(near: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def fails(*positional: Any, **options: Any) -> Any:
        tried.append(options["shard"])
        raise OSError("no space left on device")

    monkeypatch.setattr(_commands, "check", fails)
    with pytest.raises(OSError, match="no space left"):
        relubound.distributed.check(near, "6", parts=1, retries=1, progress=False, **SMALL)
    assert tried == ["1/1", "1/1"]


def test_values_are_refused_as_without_a_cluster(client: Any, near: Any, tmp_path: Path) -> None:
    check = relubound.distributed.check
    with pytest.raises(relubound.Error) as alone:
        relubound.check("6", delta=2)
    with pytest.raises(relubound.Error) as raised:
        check(client, "6", parts=2, progress=False, delta=2)
    assert str(raised.value) == str(alone.value)
    assert raised.value.parameter == "delta"
    for options, said in (
        ({"parts": 0}, "parts 0: a whole number from 1 on"),
        ({"parts": True}, "parts True"),
        ({"shard": "1/2"}, "shard 1/2: not on a cluster"),
        ({"until_settled": 4}, "until_settled 4: not on a cluster"),
        ({"dry_run": True}, "dry_run True: not on a cluster"),
    ):
        with pytest.raises(relubound.Error, match=said):
            check(client, "6", progress=False, **options)
    there = tmp_path / "there"
    relubound.check("6", out=there, **SMALL)
    before = files(there)
    with pytest.raises(relubound.Error, match="holds a run or a study"):
        check(client, "6", out=there, progress=False, **SMALL)
    assert files(there) == before
    check(client, "6", parts=2, out=there, force=True, progress=False, **{**SMALL, "seed": 4})
    assert files(there) != before


def test_a_value_that_is_refused_is_not_tried_again(
    near: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []
    real = _commands.check

    def counted(*positional: Any, **options: Any) -> Any:
        tried.append(options["shard"])
        return real(*positional, **options)

    monkeypatch.setattr(_commands, "check", counted)
    with pytest.raises(relubound.Error):
        relubound.distributed.check(near, "6", parts=1, retries=5, progress=False, delta=2)
    assert tried == ["1/1"]


def test_the_example_of_the_page_runs(
    client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Path(__file__).parents[2].joinpath("docs", "clusters.md").read_text()
    blocks = [block for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL)]
    (example,) = [block for block in blocks if "LocalCluster" in block]
    # The others differ in the cluster alone.
    assert sum("relubound.distributed" in block for block in blocks) == 1
    monkeypatch.chdir(tmp_path)
    small = example
    for shown, tried in (("20_000", '60, stages="output"'), ("784x5", "12x2")):
        assert shown in small
        small = small.replace(shown, tried)
    code = compile(small, "docs/clusters.md", "exec")
    exec(code, {"__name__": "__main__"})
    assert (tmp_path / "run" / "report.html").exists()
