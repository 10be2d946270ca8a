"""`gapprof` as it is typed, but of few rounds: `python -m tests.live.in_few_rounds qoe MODEL`."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from gapprof.cli import main
from tests.live.rounds import ROUNDS, few_rounds, pared_down

GAPPROF = (sys.executable, "-m", "tests.live.in_few_rounds")
HOW_MANY = "ROUNDS_OF_A_TEST"
"""Variable of the environment."""


def surroundings(**more: str) -> Mapping[str, str]:
    """In which that is found from any folder."""
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **more}


if __name__ == "__main__":
    with few_rounds(int(os.environ.get(HOW_MANY, ROUNDS))), pared_down():
        main()
