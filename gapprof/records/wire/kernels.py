"""Kernels of our own are timed."""

from msgspec import Struct


class Bytes(Struct, frozen=True, kw_only=True):
    """What stands in memory from `offset` on, as base64."""

    offset: int
    base64: str


class KernelCase(Struct, frozen=True, kw_only=True):
    """One kernel, and what it is called with."""

    module: str
    """A wasm module as base64; it imports `env.memory`."""
    export: str
    """What calls the kernel over and over: how often, the address of a table of arguments, and its rows."""
    calls: tuple[tuple[int, ...], ...]
    """That table, taken row by row: on buffers that are not all in cache, as in a model."""
    samples: int
    """0: it is called once and not timed."""
    rivals: int = 0
    """Cases of one number compete; 0: with nobody."""
    given: tuple[tuple[int, int], ...] = ()
    """Stretches of memory, offset and bytes: what stood there at first is copied in before each call."""
    taken: tuple[tuple[int, int], ...] = ()
    """Stretches that are copied out after each call."""


class KernelsTask(Struct, frozen=True, kw_only=True, tag="kernels", tag_field="kind"):
    """Kernels on one memory: warm up each, then time all of them in rounds, then show what they wrote."""

    memory_bytes: int
    """Filled with seeded f32 in [-1, 1) before anything runs, unless there is an image."""
    image_url: str | None = None
    """What memory begins with; the rest of it is zero."""
    seed: int
    data: tuple[Bytes, ...]
    """Placed in that memory."""
    cases: tuple[KernelCase, ...]
    threads: int = 1
    """So many run a kernel at once while it is timed, each on a memory of its own."""
    warmup_ms: float
    """For each: the engine compiles it meanwhile."""
    sample_ms: float
    """A sample is as many calls as take so long."""
    given_up: float = 0.0
    """What takes so many times its fastest rival, once warm, has that as its only sample; so has what has
    rivals and takes longer than a sample. 0: nothing has."""
    shown: tuple[tuple[int, int], ...]
    """Stretches of memory, offset and bytes, that are wanted in the end."""


class KernelsTimed(Struct, frozen=True, kw_only=True, tag="kernels-timed", tag_field="kind"):
    """Raw times of all cases, and the memory that was to be shown."""

    samples_us: tuple[tuple[float, ...], ...]
    """Per case: means of a call, in order."""
    copies_us: tuple[tuple[float, ...], ...]
    """Per case: what is copied in and out alone, for one call, in order; none where nothing is."""
    compile_ms: tuple[float, ...]
    """Per case: compiling and instantiating its module."""
    shown: tuple[Bytes, ...]
