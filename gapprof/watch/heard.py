"""What the observer in a page writes down, and what it comes to. Pure.

`probes_web/observer.mjs` writes these lines; a page could write others, so they are checked like any input.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec
from msgspec import Struct

DTYPES: Mapping[int, str] = {
    1: "float32",
    2: "uint8",
    3: "int8",
    4: "uint16",
    5: "int16",
    6: "int32",
    7: "int64",
    9: "bool",
    10: "float16",
    11: "float64",
    12: "uint32",
    13: "uint64",
}
"""onnxruntime-web's numbers for element types (`tensorDataTypeStringToEnum`) → numpy's names."""


class _Line(Struct, frozen=True, kw_only=True):
    at_ms: float = 0.0


class WasmLine(_Line, frozen=True, kw_only=True, tag="wasm", tag_field="kind"):
    """A module that was compiled."""

    how: str
    url: str
    blob: int
    size_bytes: int


class MemoryLine(_Line, frozen=True, kw_only=True, tag="memory", tag_field="kind"):
    """A memory that was made."""

    initial: int
    maximum: int
    shared: bool


class SettingLine(_Line, frozen=True, kw_only=True, tag="setting", tag_field="kind"):
    """A value for `ort.env.wasm`."""

    name: str
    value: str
    stack: tuple[str, ...]


class WorkerLine(_Line, frozen=True, kw_only=True, tag="worker", tag_field="kind"):
    """A worker that was started."""

    url: str
    name: str
    stack: tuple[str, ...]


class FetchLine(_Line, frozen=True, kw_only=True, tag="fetch", tag_field="kind"):
    """A file that was fetched."""

    url: str
    status: int
    size_bytes: int
    began_ms: float


class InitLine(_Line, frozen=True, kw_only=True, tag="init", tag_field="kind"):
    """The library started."""

    threads: int


class ExternalLine(_Line, frozen=True, kw_only=True, tag="external", tag_field="kind"):
    """External data of the session that comes next."""

    path: str
    blob: int


class SessionLine(_Line, frozen=True, kw_only=True, tag="session", tag_field="kind"):
    """A session was created, or refused."""

    session: str
    """Its handle, with whose it is."""
    created: bool
    blob: int
    size_bytes: int
    began_ms: float
    took_ms: float
    level: int | None = None
    """None, as all that follows: nobody heard its options being made."""
    arena: bool | None = None
    mem_pattern: bool | None = None
    mode: int | None = None
    profiling: bool | None = None
    log_id: str = ""
    severity: int | None = None
    verbosity: int | None = None
    saved_path: str = ""
    entries: tuple[tuple[str, str], ...] = ()
    """Of its configuration: name and value, in the order in which they were added."""
    free_dims: tuple[tuple[str, str], ...] = ()
    """Name and extent."""
    providers: tuple[str, ...] = ()
    provider_options: tuple[tuple[str, str, str], ...] = ()
    """Provider, name and value."""
    shared: bool | None = None
    """Whether the memory of the library that made it is shared; None: it could not be told."""
    stack: tuple[str, ...] = ()


class InputLine(Struct, frozen=True, kw_only=True):
    """An input of a session's first run."""

    name: str
    type: int
    dims: tuple[int, ...]
    blob: int | None


class InputsLine(_Line, frozen=True, kw_only=True, tag="inputs", tag_field="kind"):
    """All of them."""

    session: str
    inputs: tuple[InputLine, ...]


class RunLine(_Line, frozen=True, kw_only=True, tag="run", tag_field="kind"):
    """A run that is over."""

    session: str
    began_ms: float
    took_ms: float
    failed: bool
    bound: bool = False
    """Inputs and outputs were bound: outputs stay on a GPU, and the run ends when its work is submitted."""


class TroubleLine(_Line, frozen=True, kw_only=True, tag="trouble", tag_field="kind"):
    """The observer failed at something."""

    text: str


Line = (
    WasmLine
    | MemoryLine
    | SettingLine
    | WorkerLine
    | FetchLine
    | InitLine
    | ExternalLine
    | SessionLine
    | InputsLine
    | RunLine
    | TroubleLine
)
L = TypeVar("L", bound=_Line)


class _Answer(Struct, frozen=True, kw_only=True):
    born: float
    isolated: bool
    log: tuple[msgspec.Raw, ...]


class Told(Struct, frozen=True, kw_only=True):
    """What the observer of one realm answers."""

    born: float
    """Another one than before: another document, whose log begins anew."""
    isolated: bool
    log: tuple[Line, ...]


_DECODER: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)


def told(text: str) -> Told:
    """Line by line: one that nobody understands is a trouble, and no reason to hear nothing else.

    Raises msgspec.MsgspecError for what is no answer at all.
    """
    answer = msgspec.json.decode(text, type=_Answer)
    return Told(born=answer.born, isolated=answer.isolated, log=tuple(map(_line, answer.log)))


def _line(raw: msgspec.Raw) -> Line:
    try:
        return _DECODER.decode(raw)
    except msgspec.MsgspecError as error:
        return TroubleLine(text=f"a line of the log cannot be read: {error}")


@dataclass(slots=True, kw_only=True)
class Log:
    """Everything that was heard of one realm so far."""

    where: str
    """`main` or `worker`."""
    born: float = 0.0
    isolated: bool = False
    lines: list[Line] = field(default_factory=list)

    def add(self, more: Told) -> bool:
        """Whether there was anything new. A new document has a new log."""
        if more.born != self.born:
            self.lines.clear()
        self.born, self.isolated = more.born, more.isolated
        self.lines += more.log
        return bool(more.log)

    def of(self, kind: type[L]) -> list[L]:
        """Lines of one kind, in order."""
        return [line for line in self.lines if isinstance(line, kind)]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardSession:
    """A session with what belongs to it."""

    created: SessionLine
    external: tuple[ExternalLine, ...]
    inputs: tuple[InputLine, ...]
    runs: tuple[RunLine, ...]


def sessions(log: Log) -> list[HeardSession]:
    """Those that were created; a handle that is used again, after its session was let go, is a new one."""
    found: list[HeardSession] = []
    waiting: list[ExternalLine] = []
    for place, line in enumerate(log.lines):
        if isinstance(line, ExternalLine):
            waiting.append(line)
        elif isinstance(line, SessionLine):
            if line.created:
                later = _until_again(log.lines[place + 1 :], line.session)
                found.append(_session(line, tuple(waiting), later))
            waiting.clear()
    return found


def _until_again(lines: Sequence[Line], session: str) -> Iterable[Line]:
    for line in lines:
        if isinstance(line, SessionLine) and line.session == session:
            return
        yield line


def _session(created: SessionLine, external: tuple[ExternalLine, ...], later: Iterable[Line]) -> HeardSession:
    inputs: tuple[InputLine, ...] = ()
    runs = []
    for line in later:
        if isinstance(line, InputsLine) and line.session == created.session and not inputs:
            inputs = line.inputs
        elif isinstance(line, RunLine) and line.session == created.session:
            runs.append(line)
    return HeardSession(created=created, external=external, inputs=inputs, runs=tuple(runs))
