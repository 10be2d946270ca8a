"""The first line of a recording: what was asked for, on what, and when."""

from datetime import UTC, datetime

from gapprof import __version__
from gapprof.records.model import ModelFacts
from gapprof.records.recording import Begin, MachineFacts
from gapprof.records.settings import Settings


def begun(model: ModelFacts, settings: Settings, machine: MachineFacts, *, argv: tuple[str, ...]) -> Begin:
    """Now; the only entry that tells the time of day."""
    return Begin(
        gapprof_version=__version__,
        argv=argv,
        began_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        settings=settings,
        machine=machine,
        model=model,
    )
