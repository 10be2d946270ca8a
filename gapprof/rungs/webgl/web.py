"""The page as deployed: the last rung of the ladder."""

from msgspec.structs import replace

from gapprof.records.rung import Rung
from gapprof.rungs.webgl.web_paced import RUNG as PARENT

RUNG = Rung(
    id="web",
    title="In the browser, as deployed",
    environment=replace(PARENT.environment, page="user"),
    derived_from=PARENT.id,
    changes="page",
    role="main",
    passes=("trace",),
)
