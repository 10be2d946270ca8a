"""What runs on a GPU are made of. Raw, run by run, in ms on the clock of the page, or of Node."""

from msgspec import Struct


class RunCourse(Struct, frozen=True, kw_only=True):
    """One run, from its begin to its result: every moment of it is in exactly one of these."""

    before_ms: float
    """Until its first submit."""
    submits_ms: float
    """Inside of submits."""
    between_ms: float
    """From one submit to the next, but for waits: the thread makes calls, or does something else."""
    after_ms: float
    """Behind the last submit, but for waits."""
    waits_ms: float
    """For the GPU: until something can be read, or until it says that it is done. What work in the queue and
    what the way back take, nobody can tell from it alone."""
    largest_ms: float
    """The longest stretch of `between_ms` from one submit to the next."""
    submits: int

    @property
    def until_last_submit_ms(self) -> float:
        """From the begin, waits left out: what the processor takes to ask the GPU for the run."""
        return self.before_ms + self.submits_ms + self.between_ms

    @property
    def total_ms(self) -> float:
        """All of it."""
        return self.before_ms + self.submits_ms + self.between_ms + self.after_ms + self.waits_ms


class GpuMade(Struct, frozen=True, kw_only=True):
    """What one stage of a start made on the GPU, as its page asked for it, and what it waited for."""

    stage: str
    """See `records.cold`."""
    shaders: int
    shaders_ms: float
    """Inside the calls that make them: what the GPU's own process does with them takes no part in it."""
    pipelines: int
    pipelines_ms: float
    """In which at least one of them was asked for and not ready. One that is made without being waited for
    is compiled when it is used first: then that wait is longer."""
    submits: int
    waits_ms: float
    """In which at least one wait for the GPU was going on; some of it may lie within `pipelines_ms`."""


class GpuBuffers(Struct, frozen=True, kw_only=True):
    """Buffers that a page has had made on the GPU so far, by what it asked for: a driver may take more."""

    made: int
    made_bytes: int
    destroyed: int
    """By the page, or with their device."""
    destroyed_bytes: int
    collected: int
    """Forgotten by the page without being destroyed, and collected as garbage."""
    collected_bytes: int

    @property
    def alive(self) -> int:
        """How many there are."""
        return self.made - self.destroyed - self.collected

    @property
    def alive_bytes(self) -> int:
        """What they hold."""
        return self.made_bytes - self.destroyed_bytes - self.collected_bytes


class RunParts(Struct, frozen=True, kw_only=True):
    """What a replayed run is made of, each part by changing or repeating it alone."""

    end_waits_ms: tuple[float, ...]
    """Of the timed runs: what they wait for the GPU behind their last dispatch ..."""
    inner_waits_ms: tuple[float, ...]
    """... and before it, where a run stops for something and then goes on computing."""
    pipelines_ms: tuple[float, ...]
    """Of the timed runs: how long making pipelines holds up the thread that makes their calls. In a browser
    another process compiles, and the thread goes on unless it waits for that."""
    setup_pipelines_ms: float
    """Before the timed runs: the same."""
    whole_ms: tuple[float, ...] = ()
    """Whole runs again, in turn with all that follows: what comes between leaves caches colder than runs back
    to back, so these are what the next three are compared with. Each of them all is on the input that the run
    before it was not on, the recorded one or a spoilt one: buffers then hold nothing that it may read."""
    prepared_ms: tuple[float, ...] = ()
    """Runs whose commands had all been made, and taken in by the GPU's side, before they began."""
    compiled_ms: tuple[float, ...] = ()
    """Runs whose pipelines had all been made, on the GPU's side as well, before they began, and nothing else;
    empty: they make none. Since 1.15."""
    unbroken_ms: tuple[float, ...] = ()
    """Runs that leave out the read-backs after which a run goes on computing; empty: it has none."""
    reading_ms: tuple[float, ...] = ()
    """The read-backs of a run's end alone, from a queue that has nothing else to do."""
    uploading_ms: tuple[float, ...] = ()
    """All that a run writes, into such a queue, until it says that it is done ..."""
    answering_ms: tuple[float, ...] = ()
    """... which it says after so long where nothing was written."""
    compared_bytes: int = 0
    differing_bytes: int = 0
    """Of what was read meanwhile, against what its input gave in the recorded order."""
    proven_runs: int = 0
    """Of the timed runs, those that began with a spoilt input's results in the buffers: one that computed
    nothing would have read them. Since 1.16."""
    control_compared_bytes: int = 0
    """Read back in one run on a spoilt input; 0 only where a recording does not say. Since 1.16."""
    control_differing_bytes: int = 0
    """Of these, against the recorded ones: a comparison that finds nothing there proves nothing.
    Since 1.16."""
    why: str = ""
    """Of parts that are empty."""
