"""Recordings of a synthetic machine: the rounds of a run without its clock, files and progress."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from gapprof import rungs
from gapprof.backends.synthetic import Machine
from gapprof.measure.passes import TRACE_PASSES
from gapprof.measure.resolve import ladder
from gapprof.records.environment import Setting
from gapprof.records.job import Job, Pace
from gapprof.records.model import ModelFacts, NodeCensus
from gapprof.records.recording import (
    Begin,
    End,
    Entry,
    MachineFacts,
    PlannedRung,
    Preflight,
    Recording,
    Sampled,
)
from gapprof.records.rung import Rung
from gapprof.records.settings import Settings
from gapprof.records.trial import OutputCheck

RUNGS: Mapping[str, Rung] = MappingProxyType(dict(rungs.ladder("wasm")))
PROFILED = ("native-extended", "native-128", "web-worker")
SIDE = tuple(
    rung
    for rung, about in RUNGS.items()
    if about.role == "side" and about.visited not in ("always", "to-verify", "to-reproduce")
)
VERIFYING = tuple(rung for rung, about in RUNGS.items() if about.visited == "to-verify")
REPRODUCING = tuple(rung for rung, about in RUNGS.items() if about.visited == "to-reproduce")
PACE = Pace(
    warmup_ms=1.0,
    warmup_runs=1,
    batch=1,
    samples=5,
    requests=20,
    think_ms=(1.0, 2.0),
    deadline_s=10.0,
)
CORES = 4
_TRACES = {"web": TRACE_PASSES, "web-busy": 1}

# A page that asks for two of four threads, runs the model on the main thread and shares it with real work.
FULL = Settings(threads=2, page="busy", js_flags=("--user-flag",))


def record(
    machine: Machine,
    settings: Settings = FULL,
    *,
    rounds: int = 6,
    side_rounds: int = 0,
    side: Iterable[str] = SIDE,
    passes: bool = True,
    profiled_passes: int = 3,
    page_threads: int = 2,
    outputs: tuple[OutputCheck, ...] = (),
    ended: str | None = "finished",
    model_nodes: tuple[NodeCensus, ...] = (),
) -> Recording:
    """What `measure` would have written, in its order."""
    isolated = settings.isolation
    steps = ladder(
        rungs.ladder(settings.backend),
        settings,
        cores=CORES,
        page_cores=CORES,
        page_threads=page_threads if isolated else 1,
        page_isolated=isolated,
        refuse=machine.refuse,
    )
    own = {step.rung.id: step for step in steps if step.alias_of is None and step.refusal is None}
    entries: list[Entry] = [
        Preflight(page_threads=page_threads, page_seen=None, native_seen=None, pace=PACE, ladder=steps)
    ]
    main = [rung for rung in own if rung not in SIDE + VERIFYING + REPRODUCING]
    for number in range(rounds):
        entries += [machine.timed(_job(own[rung], number, settings)) for rung in main]
    entries += outputs
    if rounds:
        entries.append(Sampled(rounds=rounds, limited_by="precision", wanted_rounds=rounds))
    if passes:
        entries += [
            machine.profiled(_job(own[rung], number, settings), lambda _: None)
            for number in range(profiled_passes)
            for rung in PROFILED
            if rung in own
        ]
        for rung, times in _TRACES.items():
            for number in range(times if rung in own else 0):
                traced = machine.traced(_job(own[rung], number, settings), lambda _: None)
                entries += [traced] if traced is not None else []
    for number in range(rounds, rounds + side_rounds):
        visited = _with_parents((rung for rung in side if rung in own), own)
        entries += [machine.timed(_job(own[rung], number, settings)) for rung in visited]
    if ended is not None:
        entries.append(End(at_s=0.0, reason=ended))
    return Recording(begin=begin(settings, model_nodes), entries=tuple(entries))


def begin(settings: Settings = FULL, nodes: tuple[NodeCensus, ...] = ()) -> Begin:
    """A plausible first line."""
    return Begin(
        gapprof_version="0.0",
        argv=("gapprof", "explain", "model.onnx"),
        began_utc="2026-01-01T00:00:00+00:00",
        settings=settings,
        machine=MachineFacts(
            system="Linux",
            architecture="x86_64",
            cpu="Synthetic",
            logical_cores=CORES,
            usable_cores=CORES,
            memory_bytes=2**33,
            cpu_flags=("avx2", "fma"),
            kernel="6",
            python="3.11",
        ),
        model=ModelFacts(
            name="model.onnx",
            sha256="0" * 64,
            size_bytes=1000,
            parameters=250,
            opset=17,
            producer="test",
            inputs=(),
            outputs=(),
            nodes=nodes,
            original_nodes=3,
        ),
    )


def check(rung: str, *, difference: float = 0.0, **changes: object) -> OutputCheck:
    """One output of a rung against native-128's; values reach 1."""
    fields: dict[str, object] = {
        "reference": "native-128",
        "output": "logits",
        "dtype": "float32",
        "elements": 10,
        "same_shape": True,
        "same_nan_positions": True,
        "nan_count": 0,
        "max_abs_reference": 1.0,
        "exact": difference == 0.0,
    }
    return OutputCheck(rung=rung, max_abs_difference=difference, **{**fields, **changes})


def _with_parents(rungs_: Iterable[str], own: Mapping[str, PlannedRung]) -> list[str]:
    found: dict[str, None] = {}
    for rung in rungs_:
        found[rung] = None
        parent = RUNGS[rung].derived_from
        while parent is not None and parent not in own:
            parent = RUNGS[parent].derived_from
        if parent is not None:
            found[parent] = None
    return list(found)


def _job(step: PlannedRung, number: int, settings: Settings) -> Job:
    setting = step.setting
    assert isinstance(setting, Setting)
    return Job(
        rung=step.rung.id,
        round=number,
        seed=settings.seed + 1000 * (number + 1),
        setting=setting,
        model_path="",
        external_data=(),
        optimise=setting.graph == "own",
        inputs_path="",
        outputs_path="",
        pace=PACE,
    )
