"""How long gapprof takes before it does anything, over a bare Python start, interleaved.

python benchmarks/start_up.py
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 7
ZOO = Path(__file__).parent.parent / "reports" / "zoo"


def elapsed_s(arguments: list[str]) -> float:
    """Wall time of one fresh process."""
    began = time.monotonic()
    subprocess.run([sys.executable, *arguments], check=False, capture_output=True, timeout=120)
    return time.monotonic() - began


def main() -> None:
    """Medians over interleaved rounds, and ratios to the bare start within the same round."""
    commands = {
        "python -c pass": ["-c", "pass"],
        "gapprof --help": ["-m", "gapprof", "--help"],
        "gapprof explain (no such file)": ["-m", "gapprof", "explain", "no-such-file.onnx"],
    }
    recordings = sorted(ZOO.glob("*.jsonl"))
    if recordings:
        commands["gapprof analyze"] = ["-m", "gapprof", "analyze", str(recordings[0])]
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, arguments in commands.items():
            times[name].append(elapsed_s(arguments))
    bare = times["python -c pass"]
    for name, values in times.items():
        ratio = statistics.median(value / base for value, base in zip(values, bare, strict=True))
        print(f"{name:32s} {statistics.median(values) * 1e3:8.0f} ms   {ratio:6.1f}x a bare start")


if __name__ == "__main__":
    main()
