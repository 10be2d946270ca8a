"""What goes wrong beside a run of gapprof: four faults, each in visits of its own. Linux.

python faults.py        in the folder of that run, which records to recording.jsonl; until somebody ends it

Nothing in gapprof knows of it. It reads in the recording which rung is visited, and finds the processes of
that visit among those of the program that started it.
"""

import json
import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from faulty_page import ABORTS, HANGS, QUIET, deploy

from gapprof.measure.visits import ATTEMPTS, MOST_FAILURES

RECORDING = Path("recording.jsonl")
LOOK_S = 0.01
AT_WORK_S = 0.2
"""CPU time of a renderer that has begun with its page."""
ROOM_BYTES = 6 << 20
"""For some of what a worker has yet to load when onnxruntime is there, and for no session."""
Entry = dict[str, Any]


def starve(processes: Sequence[psutil.Process]) -> None:
    """A native worker that has loaded onnxruntime gets next to no memory from then on."""
    for process in processes:
        if "gapprof.native.worker" in process.cmdline():
            loaded = Path(f"/proc/{process.pid}/maps").read_text(encoding="utf-8", errors="replace")
            _, most = process.rlimit(psutil.RLIMIT_AS)
            if "onnxruntime_pybind11_state" in loaded and most == psutil.RLIM_INFINITY:
                most = process.memory_info().vms + ROOM_BYTES
                process.rlimit(psutil.RLIMIT_AS, (most, most))


def break_down(processes: Sequence[psutil.Process]) -> None:
    """Renderers that are at work end as by a fault of segmentation."""
    for process in processes:
        if "--type=renderer" in process.cmdline() and sum(process.cpu_times()[:2]) > AT_WORK_S:
            process.send_signal(signal.SIGSEGV)


def leave_to_the_page(_processes: Sequence[psutil.Process]) -> None:
    """Its script does it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is done to the visits of one rung in one round, until so many have failed."""

    round: int
    rung: str
    times: int = 1
    strike: Callable[[Sequence[psutil.Process]], None] = leave_to_the_page
    """Told again and again which processes there are."""
    page: str = QUIET
    """The script of the page as deployed, meanwhile."""


FAULTS = (
    # One thread and no ceiling: what is mapped when onnxruntime is there is nearly all.
    Fault(round=0, rung="native-extended", strike=starve),
    Fault(round=0, rung="web", page=ABORTS),
    Fault(round=1, rung="web-main", times=2, strike=break_down),
    Fault(round=2, rung="web", page=HANGS),
)


@dataclass(slots=True, kw_only=True)
class Watch:
    """The recording, as far as it has been read, and the page as it is deployed."""

    entries: list[Entry] = field(default_factory=list)
    script: str = QUIET
    _read_bytes: int = 0

    def look(self) -> None:
        """Read what came, and do what is due."""
        self._read()
        fault = due(self.entries)
        script = fault.page if fault else QUIET
        if script != self.script:
            deploy(Path(), script)
            self.script = script
        if fault is not None:
            with suppress(psutil.Error, OSError):  # one that has just ended
                fault.strike(psutil.Process(os.getppid()).children(recursive=True))

    def _read(self) -> None:
        """Whole lines."""
        if not RECORDING.exists() or RECORDING.stat().st_size == self._read_bytes:
            return
        with RECORDING.open("rb") as recording:
            recording.seek(self._read_bytes)
            lines, _, _ = recording.read().rpartition(b"\n")
        if lines:
            self._read_bytes += len(lines) + 1
            self.entries += (json.loads(line) for line in lines.split(b"\n"))


def due(entries: Sequence[Entry]) -> Fault | None:
    """The fault for the visit that goes on; None: nothing is to happen to it."""
    begun = [entry for entry in entries if entry["entry"] == "round"]
    if not begun:
        return None
    number = begun[-1]["round"]
    came: dict[str, list[Entry]] = {rung: [] for rung in begun[-1]["order"]}
    for one in entries:
        if one["entry"] in ("trial", "failure") and one["round"] == number:
            came[one["rung"]].append(one)
    visited = next((rung for rung, visits in came.items() if not is_over(visits)), None)
    for fault in FAULTS:
        if (fault.round, fault.rung) == (number, visited):
            failures = [one for one in came[fault.rung] if one["entry"] == "failure"]
            return fault if len(failures) < fault.times else None
    return None


def is_over(came: Sequence[Entry]) -> bool:
    """Whether a rung's visit is: with a trial that counts, as many failures as it may have, or its last
    attempt."""
    failures = [one for one in came if one["entry"] == "failure"]
    trials = [one for one in came if one["entry"] == "trial"]
    counts = any(not one["struck"] for one in trials)
    return counts or len(failures) >= MOST_FAILURES or any(one["attempt"] == ATTEMPTS - 1 for one in came)


def main() -> None:
    """Until somebody ends it."""
    watch = Watch()
    while True:
        watch.look()
        time.sleep(LOOK_S)


if __name__ == "__main__":
    main()
