#!/usr/bin/env python3
"""Signals, full disks, limits on files, directories that cannot be written, locks, two processes:
one line says what is wrong, and what is done again gives the same bytes.

    tests/tough/disks.py [PROGRAM]

As root also full disks of every size (a small tmpfs), a read-only mount, another user.
"""

import fcntl
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from jobs import PROGRAM, Job, compare, done, files, fresh, is_root, jobs, refused, run, say

QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}


def signals(job, place, whole):
    """SIGTERM, SIGHUP and SIGINT end with status 130; the same command then finishes."""
    count = 0
    for name in ("SIGTERM", "SIGHUP", "SIGINT"):
        for wait in range(6):
            out = fresh(place / "out")
            child = subprocess.Popen(job.command(out), **QUIET)
            time.sleep(0.02 * (wait + 1) * (3 if job.name == "explore" else 1))
            child.send_signal(getattr(signal, name))
            said = child.communicate()[1]
            # Before handlers are there, a signal ends the program as it ends any other.
            ended = [0, 130, -getattr(signal, name)]
            if child.returncode not in ended or "panicked" in said:
                raise SystemExit(f"{job.name}: {name}: {child.returncode}: {said}")
            count += child.returncode != 0
            done(job.command(out, out.exists()), f"{job.name} after {name}")
            compare(out, whole, f"{job.name} after {name}")
    say(f"{job.name}: {count} interruptions by SIGTERM, SIGHUP, SIGINT: same bytes")


def nohup(job, place, whole):
    """Under nohup a hang-up is nothing."""
    out = fresh(place / "out")
    child = subprocess.Popen(["nohup", *job.command(out)], stdin=subprocess.DEVNULL, **QUIET)
    for _ in range(20):
        if child.poll() is None:
            child.send_signal(signal.SIGHUP)
        time.sleep(0.01)
    said = child.communicate()[1]
    if child.returncode != 0:
        # The first of them may come before nohup asks to ignore it.
        if child.returncode != -signal.SIGHUP:
            raise SystemExit(f"{job.name}: nohup: {child.returncode}: {said}")
        return nohup(job, place, whole)
    compare(out, whole, f"{job.name} under nohup")
    return say(f"{job.name}: hang-ups under nohup: same bytes")


def limits(job, place, whole):
    """No file may be longer than so many blocks: refused in a line, or killed by the system."""
    largest = max(len(content) for content in files(whole).values())
    sizes = [1, 2, 4, 8, 16, 32, 64, 128, 256]
    count = 0
    for blocks in [size for size in sizes if size * 512 < largest]:
        for trap in ("trap '' XFSZ;", ""):
            out = fresh(place / "out")
            script = f"{trap} ulimit -f {blocks}; exec \"$@\""
            result = run(["sh", "-c", script, "sh", *job.command(out)])
            if trap:
                refused(result, f"{job.name}, {blocks} blocks")
            elif result.returncode != -signal.SIGXFSZ:
                raise SystemExit(f"{job.name}: {blocks} blocks: {result.returncode}")
            count += 1
            done(job.command(out, out.exists()), f"{job.name} after {blocks} blocks")
            compare(out, whole, f"{job.name} after {blocks} blocks")
    say(f"{job.name}: {count} limits on the length of a file: one line, then same bytes")


def full_disks(job, place, whole):
    """A disk of every size up to what is needed; then it grows."""
    disk = place / "disk"
    disk.mkdir()
    count = 0
    for size in range(8, 4096, 8):
        done(["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", str(disk)])
        try:
            out = disk / "out"
            result = run(job.command(out))
            if result.returncode == 0:
                break
            refused(result, f"{job.name}, {size} kB")
            if "space" not in result.stderr:
                raise SystemExit(f"{job.name}, {size} kB: {result.stderr}")
            if job.name == "check" and (out / "run.json").exists():
                shown = run([PROGRAM, "report", str(out)])
                if shown.returncode not in (0, 2) or "edited" in shown.stderr:
                    raise SystemExit(f"{size} kB: report: {shown.stderr}")
            done(["mount", "-o", "remount,size=64m", str(disk)])
            done(job.command(out, out.exists()), f"{job.name} after {size} kB")
            compare(out, whole, f"{job.name} after {size} kB")
            count += 1
        finally:
            done(["umount", str(disk)])
    disk.rmdir()
    say(f"{job.name}: {count} full disks, each 8 kB larger: one line, then same bytes")


