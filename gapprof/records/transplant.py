"""The library's own functions as measured: which are hot, and what recorded calls of them took. Raw."""

from msgspec import Struct


class HotFunction(Struct, frozen=True, kw_only=True):
    """A function of the served wasm that takes time, and what became of it."""

    function: int
    """Its index in the module."""
    self_ms: float
    """In one run of the model, by the browser's sampler; without what it calls."""
    calls: int = 0
    """In one run."""
    rows: int = 0
    """Calls that are replayed one after the other; only the last of those that do not stand alone."""
    taken_along: int = 0
    """Functions that its native code holds beside it."""
    goes_on: bool = False
    """A pass leaves other bytes than the one before, as sums do: those that are timed go on from them."""
    inside_ms: float = 0.0
    """`self_ms` of colder ones that it calls and that are timed with it, not by themselves."""
    vectors_at_once: int = 0
    """That its innermost loops keep alive, floats among them; 0: none, or nobody counted. Since 1.4."""
    why: str = ""
    """Why it is not measured; empty: it is."""

    @property
    def measured_ms(self) -> float:
        """What it stands for, in one run."""
        return self.self_ms + self.inside_ms


class TransplantPlan(Struct, frozen=True, kw_only=True, tag="transplant-plan", tag_field="entry"):
    """The hottest functions, those that hold most of the time that wasm takes."""

    functions: tuple[HotFunction, ...]
    wasm_ms: float
    """What all functions of the wasm take in one run, by the same sampler."""
    target: str
    """The instruction set of the native code."""
    vector_registers: int = 0
    """That the engine gives out on this processor; 0: not known. Since 1.4."""


class TransplantTime(Struct, frozen=True, kw_only=True):
    """Recorded calls of one function, timed."""

    function: int
    samples_us: tuple[float, ...]
    """Means of a call, in order."""
    sha256: str
    """Of memory and results after two passes over all calls: one as recorded, one of those that are timed."""


class TransplantTrial(Struct, frozen=True, kw_only=True, tag="transplant", tag_field="entry"):
    """One fresh browser or process that replayed all of them."""

    target: str
    """`wasm`, or the instruction set of native code."""
    round: int
    times: tuple[TransplantTime, ...]
    engine: str
    """Browser with its version, or LLVM's."""
    started_s: float
    ended_s: float
