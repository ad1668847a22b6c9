""":func:`check` and :func:`explore` on a cluster of Dask, to the bytes of one process.

Parts are tasks. A part is the same wherever and however often it is computed, so that workers may
be lost and tasks repeated; parts are kept on the client's disk as they come, and joined there.

Needs ``dask[distributed]``; this package has to be installed, in the same version, where the
workers run."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional, Union

from . import _commands
from ._errors import Error
from ._options import PathLike
from ._progress import Progress, watching
from ._results import Inputs, Part, Run, Study, temporary

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["check", "explore"]

#: Parts for each thread of the cluster: a worker that is lost loses little, and those that are left
#: share what is left.
_PARTS_PER_THREAD = 4


def check(
    client: Client,
    widths: Optional[_commands.Widths] = None,
    *,
    parts: Optional[int] = None,
    retries: int = 2,
    out: Optional[PathLike] = None,
    force: bool = False,
    progress: Progress = None,
    **options: Any,
) -> Union[Run, Inputs]:
    """What :func:`relubound.check` gives, computed by the workers of ``client``.

    ``parts``
        how many tasks; by default four for each thread that the cluster has
    ``retries``
        how often a task is tried again that failed, for example on a full disk; a worker that dies
        is another matter, of Dask's ``distributed.scheduler.allowed-failures``
    ``progress``
        as for :func:`relubound.check`, in parts

    All other options are those of :func:`relubound.check`, where ``threads`` is that of each task,
    1 by default; paths of files have to be the same for client and workers. Fresh networks, where
    rows look violated, are drawn by the client, when it joins the parts.

    :raises relubound.Error: an option whose value cannot be used, in one line, as without a
        cluster.
    :raises distributed.scheduler.KilledWorker: a part during which several workers died."""
    asked = {"out": out, "force": force}
    positional = () if widths is None else (widths,)
    found: Union[Run, Inputs] = _divided(
        client, "check", positional, parts, retries, asked, progress, options
    )
    return found


def explore(
    client: Client,
    *,
    parts: Optional[int] = None,
    retries: int = 2,
    out: Optional[PathLike] = None,
    progress: Progress = None,
    **options: Any,
) -> Study:
    """What :func:`relubound.explore` gives, computed by the workers of ``client``; options as for
    :func:`check`. More parts than cells are of no use."""
    asked = {"out": out}
    found: Study = _divided(
        client, "explore", (), parts, retries, asked, progress, options
    )
    return found


def _part(command: str, positional: Any, shard: str, options: dict[str, Any]) -> Union[Part, Error]:
    """A part, computed by a worker. A value that cannot be used is given back as the error that it
    is: another try would find the same."""
    try:
        call = getattr(_commands, command)
        part: Part = call(*positional, shard=shard, progress=False, **options)
        return part
    except Error as why:
        if why.kind != "parameter":
            raise
        return why


def _divided(
    client: Any,
    command: str,
    positional: tuple[Any, ...],
    parts: Optional[int],
    retries: int,
    asked: dict[str, Any],
    progress: Progress,
    options: dict[str, Any],
) -> Any:
    import distributed

    as_completed: Any = distributed.as_completed
    if client.asynchronous:
        raise TypeError(f"{command}() waits for its parts: the client must not be asynchronous")
    for name in ("shard", "dry_run", "until_settled"):
        if options.get(name) not in (None, False):
            what = "not on a cluster, which divides one run"
            raise Error(f"{name} {options[name]}: {what}", "parameter", name)
    _is_free(asked.get("out"), asked.get("force", False))
    count = _count(client, parts)
    options.setdefault("threads", 1)
    name = f"relubound-{command}-{uuid.uuid4().hex}"
    pending = {
        client.submit(
            _part,
            command,
            positional,
            f"{i}/{count}",
            options,
            key=(name, i),
            retries=retries,
            pure=False,
        )
        for i in range(1, count + 1)
    }
    watch = watching(progress, "parts")
    try:
        with temporary() as place:
            dirs = []
            # In turn, so that the client's memory holds one at a time.
            for future in as_completed(list(pending)):
                part = future.result()
                if isinstance(part, Error):
                    raise part
                dirs.append(Path(place) / part.shard.replace("/", "-"))
                part.save(dirs[-1])
                pending.discard(future)
                del future, part
                if watch is not None:
                    watch(len(dirs), count, [])
            return _commands.merge(dirs, progress=_drawing(progress), **asked)
    finally:
        if watch is not None:
            watch.close()
        # What has begun goes on to its end, and is forgotten.
        client.cancel(list(pending))


def _drawing(progress: Progress) -> Progress:
    """While parts are joined, only networks that are drawn are worth a word."""
    if not callable(progress):
        return progress

    def drawing(done: int, total: int, notes: list[str]) -> None:
        if total or notes:
            progress(done, total, notes)

    return drawing


def _count(client: Any, parts: Optional[int]) -> int:
    if parts is None:
        threads: int = sum(client.nthreads().values())
        if threads == 0:
            raise Error("parts: say how many; the cluster has no worker yet", "parameter", "parts")
        return _PARTS_PER_THREAD * threads
    if isinstance(parts, bool) or not isinstance(parts, int) or parts < 1:
        raise Error(f"parts {parts}: a whole number from 1 on", "parameter", "parts")
    return parts


def _is_free(out: Optional[PathLike], force: bool) -> None:
    """Refuses a directory that would be refused when all is computed."""
    if out is None or force:
        return
    for name in ("run.json", "study.json"):
        if (Path(os.fspath(out)) / name).exists():
            what = "holds a run or a study, which is kept: name another directory"
            raise Error(f"out {os.fspath(out)}: {what}", "parameter", "out")
