"""A second run of three models, by the command that made the reports beside the independent script: two to
three minutes each.

python reports/repeat.py [MODEL ...]    default: all three; writes reports/repeat/MODEL.jsonl and the page
python reports/repeat.py page           the page alone, of what is there; it measures nothing

The first runs are those of `python reports/independent.py`, on the same machine.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from places import forget_places

from gapprof.recordings import read_run

HERE = Path(__file__).parent / "repeat"
FIRST = Path(__file__).parent / "independent"
BENCHMARK = Path(__file__).parents[1] / "benchmarks" / "repeat_runs.py"
MODELS = ("mobilenetv2", "resnet20", "bert-small")
PAGE = "page"
INTRODUCTION = """# Two runs of one model

The first run of each is the one [beside the independent script](../independent/README.md), the second lies
here: one command, one machine, one after the other. Each factor of both, how far it moved, and how far the
99.9 % interval of that difference lets it; a test wants all of them within. Below each pair stands which
factors would have been seen to move, had one become half as large again: an interval that lets more pass says
nothing of its factor. There is one second run of each, made in one go. `python reports/repeat.py` measures
them anew.
"""


def command(name: str) -> tuple[str, ...]:
    """That of the first run, but for where the recording goes."""
    *first, _ = read_run(FIRST / f"{name}.jsonl").begin.argv
    return (*first, f"reports/repeat/{name}.jsonl")


def compared(name: str) -> str:
    """As benchmarks/repeat_runs.py tells it."""
    pair = [str(folder / f"{name}.jsonl") for folder in (FIRST, HERE)]
    told = subprocess.run(
        [sys.executable, str(BENCHMARK), *pair], check=True, capture_output=True, text=True, timeout=300
    )
    return told.stdout


def page() -> Iterator[str]:
    """All pairs that are there."""
    yield INTRODUCTION
    yield from (f"```\n{compared(name)}```\n" for name in MODELS if (HERE / f"{name}.jsonl").is_file())


def main() -> None:
    """Measure what was named, or all; then the page."""
    HERE.mkdir(exist_ok=True)
    for name in sys.argv[1:] or MODELS:
        if name != PAGE:
            sys.stderr.write(f"{name}: gapprof explain\n")
            again = [sys.executable, "-m", *command(name)]
            done = subprocess.run(
                again, cwd=HERE.parents[1], check=False, stdout=subprocess.DEVNULL, timeout=1800
            )
            if not (HERE / f"{name}.jsonl").is_file():
                sys.exit(f"{name}: gapprof ended with {done.returncode} and wrote no recording")
            forget_places(HERE / f"{name}.jsonl")
    (HERE / "README.md").write_text("\n".join(page()), encoding="utf-8")


if __name__ == "__main__":
    main()
