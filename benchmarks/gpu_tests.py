"""How long the GPU's tests take as `make test` runs them, beside what they may.

python benchmarks/gpu_tests.py
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
MOST_S = 180.0
LIVE = ("webgpu", "webgl")
"""Whole runs on a GPU; in browsers each file that has it in its name is the GPU's."""
AS_MAKE_TEST_DOES = ("-m", "not long", "-n", "3", "--dist", "loadfile", "--no-loadscope-reorder", "-q")


def files() -> Iterator[str]:
    """From the root."""
    for path in sorted((ROOT / "tests" / "browser").glob("test_gpu_*.py")):
        yield str(path.relative_to(ROOT))
    for name in LIVE:
        yield f"tests/live/test_{name}.py"


def told(took_s: float) -> str:
    """Its last line."""
    verdict = "within" if took_s <= MOST_S else "BEYOND"
    return f"the GPU's tests, three files at a time: {took_s:.0f} s, at most {MOST_S:.0f}: {verdict}"


def exit_code(took_s: float, tests: int) -> int:
    """The tests' own, and 1 where they passed and took longer than they may."""
    return tests or int(took_s > MOST_S)


def main() -> None:
    """Run them."""
    began = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *AS_MAKE_TEST_DOES, *files()],
        cwd=ROOT,
        check=False,
        timeout=1800,
    )
    took_s = time.monotonic() - began
    print(told(took_s))
    sys.exit(exit_code(took_s, ended.returncode))


if __name__ == "__main__":
    main()
