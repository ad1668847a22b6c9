#!/usr/bin/env python3
"""Kills at random moments, and before every call that changes a file: what is done again gives the
bytes of a run that nobody interrupted, and leaves nothing beside them.

    tests/tough/kills.py [PROGRAM [KILLS [SEED]]]
"""

import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from jobs import PROGRAM, Job, compare, done, files, fresh, jobs, run, say

KILLS = int(sys.argv[2]) if len(sys.argv) > 2 else 1200
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 1
# What changes a directory, or puts it on the disk, or opens it.
CALLS = "rename renameat renameat2 unlink unlinkat rmdir mkdir fsync fdatasync write openat flock"


def readable(job, out, what, whole=False):
    """After a kill there is nothing, a run, or a part of one, and `report` says so in a line."""
    if job.name == "explore" or not out.exists():
        return
    copy = fresh(out.parent / "copy")
    shutil.copytree(out, copy)
    result = run([PROGRAM, "report", str(copy)])
    missing = result.returncode == 2 and not whole and "edited" not in result.stderr
    if result.returncode != 0 and not missing or "bug" in result.stderr:
        raise SystemExit(f"{what}: report: {result.returncode}: {result.stderr}")


def killed_at_random(job, place, whole, kills, draw):
    """Several kills a directory, until so many hit a process that was at work."""
    started = time.monotonic()
    done(job.command(fresh(place / "timed")))
    length = time.monotonic() - started
    hits = rounds = 0
    while hits < kills:
        out = fresh(place / "out")
        for _ in range(draw.randint(1, 8)):
            child = subprocess.Popen(job.command(out, out.exists()), stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL)
            time.sleep(draw.uniform(0, 1.05 * length))
            hits += child.poll() is None
            child.kill()
            # Sometimes the next one begins before this one is gone.
            if draw.random() < 0.7:
                child.wait()
                readable(job, out, f"{job.name} after a kill")
        what = f"{job.name}, round {rounds}"
        done(job.command(out, out.exists()), what)
        compare(out, whole, what)
        rounds += 1
    say(f"{job.name}: {hits} kills at random moments in {rounds} directories: same bytes")
    return hits


def killed_at_calls(job, place, whole, before=None):
    """One kill before each call of each kind, where `before` is there already."""
    hits = 0
    for call in CALLS.split():
        for number in range(1, 10000):
            out = fresh(place / "out")
            if before:
                shutil.copytree(before, out)
            # An error in place of the call: it is not carried out before the signal arrives.
            inject = f"inject={call}:error=EIO:signal=SIGKILL:when={number}"
            strace = ["strace", "-qqq", "-f", "-o", "/dev/null", "-e", f"trace={call}"]
            result = run([*strace, "-e", inject, *job.command(out, bool(before))])
            if result.returncode == 0:
                # The call was not made so often.
                break
            if result.returncode not in (-9, 137):
                raise SystemExit(f"{job.name}: {call} {number}: {result.stderr}")
            hits += 1
            what = f"{job.name}, killed at {call} {number}"
            readable(job, out, what, bool(before))
            done(job.command(out, out.exists()), what)
            compare(out, whole, what)
    over = " over another" if before else ""
    say(f"{job.name}{over}: {hits} kills, one before each call that matters: same bytes")
    return hits


def main():
    draw = random.Random(SEED)
    total = 0
    with tempfile.TemporaryDirectory(prefix="tough-") as place:
        place = Path(place)
        for job in jobs(place):
            whole = place / f"whole-{job.name}"
            done(job.command(whole))
            left = [n for n in files(whole) if n.startswith(".") and n != ".relubound.lock"]
            if left:
                raise SystemExit(f"{job.name}: left behind: {left}")
            total += killed_at_random(job, place, whole, KILLS // 3, draw)
            if not shutil.which("strace"):
                say("no strace: no kills at calls")
                continue
            total += killed_at_calls(job, place, whole)
            if job.over:
                before = place / "before"
                done(Job(job.name, [*job.args, "--seed", "8"]).command(before))
                total += killed_at_calls(job, place, whole, before)
    say(f"{total} kills; differences: 0")


if __name__ == "__main__":
    main()
