"""A library of one kernel whose loss is known: in real Chromium, and the same loop as native code.

The kernel is the product that twins are made of, with a tile that fits V8's registers or one that does not.
Native code of both is alike, as LLVM folds what does not fit into its instructions. So a library that has the
second tile loses what the engine loses by it, and nothing that other kernels would win back.

Everything is measured: the kernel where a profile has the library's node, the twin beside it, and calls of
the kernel replayed on both sides.
"""

import platform
from pathlib import Path

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from gapprof import assets, rungs
from gapprof.browser.visit import Equipment
from gapprof.facts.estimates import factor_of
from gapprof.facts.profiles import WEB
from gapprof.facts.twins import AVX, WASM
from gapprof.guard import Guard
from gapprof.kernels.families.gemm import Gemm, gemm
from gapprof.kernels.family import Tile
from gapprof.kernels.llvm.target import known_machine
from gapprof.kernels.machine import WASM as MACHINE
from gapprof.kernels.wasm.module import module
from gapprof.measure.beginning import begun
from gapprof.measure.journal import Journal, open_journal
from gapprof.measure.lock import sole_measurer
from gapprof.measure.machine import machine_facts
from gapprof.measure.resolve import resolve
from gapprof.records.environment import Setting
from gapprof.records.job import Job, Pace
from gapprof.records.model import ModelFacts
from gapprof.records.recording import Begin
from gapprof.records.settings import Settings
from gapprof.records.transplant import TransplantTrial
from gapprof.transplant.bench import Bench
from gapprof.transplant.native_case import target_for
from gapprof.transplant.native_text import transplant
from gapprof.transplant.pressure import VECTOR_REGISTERS, vectors_at_once
from gapprof.transplant.recorded import Calls, kept
from gapprof.transplant.rows import row_of
from gapprof.transplant.web_side import Page as ReplayPage
from gapprof.wasm.encode import name, unsigned, vector
from gapprof.wasm.module import IMPORT, Module, parsed, replaced
from gapprof.yardstick import native_side
from gapprof.yardstick.buffers import Memory, memory_for
from gapprof.yardstick.shapes import key_of
from gapprof.yardstick.web_side import Candidate, Page
from gapprof.yardstick.wish import NATIVE_TIMING, TIMING, Wanted, need_of
from lost.charged import known
from lost.two_sides import FITS, SPILLS, Round, directly

REGISTERS = VECTOR_REGISTERS.get(known_machine(platform.machine()), 0)
"""That V8 gives out here; 0: nobody counted them."""
SHAPE = Gemm(rows=120, depth=256, columns=256, packed=False)
TILES = {FITS: Tile(5, 2, 2, 256), SPILLS: Tile(6, 2, 2, 256)}
FUNCTIONS = {tile: number for number, tile in enumerate(TILES)}
FILE = "library.wasm"
SETTINGS = Settings(threads=1, where="worker", twins=True, transplant=True)
PACE = Pace(
    warmup_ms=50.0, warmup_runs=1, batch=1, samples=5, requests=20, think_ms=(1.0, 2.0), deadline_s=60.0
)
_IMAGE_BYTES = 1 << 20
_PLACES = (1 << 16, 3 << 16, 7 << 16)
"""Of A, B and C in memory."""
_MOST_PAGES = 1024
_DEADLINE_S = 120.0
_SAMPLES = 15
_IN_PAGE = replace(TIMING, samples=_SAMPLES)
_NATIVELY = replace(NATIVE_TIMING, samples=_SAMPLES)


class Measured(Struct, frozen=True, kw_only=True):
    """All rounds."""

    begin: Begin
    rounds: tuple[Round, ...]
    replays: tuple[TransplantTrial, ...]
    """Of both tiles, in the same rounds."""
    target: str
    """Of the native code of those."""
    vectors: dict[str, int]
    """Tile → how many its loop keeps alive at once."""
    browser: str


