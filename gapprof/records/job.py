"""One visit of one rung: everything a backend needs to know, so that it looks nothing up."""

from msgspec import Struct

from gapprof.records.environment import Setting

_PROFILED_EVENTS = 400_000
"""One for each node of a run. onnxruntime's profiler keeps a million and drops the rest, and a page, which
holds each as text and as an object, is out of its 4 GiB before 1.5 million (seen with 20,000 nodes)."""


class Pace(Struct, frozen=True, kw_only=True):
    """How often, how long, and how far apart. Chosen once per model, equal on all rungs."""

    warmup_ms: float
    """Warm up at least this long ..."""
    warmup_runs: int
    """... and at least this many runs."""
    batch: int
    """Runs per timed sample, so that one timer step is at most 1 % of a sample."""
    samples: int
    """Timed samples of a back-to-back trial (at least 5; 3 when the budget is very tight)."""
    requests: int
    """Timed requests of a paced trial (at least 20)."""
    think_ms: tuple[float, float]
    """Think time between a result and the next request: uniform in this range, seeded."""
    deadline_s: float
    """The whole visit, start to end; a backend must return within it (plus clean-up)."""
    stretch_ms: float = 0.0
    """In a browser samples go on until as long was timed: a shorter visit cannot be held to what the kernel
    says of its threads. Since 1.14."""
    native_stretch_ms: float = 0.0
    """The same natively, where a few ms of one thread on another's core would be all there is. Since 1.14."""
    fewest_requests: int = 6
    """Of a paced trial, for a model that does not fit the budget otherwise; they last as long. Since 1.14."""


class CoreSpeed(Struct, frozen=True, kw_only=True):
    """What the cores were seen to be capable of, and how long a visit may wait until they are so again."""

    fastest_us: tuple[float, ...]
    """Of the fixed piece of work, core by core."""
    longest_wait_ms: float
    nearest_us: tuple[float, ...] = ()
    """Of reading what another core wrote, pair by pair as `itertools.combinations` has them; empty: nobody
    knows."""


class Chain(Struct, frozen=True, kw_only=True):
    """One-element nodes one after the other, for what it costs to get from node to node; never optimised."""

    path: str
    nodes: int
    """In the file at `path`, at least 2."""
    first_link_path: str
    """The same cut after its first node: what a run costs beside its nodes."""


class Job(Struct, frozen=True, kw_only=True):
    """What a backend is asked to do once, in a fresh process or a fresh browser with a fresh profile."""

    rung: str
    round: int
    seed: int
    setting: Setting
    model_path: str
    """`original` or `common` model file, as `setting.graph` says; staged and checked."""
    external_data: tuple[str, ...]
    """File names of external data beside `model_path`; empty for most models."""
    optimise: bool
    """True: the runtime's own default optimisations. False: load with optimisation off."""
    inputs_path: str
    """An .npz with one array per graph input."""
    outputs_path: str
    """Where to leave an .npz with one array per graph output of one run; empty: nobody needs them."""
    pace: Pace
    calls_path: str = ""
    """WebGPU calls that the library made for this model, for backends that replay them."""
    chain: Chain | None = None
    """Profiled passes only; None: nobody needs what it tells."""
    nodes: int = 0
    """Of the graph that is run, as far as they were counted."""
    core_speed: CoreSpeed | None = None
    """Timed passes wait for it; None: nobody looks at the cores."""

    @property
    def most_profiled_runs(self) -> int:
        """As one profile has room for, those of its warm-up among them."""
        return _PROFILED_EVENTS // max(1, self.nodes)


def without_model(setting: Setting, *, rung: str, seed: int, deadline_s: float) -> Job:
    """A visit to a page that runs no model of ours, so that there is nothing to pace."""
    return Job(
        rung=rung,
        round=0,
        seed=seed,
        setting=setting,
        model_path="",
        external_data=(),
        optimise=True,
        inputs_path="",
        outputs_path="",
        pace=Pace(
            warmup_ms=0.0,
            warmup_runs=0,
            batch=1,
            samples=0,
            requests=0,
            think_ms=(0.0, 0.0),
            deadline_s=deadline_s,
        ),
    )
