"""Losses of the engine and of the library, planted one by one, and what they are charged to.

python benchmarks/planted_losses.py [FOLDER [ROUNDS]]     default: kept in no folder; 6 rounds,
                                                          and up to twice as many until the A/Bs are clear
python benchmarks/planted_losses.py FOLDER again          the figures anew; measures nothing

1. A library whose one kernel has a tile that does not fit V8's registers, against a tile that does: a part of
   `runtime`.
2. Kernels of onnxruntime-web 1.18 against those of today, for a model with products of bytes: `library`.
3. Layer norms in nine steps that native fuses, in a page that switches the optimiser off, against a page that
   does not: the graph's part of `library`.

Each has a direct A/B in the same rounds, of that one thing on one side; that of the tile is a difference of
two sides, both of which are printed. Rightly: the cause is larger by as much as the A/B says, within 10 %,
and no other one is by more than 10 % or half of that; otherwise it ends with 1. Where an A/B does not tell
what was planted, the measurement failed: it says so and ends with 2. FOLDER gets what was measured
(tiles.json, variants.jsonl) and the figures (losses.json).
"""

import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
from lost import variants
from lost.charged import Charged, Loss, Outcome, loss
from lost.one_kernel import recording_of
from lost.spilling import Measured, measured
from lost.two_sides import FITS, SPILLS, by_side, directly

from gapprof.explain.report import build
from gapprof.facts.estimates import factor_of
from gapprof.recordings import read_run
from gapprof.records.estimate import Estimate
from gapprof.records.recording import Recording
from gapprof.text.numbers import factor_with_interval

ROUNDS = 6
TILES, VARIANTS, LOSSES = "tiles.json", "variants.jsonl", "losses.json"
_VERDICTS: Mapping[Outcome, str] = {
    "rightly": "rightly",
    "wrongly": "WRONGLY",
    "undecided": "THE MEASUREMENT FAILED, its A/B does not tell what was planted: measure again",
}


def losses(tiles: Measured, found: Recording) -> tuple[Loss, ...]:
    """All three."""
    library = {tile: build(recording_of(tiles, tile)) for tile in (FITS, SPILLS)}
    return (
        loss(
            "spilling-tile",
            "a tile that does not fit the engine's registers",
            factor_of(directly(tiles.rounds)),
            planted=library[SPILLS],
            without=library[FITS],
            where="runtime/register-pressure",
            elsewhere=("runtime/engine", "library", "simd"),
            sides={side: factor_of(times) for side, times in by_side(tiles.rounds).items()},
        ),
        _of_variants(
            "old-kernels",
            "kernels of onnxruntime-web 1.18",
            found,
            variants.KERNELS_PAIR,
            where="library",
            elsewhere=("runtime", "simd"),
        ),
        _of_variants(
            "undone-fusions",
            "layer norms that nobody fuses",
            found,
            variants.FUSIONS_PAIR,
            where="library/graph",
            elsewhere=("library/kernels", "runtime", "simd"),
        ),
    )


def _of_variants(
    name: str,
    what: str,
    found: Recording,
    pair: tuple[str, variants.Variant, variants.Variant],
    *,
    where: str,
    elsewhere: Sequence[str],
) -> Loss:
    """`pair`: the rung that the plant is at, and the variants with it and without it."""
    planted, without = (build(variants.recording_of(found, one)) for one in pair[1:])
    direct = factor_of(variants.directly(found, *pair))
    return loss(name, what, direct, planted=planted, without=without, where=where, elsewhere=elsewhere)


def told(one: Loss) -> str:
    """One line."""
    charged = "; ".join(_both(other) for other in (one.where, *one.elsewhere))
    sides = ", ".join(f"{side} {factor_with_interval(times)}" for side, times in one.sides.items())
    directly = factor_with_interval(one.direct) + (f" ({sides})" if sides else "")
    return f"{one.what}: directly {directly}; {charged}: {_VERDICTS[one.outcome]}"


def exit_code(found: Iterable[Loss]) -> int:
    """1 where one was charged wrongly, and otherwise 2 where nobody knows."""
    outcomes = {one.outcome for one in found}
    return 1 if "wrongly" in outcomes else 2 * ("undecided" in outcomes)


def _both(one: Charged) -> str:
    return f"{one.name} {_words(one.without)} -> {_words(one.planted)}"


def _words(one: Estimate | None) -> str:
    return "nothing" if one is None else factor_with_interval(one)


def main() -> None:
    """One line per loss."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else scratch)
        folder.mkdir(parents=True, exist_ok=True)
        if sys.argv[2:] != ["again"]:
            _measure(folder, Path(scratch), rounds=int(sys.argv[2]) if len(sys.argv) > 2 else ROUNDS)
        tiles = msgspec.json.decode((folder / TILES).read_bytes(), type=Measured)
        found = losses(tiles, read_run(folder / VARIANTS))
        data = msgspec.json.format(msgspec.json.encode(found, order="deterministic"), indent=1)
        (folder / LOSSES).write_bytes(data + b"\n")
        for one in found:
            print(told(one))
    sys.exit(exit_code(found))


def _measure(folder: Path, scratch: Path, *, rounds: int) -> None:
    for name in ("tiles", "variants"):
        (scratch / name).mkdir()
    tiles = measured(scratch / "tiles", fewest=rounds, most=2 * rounds)
    (folder / TILES).write_bytes(msgspec.json.encode(tiles, order="deterministic"))
    variants.visited(scratch / "variants", fewest=rounds, most=2 * rounds)
    (folder / VARIANTS).write_bytes((scratch / "variants" / "run.jsonl").read_bytes())


if __name__ == "__main__":
    main()
