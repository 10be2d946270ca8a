"""Which wasm each rung was served, held against the others': what was silently another one. Pure."""

from collections.abc import Iterator, Mapping

from gapprof.records.environment import Setting
from gapprof.records.trial import Seen, Trial
from gapprof.text.names import harmless

_NAME = 80
_Rungs = Mapping[str, tuple[Setting, list[Trial]]]


def served_apart(rungs: _Rungs) -> Iterator[tuple[str, str]]:
    """Yields (rung, what is wrong with it).

    Until 1.18 onnxruntime-web has one file for a single thread and another for several, and takes the one
    that it needs: these two may differ. Rungs of as many threads have the same file, a name stands for one
    file, and either file has SIMD or neither has.
    """
    of_threads: dict[bool, Seen] = {}
    by_name: dict[str | None, Seen] = {}
    first: Seen | None = None
    for rung, seen in _each(rungs):
        threaded, first = seen.threads > 1, first or seen
        alike, named = of_threads.setdefault(threaded, seen), by_name.setdefault(seen.wasm_file, seen)
        if seen.wasm_sha256 != alike.wasm_sha256:
            yield rung, "it was served another wasm file than the other rungs"
        elif seen.wasm_sha256 != named.wasm_sha256:
            name = f"as {harmless(seen.wasm_file, _NAME)} " if seen.wasm_file else ""
            other = "with one thread" if threaded else "with more threads"
            yield rung, f"{name}it was served another wasm file than the rungs {other}"
        elif None not in (seen.wasm_simd, first.wasm_simd) and seen.wasm_simd != first.wasm_simd:
            has, other = ("SIMD", "none") if seen.wasm_simd else ("no SIMD", "SIMD")
            yield rung, f"the wasm file that it was served has {has}, that of other rungs {other}"


def served_alike(rungs: _Rungs) -> str:
    """What is so where nothing is apart, with the name of a file that is there for threads alone."""
    names: dict[bool, str] = {}
    digests: set[str | None] = set()
    for _, seen in _each(rungs):
        names.setdefault(seen.threads > 1, harmless(seen.wasm_file or "unnamed", _NAME))
        digests.add(seen.wasm_sha256)
    if len(digests) < 2 or len(names) < 2:
        return "every rung of the browser ran the same wasm"
    return f"every rung of the browser ran one build's wasm: {names[False]}, and with threads {names[True]}"


def reads_wasm(_: Setting, trials: list[Trial]) -> bool:
    """Whether any of them says which file it was served."""
    return any(trial.seen.wasm_sha256 for trial in trials)


def _each(rungs: _Rungs) -> Iterator[tuple[str, Seen]]:
    """Every trial of the build under test that says what it was served; what it saw is told once a file."""
    for rung, (step, trials) in rungs.items():
        if step.build != "served" or step.backend == "native":
            continue
        found = {(t.seen.wasm_sha256, t.seen.threads): t.seen for t in trials if t.seen.wasm_sha256}
        yield from ((rung, seen) for seen in found.values())