def measured(folder: Path, *, fewest: int, most: int) -> Measured:
    """Both tiles on both sides, alone and as calls that are replayed, until the A/B knows its effect."""
    with sole_measurer(), Guard() as guard, open_journal(folder / "run.jsonl", _begin()) as journal:
        equipment = Equipment(executable=assets.find_browser(), probes=assets.probes_web(), guard=guard)
        np.savez(folder / "nothing.npz")
        job = job_of(_setting(WEB), str(folder / "nothing.npz"))
        replays = _replays(journal, job, equipment, folder)
        memory = memory_for([need_of(key_of(SHAPE))], footprint_bytes=1 << 20, alive_bytes=1 << 20)
        page = Page(job=job, equipment=equipment, memory=memory)
        found: list[Round] = []
        browser = ""
        while len(found) < fewest or (len(found) < most and not known(factor_of(directly(found)))):
            number = len(found)
            wasm, browser = page.timed(
                _candidates(WASM), _IN_PAGE, threads=1, seed=number, deadline_s=_DEADLINE_S
            )
            native = _natively(memory, number, folder)
            replays.time_in_page(number)
            replays.time_natively(number)
            tiles = dict(zip(TILES, wasm, strict=True)), dict(zip(TILES, native, strict=True))
            found.append(Round(wasm=tiles[0], native=tiles[1]))
        return Measured(
            begin=journal.begin,
            rounds=tuple(found),
            replays=tuple(journal.recording().of(TransplantTrial)),
            target=replays.target,
            vectors={tile: _vectors(replays.page.module, number) for tile, number in FUNCTIONS.items()},
            browser=browser,
        )


def job_of(setting: Setting, inputs_path: str = "") -> Job:
    """A visit without a model."""
    return Job(
        rung=WEB,
        round=0,
        seed=0,
        setting=setting,
        model_path="",
        external_data=(),
        optimise=False,
        inputs_path=inputs_path,
        outputs_path="",
        pace=PACE,
    )


def _setting(rung: str) -> Setting:
    return resolve(
        rungs.ladder("wasm")[rung].environment,
        SETTINGS,
        cores=1,
        page_cores=1,
        page_threads=1,
        page_isolated=True,
    )


def _begin() -> Begin:
    facts = ModelFacts(
        name=FILE,
        sha256="",
        size_bytes=0,
        parameters=SHAPE.depth * SHAPE.columns,
        opset=17,
        producer="",
        inputs=(),
        outputs=(),
        nodes=(),
        original_nodes=1,
    )
    return begun(facts, SETTINGS, machine_facts(), argv=())


def _replays(journal: Journal, job: Job, equipment: Equipment, folder: Path) -> Bench:
    """Calls of both tiles, as if they had been recorded in a page."""
    wasm = _wasm()
    (folder / FILE).write_bytes(wasm)
    page = ReplayPage(
        job=job, equipment=equipment, dist=folder, wasm=FILE, module=parsed(wasm), scratch=folder
    )
    return Bench(
        journal=journal,
        page=page,
        calls=tuple(_call(page.module, function, folder) for function in FUNCTIONS.values()),
        target=target_for(fused=False).id,
        seed=0,
    )


def _wasm() -> bytes:
    """Both tiles, on a shared memory as onnxruntime-web's builds have it."""
    kernels = [gemm(SHAPE, tile, MACHINE, name=called) for called, tile in TILES.items()]
    shared = b"\x02\x03" + unsigned(1) + unsigned(_MOST_PAGES)
    return replaced(parsed(module(kernels)), {IMPORT: vector([name("env") + name("memory") + shared])})


def _call(wasm: Module, function: int, folder: Path) -> Calls:
    (folder / "transplant").mkdir(exist_ok=True)
    row = row_of(wasm.type_of(function))
    values = np.random.default_rng(1).uniform(-1, 1, _IMAGE_BYTES // 4).astype(np.float32)
    return kept(
        folder / "transplant",
        function,
        row,
        np.array(_PLACES, np.int64).tobytes() + values.tobytes(),
        calls=1,
        rows=1,
        rows_bytes=row.size_bytes,
        variables=(),
    )


def _vectors(wasm: Module, function: int) -> int:
    machine, attributes = known_machine(platform.machine()), target_for(fused=False).attributes
    return vectors_at_once(transplant(wasm, function, machine=machine, attributes=attributes).text, function)


def _natively(memory: Memory, number: int, folder: Path) -> tuple[tuple[float, ...], ...]:
    asked = native_side.Asked(
        target=AVX,
        memory=memory,
        wanted=tuple(one.wanted for one in _candidates(AVX)),
        effort=_NATIVELY,
        threads=1,
        seed=number,
    )
    return native_side.timed(asked, scratch=folder, deadline_s=_DEADLINE_S).samples_us


def _candidates(target: str) -> list[Candidate]:
    shape = key_of(SHAPE)
    return [Candidate(target=target, wanted=Wanted(shape=shape, tile=tile)) for tile in TILES.values()]
