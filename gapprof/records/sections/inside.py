"""The served wasm from inside. A part of the report."""

from msgspec import Struct

from gapprof.records.estimate import Estimate


class InsideFunction(Struct, frozen=True, kw_only=True):
    """A function inside the served wasm, by its index: a release build has no names."""

    function: int
    calls: float
    """In a run."""
    ms: Estimate
    """In a run, from call to return; over passes, each in a fresh browser. Runs are under onnxruntime's
    profiler, whose own work is part of the functions that call the kernels of nodes."""
    own_ms: Estimate
    """The same without other functions of this table that it calls; any others count as its own. It may be
    below 0 where those are so short, a microsecond or two, that having read a clock lengthens what
    follows."""
    sampled: float
    """Share of the engine's own samples that found it, and nothing that it calls, running: a second
    method."""
    operators: dict[str, float]
    """Operator → share of `ms` spent in its nodes; what is missing from 1 lay outside of every node."""
    vectors_in_loops: int | None = None
    """Vector instructions, and such as move whole blocks, in its innermost loops; 0: it is scalar code. None
    where it has no loops, or nobody looked. Since 1.7."""


class Inside(Struct, frozen=True, kw_only=True):
    """What is inside the served wasm, and what goes on in it (`--instrument`)."""

    file: str
    sha256: str
    functions_in_file: int
    vector_instructions: int
    relaxed_instructions: int
    dot_products: int
    """`i32x4.dot_i16x8_s`."""
    relaxed_dot_products: int
    atomic_instructions: int
    shared_memory: bool
    browser: dict[str, bool]
    """Feature → whether this browser takes wasm that uses it."""
    operations_per_s: dict[str, float]
    """Of products and sums in registers, by instructions; a multiplication and an addition are two."""
    relaxed_dot_saving_ms: float | None
    """At most so much less in a run with relaxed dot products in every node that multiplies bytes; None where
    nobody knows, or the build has them."""
    where: str
    """`worker` or `main`: the thread whose calls are counted. It is the only one then."""
    functions: tuple[InsideFunction, ...]
    """The hot ones, those first that most samples fell into."""
    hot: float | None
    """Share of the samples that they hold together."""
    joined: float | None
    """Share of their time that lies in nodes of the model."""
    overhead: Estimate | None
    """How many times slower a run of the rewritten build is, beside the one as it is."""
    same_outputs: bool | None
    """Whether both give the same bytes; None where the build as it is does not, twice in a row."""
    why: str = ""
    """Of what is missing here."""
