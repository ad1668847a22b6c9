#!/usr/bin/env python3
"""The same bytes in other languages, time zones, directories, numbers of threads; and on processors
without AVX-512, without AVX2, without AVX, which qemu-x86_64 plays. There the system's library has
other versions of exp and log, which differ in the last digit: curves in the data of figures, which
are drawn with them, may differ by as much as `report` lets pass (1e-9). All else is the same.

    tests/tough/bytes.py [PROGRAM [OTHER…]]

Each OTHER is a command that runs relubound elsewhere:
"qemu-aarch64 -L /usr/aarch64-linux-gnu PATH".
"""

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

from jobs import PROGRAM, Job, compare, done, files, fresh, jobs, say

# Without AVX; with AVX; with AVX2 and FMA; all that qemu knows. It knows no AVX-512.
PROCESSORS = ["Nehalem", "SandyBridge", "Haswell", "max"]


def environments(job, place, whole):
    there = dict(os.environ)
    others = [
        {**there, "LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8", "LANGUAGE": "de"},
        {**there, "LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Kathmandu"},
        {**there, "LC_ALL": "C", "TZ": "America/St_Johns"},
        {**there, "NO_COLOR": "1", "COLUMNS": "40", "TERM": "dumb"},
        {**there, "CLICOLOR_FORCE": "1", "COLUMNS": "250", "RUST_BACKTRACE": "full"},
        {**there, "RAYON_NUM_THREADS": "5"},
        {},
    ]
    for env in others:
        done(job.command(fresh(place / "out")), job.name, env=env)
        compare(place / "out", whole, f"{job.name} with {env}")
    for cwd in ("/", str(place), "/usr"):
        done(job.command(fresh(place / "out")), job.name, cwd=cwd)
        compare(place / "out", whole, f"{job.name} in {cwd}")
    odd = fresh(place / "Ein Ort, {mit} 'Zeichen' é")
    done(job.command(odd), job.name)
    compare(odd, whole, f"{job.name} in {odd}")
    for threads in (1, 2, 3, 7, 16):
        done([*job.command(fresh(place / "out")), "--threads", str(threads)], job.name)
        compare(place / "out", whole, f"{job.name} with {threads} threads")
    count = len(others) + 3 + 1 + 5
    say(f"{job.name}: {count} other environments, directories, numbers of threads: same bytes")


def numbers(text):
    """The words of a table, numbers as such."""
    return [float(word) if re.fullmatch(r"[-+.0-9e]*[0-9][-+.0-9e]*", word) else word
            for word in text.decode().replace("\n", ",").split(",")]


def close(one, other):
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return abs(one - other) <= 1e-9 * max(1, abs(one), abs(other))


def processors(job, place, whole, prefix, what):
    out = fresh(place / "out")
    done([*prefix, *job.command(out)[1:]], f"{job.name} on {what}")
    there, wanted = files(out), files(whole)
    other = [name for name in there.keys() | wanted.keys() if there.get(name) != wanted.get(name)]
    for name in other:
        figure = name.startswith("figure-") and name.endswith(".csv")
        ours, theirs = [numbers(f.get(name, b"")) for f in (there, wanted)] if figure else ([], [0])
        if len(ours) != len(theirs) or not all(map(close, ours, theirs)):
            raise SystemExit(f"{job.name} on {what}: {name} differs")
    last = f", but for last digits of curves in {len(other)} of {len(there)}" if other else ""
    say(f"{job.name} on {what}: same bytes{last}")
    # What was made there is believed here, and the other way round.
    if job.name != "explore":
        done([PROGRAM, "report", str(out)], f"{job.name} from {what}")
        shutil.copytree(whole, fresh(place / "copy"))
        done([*prefix, "report", str(place / "copy")], f"{job.name} shown on {what}")


def main():
    with tempfile.TemporaryDirectory(prefix="tough-") as place:
        place = Path(place)
        wide = ["check", "70,130x2", "--trials", "40", "--searches", "3", "--seed", "5"]
        large = ["check", "900,800x2", "--trials", "60", "--searches", "2", "--stages"]
        engines = [Job(engine, [*large, "output,gradient", "--engine", engine])
                   for engine in ("law", "conditioned")]
        for job in [*jobs(place), Job("wide", wide), *engines]:
            whole = place / f"whole-{job.name}"
            done(job.command(whole))
            environments(job, place, whole)
            if shutil.which("qemu-x86_64"):
                for cpu in PROCESSORS:
                    qemu = ["qemu-x86_64", "-cpu", cpu, PROGRAM]
                    processors(job, place, whole, qemu, f"x86-64 like {cpu}")
            for other in sys.argv[2:]:
                processors(job, place, whole, other.split(), other)
    known = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    has = [name for name in ("avx", "avx2", "avx512f") if name in known]
    say(f"differences: 0; this machine has {', '.join(has) or 'none of avx'}")


if __name__ == "__main__":
    main()
