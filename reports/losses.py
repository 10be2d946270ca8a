"""Losses of the engine and of the library, planted, and what gapprof charges them to; five minutes.

python reports/losses.py          writes reports/losses/: what was measured, the figures, and the table
python reports/losses.py table    figures and table of what is there; it measures nothing

The measuring is that of benchmarks/planted_losses.py, which says how.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from gapprof.records.estimate import Estimate
from gapprof.text.numbers import factor_with_interval

HERE = Path(__file__).parent / "losses"
BENCHMARK = Path(__file__).parents[1] / "benchmarks" / "planted_losses.py"
INTRODUCTION = """# Planted losses of the engine and of the library

*Directly*: an A/B of the one thing that is planted, on the browser's side, in the same rounds. *Charged*:
what reports without it and with it say of the cause that it belongs to, and of others. Rightly: that cause is
larger by as much as the A/B says, within 10 %, and no other one is by more than 10 % or half of that.

* A library whose only kernel is a matrix product of ours: its tile needs more vectors at once than V8 has
  registers, or it fits. Natively both tiles are as fast, and twins have the one that fits.
* A model with products of bytes on onnxruntime-web 1.18 and on today's; the common graph, one thread.
* Layer norms in nine steps, which native fuses, on a page that switches the optimiser off, and on a page that
  does not.

`python reports/losses.py` makes this anew.

| planted | directly | | charged | without | with |
| :-- | --: | :-- | :-- | --: | --: |"""


class Charged(Struct, frozen=True, kw_only=True):
    """A cause, or a part of one."""

    name: str
    planted: Estimate | None
    without: Estimate | None


class Row(Struct, frozen=True, kw_only=True):
    """Of a loss's figures, what the table shows."""

    what: str
    direct: Estimate
    where: Charged
    elsewhere: tuple[Charged, ...]
    outcome: Literal["rightly", "wrongly", "undecided"]


def table() -> Iterator[str]:
    """Of what was published."""
    yield INTRODUCTION
    for row in msgspec.json.decode((HERE / "losses.json").read_bytes(), type=tuple[Row, ...]):
        yield _line(row.what, factor_with_interval(row.direct), f"charged {row.outcome}", row.where)
        for other in row.elsewhere:
            yield _line("", "", "", other)


def _line(what: str, direct: str, outcome: str, charged: Charged) -> str:
    cells = what, direct, outcome, charged.name, _cell(charged.without), _cell(charged.planted)
    return f"| {' | '.join(cells)} |"


def _cell(one: Estimate | None) -> str:
    return factor_with_interval(one) if one else "–"


def main() -> None:
    """Measure, then the table."""
    again = ["again"] if sys.argv[1:] == ["table"] else []
    subprocess.run([sys.executable, str(BENCHMARK), str(HERE), *again], check=True, timeout=3600)
    (HERE / "README.md").write_text("\n".join(table()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
