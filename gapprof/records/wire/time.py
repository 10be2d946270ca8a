"""What is open is timed."""

from msgspec import Struct


class TimeTask(Struct, frozen=True, kw_only=True, tag="time", tag_field="kind"):
    """Time what is open: `samples` batches back to back, or `requests` paced requests; the other one is 0."""

    batch: int
    samples: int
    requests: int
    think_ms: tuple[float, float]
    seed: int
    marks: bool = False
    """User-timing marks per request; only ever in a traced pass."""
    least_ms: float = 0.0
    """Of batches back to back: as many more, until as long was timed."""
    first: int = 0
    """Number of the first request: it is woken up, and thinks before, as that one of a whole stretch does."""
    requests_from: str = "page"
    """Who asks for paced requests: the page's main thread, or the `worker` that has the model open."""


class Timed(Struct, frozen=True, kw_only=True, tag="timed", tag_field="kind"):
    """Raw times: per-inference means of batches, or one value per request from when it was due."""

    samples_ms: tuple[float, ...]
    requests_ms: tuple[float, ...]
    runs_ms: tuple[float, ...]
    """Inside paced requests: the run alone, same order; empty otherwise."""
    ways: int
    """Request `i` woke the page up in way `i` modulo this many; 1 where there is but one."""
    stretch_ms: float
    busy_ms: float
    """What the thread with the model did: all runs, those that are not timed as well, and in a worker each
    from hearing of its request until it is answered."""
