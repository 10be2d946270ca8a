"""Runs asked for by events with think time between them, timed from when they were due."""

from msgspec.structs import replace

from gapprof.records.rung import Rung
from gapprof.rungs.webgl.web_session import RUNG as PARENT

RUNG = Rung(
    id="web-paced",
    title="… asked for by events",
    environment=replace(PARENT.environment, pacing="paced"),
    derived_from=PARENT.id,
    changes="pacing",
    role="main",
)
