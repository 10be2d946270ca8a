"""The report of a run that stopped before anything was recorded: status `failed`, and nothing made up."""

from datetime import UTC, datetime

from msgspec.structs import asdict

from gapprof import __version__
from gapprof.errors import GapprofError
from gapprof.explain.diagnosis import CAUSES
from gapprof.facts.claim import Cause
from gapprof.measure.machine import machine_facts
from gapprof.records.report import CauseRow, Gap, LatencyPair, Model, Report, ReportSettings, Residual, Tool
from gapprof.records.sections.cold import Cold
from gapprof.records.sections.memory import Memory
from gapprof.records.settings import Settings

_NOTHING = "nothing was measured"


def failed_report(error: GapprofError, *, model: str, settings: Settings, argv: tuple[str, ...]) -> Report:
    """Every key of the contract, null or empty where there is nothing to say."""
    return Report(
        status="failed",
        status_why=error.message,
        headline=f"Nothing was measured: {error.message}",
        tool=Tool(version=__version__, argv=argv),
        machine=machine_facts(),
        model=Model(name=model, sha256=None, size_bytes=None, parameters=None, nodes=None, opset=None),
        settings=ReportSettings(**asdict(settings), backend_tried=()),
        began_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        rounds=0,
        sampling="",
        latency_ms=LatencyPair(native=None, web=None),
        gap=Gap(ratio=None, delta_ms=None, why=_NOTHING),
        causes=tuple(_unmeasured(cause) for cause in CAUSES.values()),
        interactions=(),
        residual=Residual(factor=None, ms=None, share=None, weights={}, why=_NOTHING),
        actions=(),
        operators=(),
        overhead={},
        cold=Cold(rows=()),
        memory=Memory(),
        page={},
        what_ifs=(),
        rungs=(),
        checks=(),
        warnings=(error.hint,) if error.hint else (),
        samples=(),
    )


def _unmeasured(cause: Cause) -> CauseRow:
    return CauseRow(
        id=cause.id,
        title=cause.title,
        rank=None,
        factor=None,
        ms=None,
        share=None,
        saving_ms=None,
        verdict="not-measured",
        why=_NOTHING,
        method="measured",
        weights={},
        contrasts=(),
        children=(),
        evidence=(),
        owner=cause.owner,
        advice="",
    )
