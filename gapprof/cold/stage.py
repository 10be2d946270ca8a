"""The stage that `--cold` adds: starts in fresh browsers and fresh native processes, in turn."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from msgspec.structs import replace

from gapprof import assets
from gapprof.backends.native import NativeBackend
from gapprof.browser.visit import Equipment
from gapprof.cold.natively import Natively, loaded_files, started
from gapprof.cold.visits import Starting
from gapprof.gpu.graphics import here
from gapprof.guard import Guard
from gapprof.measure.extra import Beyond, Extra, noting, rounds_for
from gapprof.measure.quiet import struck_by, until_quiet
from gapprof.measure.visits import Patience
from gapprof.records.cold import NATIVE_CACHES, Creations, Start
from gapprof.records.settings import Settings
from gapprof.records.subject import NativeRefusal
from gapprof.records.trial import Failure, Load

ROUNDS = 4
TRACED = 1
"""Of the rounds, and never of all: what is compiled is the same each time."""
REPEATS_SHARE = 0.5
"""Of the budget, for repeating visits that other programs disturbed."""
_DEPLOYED, _NATIVE = "web", "native"
_MOST_FAILURES = 2
"""Of one kind: one may be bad luck."""
Found = tuple[Start | Creations, ...] | Failure | NativeRefusal


def starting(settings: Settings, *, guard: Guard, scratch: Path, rounds: int | None = None) -> Extra:
    """Bound to one run of this machine; without a number of rounds, as many as the budget is for."""

    wanted = rounds_for(settings.budget_s, ROUNDS) if rounds is None else rounds
    return noting("--cold", lambda beyond: _told(settings, guard, scratch, beyond, wanted))


def _told(settings: Settings, guard: Guard, scratch: Path, beyond: Beyond, rounds: int) -> None:
    journal, teller = beyond.journal, beyond.teller
    executable = assets.find_browser(settings.browser)
    equipment = Equipment(
        executable=executable,
        probes=assets.probes_web(),
        guard=guard,
        graphics=here(executable).browser_args,
    )
    browser = Starting(equipment=equipment, dist=assets.web_dist(settings.web_dist), now_s=journal.now_s)

    loaded: list[Path] = []
    native = _native_side(beyond)

    def natively(number: int) -> Found:
        job = beyond.job(_NATIVE, number, seed=settings.seed)
        if not loaded:
            read = loaded_files(job, scratch=scratch, natively=native)
            if isinstance(read, NativeRefusal):
                return read
            loaded.extend(read)
        found: list[Start | Creations] = []
        for cache in NATIVE_CACHES:
            one = started(
                job, cache=cache, loaded=loaded, scratch=scratch, now_s=journal.now_s, natively=native
            )
            if isinstance(one, NativeRefusal):
                return one
            found += one
        return tuple(found)

    def in_browser(number: int) -> Found:
        return browser.started(beyond.job(_DEPLOYED, number, seed=settings.seed))

    def traced(number: int) -> Found:
        return browser.traced(beyond.job(_DEPLOYED, number, seed=settings.seed))

    def kept(found: Found, again: bool) -> None:
        if not isinstance(found, Failure | NativeRefusal):
            for entry in found:
                journal.write(_struck(entry, again))

    order, first = np.random.default_rng(settings.seed), beyond.next_round()
    failures: Counter[str] = Counter()
    patience = Patience(REPEATS_SHARE * settings.budget_s)
    alone = settings.backend == "webgpu" and beyond.step(_NATIVE).refusal
    sides = [in_browser] if alone else [natively, in_browser]
    for number in range(rounds):
        kinds: list[Callable[[int], Found]] = [*sides]
        kinds += [traced] if number < min(TRACED, rounds - 1) else []
        for place in order.permutation(len(kinds)):
            kind = kinds[place]
            if failures[kind.__name__] >= _MOST_FAILURES:
                continue
            teller.tell("cold", "starting from nothing", round_number=number, planned=rounds)
            visit = partial(_tried, kind, first + number)
            found = until_quiet(visit, _loads, patience=patience, keep=kept)
            if isinstance(found, Failure | NativeRefusal):
                failures[kind.__name__] += 1
                journal.note("report", f"--cold: a start failed: {found.message}")
    teller.tell("cold", "started", completed=True)


def _native_side(beyond: Beyond) -> Natively:
    """The onnxruntime that the native rung runs in."""
    backend, setting = beyond.backends.get(_NATIVE), beyond.step(_NATIVE).setting
    if setting is None or not isinstance(backend, NativeBackend):
        return Natively()
    return Natively(
        interpreter=backend.interpreter,
        variables=backend.variables,
        provider=backend.provider_of(setting),
    )


def _tried(kind: Callable[[int], Found], number: int, attempt: int) -> Found:
    found = kind(number)
    if isinstance(found, Failure | NativeRefusal):
        return found
    return tuple(replace(one, attempt=attempt) if isinstance(one, Start) else one for one in found)


def _struck(entry: Start | Creations, again: bool) -> Start | Creations:
    return replace(entry, struck=struck_by(entry.load, again)) if isinstance(entry, Start) else entry


def _loads(found: Found) -> Sequence[Load]:
    if isinstance(found, Failure | NativeRefusal):
        return ()
    return [one.load for one in found if isinstance(one, Start)]
