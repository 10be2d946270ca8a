"""One command per published table of kernels: recording and JSON side by side, and all of them on one page.

python reports/kernels.py mobilenetv2
"""

import subprocess
import sys
from pathlib import Path

import msgspec

from gapprof.records.surface import Surface
from gapprof.records.yardstick import Kernels
from gapprof.terminal.kernels import drawn

HERE = Path(__file__).parent
KERNELS = HERE / "kernels"
SURFACE = Surface(width=110, colour=False, unicode=True)
INTRODUCTION = """# Kernels: what onnxruntime-web takes, and what the same browser could do

Each table is one run of `gapprof kernels zoo:NAME`. The recording beside it holds every raw sample;
`gapprof kernels RECORDING` draws the same table from it. `python reports/kernels.py NAME` makes one anew.

Two predictions are held against the program that ran the whole model. *Predicted for onnxruntime-web* is what
the tables promise: its own run, copies and dispatch included, with our kernels wherever they beat its own.
*Predicted for the program* is the sum of our kernels, each timed by itself; the round that chose among them
is left out of it.

Tables that say so were recorded before a run of the program copied its inputs and outputs; then, too, tuning
was not limited to 30 s, and a table began with what earlier ones had tuned.

"""


def measure(name: str) -> None:
    """Run gapprof once on a zoo model, with a database of its own: its time for tuning is a first run's."""
    KERNELS.mkdir(exist_ok=True)
    stem = Path("reports") / "kernels" / name
    database = KERNELS / f"{name}.db"
    database.unlink(missing_ok=True)
    command = [sys.executable, "-m", "gapprof", "kernels", f"zoo:{name}", "--quiet"]
    outputs = ["--recording", f"{stem}.jsonl", "--json", f"{stem}.json", "--db", f"{stem}.db"]
    try:
        subprocess.run([*command, *outputs], check=True, timeout=3600, cwd=HERE.parent)
    finally:
        database.unlink(missing_ok=True)


def page() -> str:
    """All tables that are there."""
    parts = [INTRODUCTION]
    for file in sorted(KERNELS.glob("*.json")):
        found = msgspec.json.decode(file.read_bytes(), type=Kernels)
        machine = found.machine
        parts += [
            f"## {file.stem}\n\n",
            f"{machine.usable_cores} cores of {machine.cpu}, {machine.system} {machine.architecture}.\n\n",
            f"```\n{drawn(found, SURFACE)}```\n\n",
        ]
    return "".join(parts).rstrip("\n") + "\n"


if __name__ == "__main__":
    for wanted in sys.argv[1:]:
        measure(wanted)
    (KERNELS / "README.md").write_text(page(), encoding="utf-8")
