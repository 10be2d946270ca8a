"""What a run can tell beyond the steady gap: cold start, memory, threads and places; a report for each model.

python reports/whole.py [NAME ...]      default: all; writes reports/whole/NAME.jsonl, .json and .md
"""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).parent / "whole"
MODELS: Mapping[str, tuple[str, ...]] = {
    "resnet50": ("--cold", "--memory"),
    "mobilenetv2": ("--cold", "--memory", "--scaling"),
}
OPTIONS = {"jsonl": "--recording", "json": "--json", "md": "--markdown"}


def measured(name: str) -> None:
    """One run, in the folder that it is for: nothing in the recording says where that lies."""
    files = [word for kind, option in OPTIONS.items() for word in (option, f"{name}.{kind}")]
    command = [sys.executable, "-m", "gapprof", "explain", f"zoo:{name}", "--rungs", "main"]
    subprocess.run([*command, *MODELS[name], *files, "--quiet"], cwd=HERE, check=False, timeout=3600)


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    for model in sys.argv[1:] or MODELS:
        measured(model)
