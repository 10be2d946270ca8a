"""Reports built by hand, one per way a run can come out. Plausible figures, no measurement."""

from msgspec.structs import replace

from gapprof.records.report import CheckRow, Gap, LatencyPair, Model, Report, Residual, WhatIf
from gapprof.records.sections.cold import Cold
from gapprof.records.sections.memory import Memory
from tests.unit.render.attacked import attacked
from tests.unit.render.complete import ok
from tests.unit.render.rows import HOSTILE, about, causes, unmeasured
from tests.unit.render.sections import gpu_operators, inside, reproduction, watched_page
from tests.unit.render.whole import with_every_section


def partial() -> Report:
    """A main rung never came back."""
    return replace(
        ok(),
        status="partial",
        status_why="In the browser, paced: the browser crashed in both attempts",
        headline="7.3x slower in the browser; a part of the chain is missing.",
    )


def verified() -> Report:
    """Predicted changes were made: one held, one failed."""
    report = ok()
    one = WhatIf(
        change="As deployed, but in a worker",
        rung="web-in-worker",
        predicted_ms=about(23.4),
        measured_ms=about(23.6),
        ratio=about(1.01),
        prediction="holds",
    )
    other = replace(one, rung="web-optimised", measured_ms=about(31.0), ratio=about(1.32), prediction="fails")
    return replace(
        report, settings=replace(report.settings, verify=True), what_ifs=(*report.what_ifs, one, other)
    )


def verified_nothing() -> Report:
    """Asked to verify, and nothing could be."""
    return replace(ok(), settings=replace(ok().settings, verify=True))


def instrumented() -> Report:
    """With `--instrument`, and names of operators as only a stranger writes them."""
    return replace(ok(), inside=inside())


def watched() -> Report:
    """Of a page's own model, with addresses as only a stranger writes them, and a latency that was seen."""
    return replace(ok(), observed=watched_page(), reproduction=reproduction())


def on_gpu() -> Report:
    """A page whose model runs on a GPU, with a node on the processor and a program that nobody knows."""
    return replace(ok(), operators=(), gpu_operators=gpu_operators())


def unreliable() -> Report:
    """Another process took the machine."""
    return replace(
        ok(),
        status="unreliable",
        status_why="another process used 31 % of the machine, and the first rank is not decided",
        checks=(
            CheckRow(
                id="outside-load",
                kind="harness",
                status="fail",
                text="another process used 31 % of the machine during 8 of 54 trials",
                concerns="report",
            ),
        ),
    )


def outputs_differ() -> Report:
    return replace(
        ok(),
        status="outputs-differ",
        status_why="output `logits` differs by 0.31 from native, 0.002 is allowed",
        headline="The page computes something else than native does; its times are not comparable.",
    )


def failed() -> Report:
    """Nothing was measured."""
    gone = Gap(ratio=None, delta_ms=None, why="nothing was measured")
    return replace(
        ok(),
        status="failed",
        status_why="no browser was found",
        headline="Nothing was measured: no browser was found",
        model=Model(name="m.onnx", sha256=None, size_bytes=None, parameters=None, nodes=None, opset=None),
        rounds=0,
        sampling="",
        latency_ms=LatencyPair(native=None, web=None),
        gap=gone,
        causes=tuple(unmeasured(cause) for cause in causes()),
        interactions=(),
        residual=Residual(factor=None, ms=None, share=None, weights={}, why="nothing was measured"),
        actions=(),
        operators=(),
        overhead={},
        cold=Cold(rows=()),
        memory=Memory(),
        page={},
        what_ifs=(),
        rungs=(),
        checks=(),
        warnings=(),
        samples=(),
    )


def hostile() -> Report:
    """Every string that a stranger can choose is an attack, in every section there is."""
    return attacked_report(HOSTILE)


def attacked_report(attack: str) -> Report:
    """The same with another attack. Why its status is what it is, is not said in its headline already."""
    found = attacked(with_every_section(verified()), attack)
    return replace(found, headline=f"{attack} is 7.3x slower", status_why=f"{attack} was lost")


EVERY = {
    "ok": ok,
    "partial": partial,
    "unreliable": unreliable,
    "outputs-differ": outputs_differ,
    "failed": failed,
    "hostile": hostile,
    "on-gpu": on_gpu,
    "instrumented": instrumented,
    "watched": watched,
    "verified": verified,
    "verified-nothing": verified_nothing,
}
