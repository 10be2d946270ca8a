"""What is planted: a page whose timer burns its main thread by a known share of the time."""

from dataclasses import dataclass

from gapprof.records.settings import ASKING_WORKER

EVERY_MS = 20.0
"""Of the page's timer: the shorter, the less do the waits of requests differ from each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A page to plant, and where the model runs beside its timer."""

    model: str
    where: str
    duty: float

    @property
    def name(self) -> str:
        """Of its files."""
        return f"{self.model.removeprefix('zoo:')}-{self.where}-{self.duty * 100:.0f}"


CASES = (
    *(Case(model="zoo:resnet20", where="main", duty=duty) for duty in (0.25, 0.5, 0.75)),
    Case(model="zoo:mobilenetv2", where="main", duty=0.75),
    *(Case(model="zoo:resnet20", where="worker", duty=duty) for duty in (0.25, 0.5, 0.75)),
    *(Case(model="zoo:resnet20", where=ASKING_WORKER, duty=duty) for duty in (0.25, 0.5, 0.75)),
)


def page(duty: float) -> str:
    """A timer that works for a share of its period, until it is told to stop.

    At rest there is no timer at all, as on the quiet page: one that does nothing, woken up every 20 ms, alone
    makes the page's other timers 1.3 ms late (measured).
    """
    return f"""<!doctype html><meta charset="utf-8"><title>A page that burns</title>
<script>
let timer = 0;
function planted() {{
  const end = performance.now() + {duty * EVERY_MS:g};
  while (performance.now() < end);
}}
globalThis.burn = (on) => {{
  clearInterval(timer);
  timer = on ? setInterval(planted, {EVERY_MS:g}) : 0;
}};
burn(true);
</script>"""
