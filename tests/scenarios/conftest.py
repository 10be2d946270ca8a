"""Benchmarks find their own parts here as well, as they do where they are run: beside themselves."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
