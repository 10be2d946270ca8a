"""What the user asked for, after the command line was checked."""

from msgspec import Struct

ASKING_WORKER = "asking-worker"
"""As `Settings.where`: in a worker that asks for its runs itself."""


class Settings(Struct, frozen=True, kw_only=True):
    """The options of `explain`, in the words of the contract. Defaults are the contract's defaults."""

    backend: str = "wasm"
    """Where a list was given, the one that the run is of."""
    backends_refused: dict[str, str] = {}
    """Those before it in the list → why they could not be had. Since report 1.10."""
    threads: int | None = None
    """None: onnxruntime-web's own rule, half the cores, at least 1, at most 4."""
    where: str = "main"
    """`main`; `worker`, which the page asks for runs; `asking-worker`, which asks for them itself."""
    page: str = "quiet"
    tabs: tuple[str, ...] = ()
    """Paths and URLs of what else is open in the browser, behind the page. Since report 1.8."""
    isolation: bool = True
    shapes: dict[str, tuple[int, ...]] = {}
    session_options: dict[str, str] = {}
    """Of the page's session, by onnxruntime-web's own names, where they are not its defaults. Since report
    1.9."""
    inputs: str | None = None
    browser: str | None = None
    browser_args: tuple[str, ...] = ()
    js_flags: tuple[str, ...] = ()
    web_dist: str | None = None
    native_python: str | None = None
    """The interpreter whose onnxruntime runs the native side. Since report 1.11."""
    rungs: str = "auto"
    budget_s: float = 120.0
    precision_percent: float = 5.0
    seed: int = 0
    allow_noisy: bool = False
    verify: bool = False
    """Make the changes that the report predicts a saving of, and measure them. Since report 1.2."""
    twins: bool = False
    """Time twin kernels, which tell the engine from the library. Since report 1.4."""
    transplant: bool = False
    """Replay the library's own hot functions in the browser and as native code. Since report 1.6."""
    instrument: bool = False
    """Look into the served wasm: what it holds, and which functions are called when. Since report 1.6."""
    qoe: bool = False
    """Feel the page while the model rests and runs, and answer a stream of inputs. Since report 1.8."""
    memory: bool = False
    """Look at what the model holds of memory, stage by stage and run by run. Since report 1.9."""
    cold: bool = False
    """Take the way to a first result apart, with nothing in any cache and with all. Since report 1.9."""
    scaling: bool = False
    """Try other numbers of threads, other places and isolation, and verify what is best. Since report 1.9."""
    study: bool = False
    """One of many models under the same conditions (`gapprof study`). Since report 1.9."""
    observed_ms: float | None = None
    """The latency that somebody saw: find the conditions that give it. Since report 1.7."""