def full_over(job, place, whole):
    """Where a run is there, it is there after a full disk, whole."""
    disk = place / "disk"
    disk.mkdir()
    other = Job(job.name, [*job.args, "--seed", "8"], job.over)
    count = 0
    for more in range(4, 4096, 12):
        done(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(disk)])
        try:
            out = disk / "out"
            shutil.copytree(whole, out)
            used = int(run(["df", "--output=used", "-k", str(disk)]).stdout.split()[-1])
            done(["mount", "-o", f"remount,size={used + more}k", str(disk)])
            result = run(other.command(out, True))
            if result.returncode == 0:
                break
            refused(result, f"{job.name} over another, {more} kB more")
            compare(out, whole, f"{job.name} over another, {more} kB more")
            count += 1
        finally:
            done(["umount", str(disk)])
    disk.rmdir()
    say(f"{job.name} over another: {count} full disks: the other is there, whole")


def read_only(job, place):
    """A mount that is read-only, and a directory of another user."""
    out = fresh(place / "out")
    out.mkdir()
    done(["mount", "--bind", str(out), str(out)])
    done(["mount", "-o", "remount,bind,ro", str(out)])
    try:
        refused(run(job.command(out)), f"{job.name}, read-only")
        refused(run(job.command(out / "new")), f"{job.name}, below read-only")
    finally:
        done(["umount", str(out)])
    place.chmod(0o755)
    user = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    refused(run([*user, *job.command(out)]), f"{job.name}, of another user")
    if list(out.iterdir()):
        raise SystemExit(f"{job.name}: something was written where nothing may be")
    say(f"{job.name}: read-only and foreign directories: one line, nothing written")


def locks(job, place, whole):
    """The lock of a process that is there is respected; what another left behind is nothing."""
    out = fresh(place / "out")
    out.mkdir()
    # Left by a process that is dead.
    (out / ".relubound.lock").write_text("1\n")
    done(job.command(out), f"{job.name} with a stale lock")
    (out / ".relubound.lock").write_text("")
    compare(out, whole, f"{job.name} with a stale lock")
    out = fresh(place / "out")
    out.mkdir()
    with open(out / ".relubound.lock", "w", encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        started = time.monotonic()
        result = run(job.command(out))
        refused(result, f"{job.name}, locked")
        waited = time.monotonic() - started
        if waited < 4 or "another process" not in result.stderr or len(files(out)) > 1:
            raise SystemExit(f"{job.name}, locked: {waited} s, {result.stderr}")
    done(job.command(out), f"{job.name}, unlocked")
    compare(out, whole, f"{job.name}, unlocked")
    say(f"{job.name}: a live lock is respected, a dead one is nothing")


def two(job, place, whole, tries=20):
    """Two processes at once: one of them is done, the other is done or refused."""
    for at in range(tries):
        out = fresh(place / "out")
        first = subprocess.Popen(job.command(out), **QUIET)
        time.sleep(0.005 * (at % 8))
        both = [first, subprocess.Popen(job.command(out), **QUIET)]
        said = [child.communicate()[1] for child in both]
        ended = [child.returncode for child in both]
        if 0 not in ended or not set(ended) <= {0, 2}:
            raise SystemExit(f"{job.name}, two at once: {ended} {said}")
        compare(out, whole, f"{job.name}, two at once")
    say(f"{job.name}: {tries} pairs at once: same bytes")


def synced(job, place):
    """Every file is on the disk before it takes a name, and the name after (by strace)."""
    log = place / "log"
    out = fresh(place / "out")
    calls = "openat,rename,renameat,renameat2,fsync,fdatasync,close"
    done(["strace", "-f", "-y", "-qq", "-o", str(log), "-e", f"trace={calls}", *job.command(out)])
    clean, renamed, unsettled = set(), 0, set()
    for line in log.read_text(encoding="utf-8").splitlines():
        sync = re.search(r" (?:fsync|fdatasync)\(\d+<([^>]*)>\)\s+= 0", line)
        if sync:
            clean.add(sync[1])
            unsettled.discard(sync[1])
        move = re.search(r' rename\w*\((.*)\)\s+= 0', line)
        if move:
            source, target = re.findall(r'"([^"]*)"', move[1])[:2]
            if source not in clean:
                raise SystemExit(f"{job.name}: {source} became {target} before it was on the disk")
            clean.discard(source)
            unsettled.add(str(Path(target).parent))
            renamed += 1
    if unsettled or renamed == 0:
        raise SystemExit(f"{job.name}: names that may not be on the disk in {unsettled}")
    say(f"{job.name}: {renamed} files were on the disk before their names, and those after")


def main():
    with tempfile.TemporaryDirectory(prefix="tough-") as place:
        place = Path(place)
        for job in jobs(place):
            whole = place / f"whole-{job.name}"
            done(job.command(whole))
            signals(job, place, whole)
            nohup(job, place, whole)
            limits(job, place, whole)
            locks(job, place, whole)
            if not job.over:
                two(job, place, whole)
            if shutil.which("strace"):
                synced(job, place)
            if is_root():
                read_only(job, place)
                full_disks(job, place, whole)
                if job.over:
                    full_over(job, place, whole)
    say("differences: 0" if is_root() else "differences: 0 (not root: no full disks)")


if __name__ == "__main__":
    main()
