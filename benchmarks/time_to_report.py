"""Time to the first ranking and to the report, and what share of it is measured inference.

All times count from the command as it is typed: what Python, imports and the model's own optimisation take
before anything is measured is part of them, and a row of its own. The command has a terminal of its own, and
the first ranking is there when that terminal shows it.

python benchmarks/time_to_report.py [MODEL]
"""

import os
import pty
import select
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

from gapprof.records.codec import decode_recording
from gapprof.records.recording import Recording, RoundStarted
from gapprof.records.trial import Profile, Trace, Trial

_LOOK_S = 0.05
"""Between looks for the recording, before anything is timed."""
_RANKING = b"Provisional"
"""As the live view heads it."""


def inference_ms(trial: Trial) -> float:
    """Time inside timed runs; think time between paced requests is not inference."""
    return sum(trial.samples_ms) * trial.batch + sum(trial.requests_ms)


def rows(
    recording: Recording, *, start_up_s: float, ranking_s: float | None, wall_s: float
) -> list[tuple[str, str]]:
    """Figure and value, in the order in which they are read. `start_up_s`: until the recording began."""
    starts = [entry.at_s for entry in recording.of(RoundStarted)]
    timed_s = sum(inference_ms(trial) for trial in recording.of(Trial)) / 1e3
    warm_s = sum(sum(trial.warmup_ms) for trial in recording.of(Trial)) / 1e3
    visits: dict[str, list[float]] = defaultdict(list)
    for trial in recording.of(Trial):
        visits[trial.rung].append(trial.ended_s - trial.started_s)
    passes: list[Profile | Trace] = [*recording.of(Profile), *recording.of(Trace)]
    passes_s = sum(one.ended_s - one.started_s for one in passes)
    preflight_s = starts[0] if starts else wall_s - start_up_s
    return [
        ("start-up", f"{start_up_s:.1f} s"),
        ("preflight", f"{preflight_s:.1f} s"),
        ("first ranking on the screen", "never" if ranking_s is None else f"{ranking_s:.1f} s"),
        ("report after", f"{wall_s:.1f} s"),
        ("rounds", str(len(starts))),
        ("in timed inference", f"{timed_s / wall_s:.1%} of the wall time"),
        ("in warm-up (kept runs)", f"{warm_s / wall_s:.1%}"),
        ("in profile and trace passes", f"{passes_s / wall_s:.1%}"),
        *((f"one visit of {rung}", f"{sum(s) / len(s):.2f} s") for rung, s in sorted(visits.items())),
    ]


def _watched(screen: int, recording: Path, began: float) -> tuple[float, float | None]:
    """When the recording began and when a ranking was first on the screen, s; it ends with the command."""
    start_up_s, ranking_s, shown = None, None, b""
    with suppress(OSError):  # nobody has that terminal any longer
        while True:
            wait_s = None if start_up_s is not None else _LOOK_S
            drawn = os.read(screen, 1 << 16) if select.select([screen], [], [], wait_s)[0] else None
            if drawn == b"":
                break
            now_s = time.monotonic() - began
            if start_up_s is None and recording.exists():
                start_up_s = now_s
            shown = (shown + (drawn or b""))[-(1 << 17) :]
            if ranking_s is None and _RANKING in shown:
                ranking_s = now_s
    return time.monotonic() - began if start_up_s is None else start_up_s, ranking_s


def main() -> None:
    """Run `gapprof explain` once and read its recording."""
    model = sys.argv[1] if len(sys.argv) > 1 else "zoo:mobilenetv2"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recording.jsonl"
        command = [sys.executable, "-m", "gapprof", "explain", model, "--recording", str(path)]
        began = time.monotonic()
        ours, theirs = pty.openpty()
        with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs) as run:
            os.close(theirs)
            start_up_s, ranking_s = _watched(ours, path, began)
            run.wait(timeout=1800)
        os.close(ours)
        wall_s = time.monotonic() - began
        recording = decode_recording(path.read_bytes().splitlines(keepends=True), source=str(path))
    print(model)
    for figure, value in rows(recording, start_up_s=start_up_s, ranking_s=ranking_s, wall_s=wall_s):
        print(f"  {figure:34s} {value}")


if __name__ == "__main__":
    main()
