"""Loads, stores, atomics and bulk moves of the one memory, which begins at `%memory`.

Addresses are 32 bits without a sign, offsets are added in 64 bits, and nothing checks bounds: V8 has none
either, for it lets the pages behind the memory fault.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gapprof.transplant.shapes import SHAPES, Lanes, V, integers, seen, spread, whole
from gapprof.transplant.writer import TYPES, WHOLE, Writer
from gapprof.wasm.instructions import Immediate

Write = Callable[..., str]
"""Takes the writer, the immediates and the operands; gives the name of the result, or nothing."""
_EXTENSIONS = {"s": "sext", "u": "zext"}
_MODIFIED = ("add", "sub", "and", "or", "xor", "xchg")
_LINE = "seq_cst"


@dataclass(frozen=True, slots=True)
class Access:
    """One instruction with an address; types are wasm's, an empty result is none."""

    operands: tuple[str, ...]
    result: str
    write: Write


def accesses() -> dict[str, Access]:
    """By the names of the instructions."""
    return dict([*_scalar(), *_vector(), *_lanes(), *_atomic(), *_bulk()])


def place(writer: Writer, address: str, offset: Immediate = 0) -> str:
    """A pointer to there."""
    far = writer.value(f"zext i32 {address} to i64")
    there = writer.value(f"getelementptr i8, ptr %memory, i64 {far}")
    return writer.value(f"getelementptr i8, ptr {there}, i64 {int(offset)}") if offset else there


def _scalar() -> Iterator[tuple[str, Access]]:
    for kind in ("i32", "i64", "f32", "f64"):
        native = TYPES[kind]
        yield f"{kind}.load", Access(("i32",), kind, _loaded(native))
        yield f"{kind}.store", Access(("i32", kind), "", _stored(native))
    for kind, bits in (("i32", 8), ("i32", 16), ("i64", 8), ("i64", 16), ("i64", 32)):
        for sign, op in _EXTENSIONS.items():
            yield f"{kind}.load{bits}_{sign}", Access(("i32",), kind, _loaded_wider(kind, bits, op))
        yield f"{kind}.store{bits}", Access(("i32", kind), "", _stored_narrower(kind, bits))


def _vector() -> Iterator[tuple[str, Access]]:
    yield "v128.load", Access(("i32",), V, _loaded(WHOLE))
    yield "v128.store", Access(("i32", V), "", _stored(WHOLE))
    for bits in (8, 16, 32):
        for sign, op in _EXTENSIONS.items():
            name = f"v128.load{bits}x{64 // bits}_{sign}"
            yield name, Access(("i32",), V, _loaded_lanes(integers(bits, 64 // bits), op))
    for bits in (8, 16, 32, 64):
        yield f"v128.load{bits}_splat", Access(("i32",), V, _loaded_splat(SHAPES[f"i{bits}x{128 // bits}"]))
    for bits in (32, 64):
        yield f"v128.load{bits}_zero", Access(("i32",), V, _loaded_zero(SHAPES[f"i{bits}x{128 // bits}"]))


def _lanes() -> Iterator[tuple[str, Access]]:
    for bits in (8, 16, 32, 64):
        lanes = SHAPES[f"i{bits}x{128 // bits}"]
        yield f"v128.load{bits}_lane", Access(("i32", V), V, _loaded_lane(lanes))
        yield f"v128.store{bits}_lane", Access(("i32", V), "", _stored_lane(lanes))


def _atomic() -> Iterator[tuple[str, Access]]:
    for kind in ("i32", "i64"):
        for bits in (8, 16, 32, 64):
            full = int(kind[1:])
            if bits > full:
                continue
            tail, unsigned = ("", "") if bits == full else (str(bits), "_u")
            yield f"{kind}.atomic.load{tail}{unsigned}", Access(("i32",), kind, _atomic_load(kind, bits))
            yield f"{kind}.atomic.store{tail}", Access(("i32", kind), "", _atomic_store(kind, bits))
            for name in _MODIFIED:
                full_name = f"{kind}.atomic.rmw{tail}.{name}{unsigned}"
                yield full_name, Access(("i32", kind), kind, _atomic_modify(kind, bits, name))
        yield f"{kind}.atomic.rmw.cmpxchg", Access(("i32", kind, kind), kind, _atomic_exchange(kind))

    def fence(writer: Writer, _immediates: tuple[Immediate, ...]) -> str:
        writer.line(f"fence {_LINE}")
        return ""

    yield "atomic.fence", Access((), "", fence)


def _bulk() -> Iterator[tuple[str, Access]]:
    def copied(writer: Writer, _immediates: tuple[Immediate, ...], to: str, source: str, size: str) -> str:
        sides = ("ptr", place(writer, to)), ("ptr", place(writer, source))
        count = writer.value(f"zext i32 {size} to i64")
        return writer.intrinsic("memmove.p0.p0.i64", "", *sides, ("i64", count), ("i1", "false"))

    def filled(writer: Writer, _immediates: tuple[Immediate, ...], to: str, value: str, size: str) -> str:
        byte = writer.value(f"trunc i32 {value} to i8")
        count = writer.value(f"zext i32 {size} to i64")
        sides = ("ptr", place(writer, to)), ("i8", byte)
        return writer.intrinsic("memset.p0.i64", "", *sides, ("i64", count), ("i1", "false"))

    yield "memory.copy", Access(("i32", "i32", "i32"), "", copied)
    yield "memory.fill", Access(("i32", "i32", "i32"), "", filled)


def _loaded(native: str) -> Write:
    def write(writer: Writer, immediates: tuple[Immediate, ...], address: str) -> str:
        return writer.value(f"load {native}, ptr {place(writer, address, immediates[1])}, align 1")

    return write


def _stored(native: str) -> Write:
    def write(writer: Writer, immediates: tuple[Immediate, ...], address: str, value: str) -> str:
        writer.line(f"store {native} {value}, ptr {place(writer, address, immediates[1])}, align 1")
        return ""

    return write


def _loaded_wider(kind: str, bits: int, op: str) -> Write:
    load = _loaded(f"i{bits}")

    def write(writer: Writer, immediates: tuple[Immediate, ...], address: str) -> str:
        return writer.value(f"{op} i{bits} {load(writer, immediates, address)} to {kind}")

    return write


def _stored_narrower(kind: str, bits: int) -> Write:
    store = _stored(f"i{bits}")

    def write(writer: Writer, immediates: tuple[Immediate, ...], address: str, value: str) -> str:
        return store(writer, immediates, address, writer.value(f"trunc {kind} {value} to i{bits}"))

    return write


def _loaded_lanes(narrow: Lanes, op: str) -> Write:
    load, wide = _loaded(narrow.text), integers(2 * narrow.bits, narrow.count)

    def write(writer: Writer, immediates: tuple[Immediate, ...], address: str) -> str:
        loaded = load(writer, immediates, address)
        return whole(writer, wide, writer.value(f"{op} {narrow.text} {loaded} to {wide.text}"))

    return write


def _loaded_splat(lanes: Lanes) -> Write:
    load = _loaded(lanes.element)

    def write(writer: Writer, immediates: tuple[Immediate, ...], address: str) -> str:
        return whole(writer, lanes, spread(writer, lanes, load(writer, immediates, address)))

    return write


def _loaded_zero(lanes: Lanes) -> Write:
    load = _loaded(lanes.element)

    def write(writer: Writer, immediates: tuple[Immediate, ...], address: str) -> str:
        scalar = f"{lanes.element} {load(writer, immediates, address)}"
        return whole(
            writer, lanes, writer.value(f"insertelement {lanes.text} zeroinitializer, {scalar}, i32 0")
        )

    return write


def _loaded_lane(lanes: Lanes) -> Write:
    load = _loaded(lanes.element)

    def write(writer: Writer, immediates: tuple[Immediate, ...], address: str, vector: str) -> str:
        scalar = f"{lanes.element} {load(writer, immediates, address)}"
        into = f"{lanes.text} {seen(writer, lanes, vector)}"
        return whole(writer, lanes, writer.value(f"insertelement {into}, {scalar}, i32 {int(immediates[3])}"))

    return write


def _stored_lane(lanes: Lanes) -> Write:
    store = _stored(lanes.element)

    def write(writer: Writer, immediates: tuple[Immediate, ...], address: str, vector: str) -> str:
        source = f"{lanes.text} {seen(writer, lanes, vector)}"
        scalar = writer.value(f"extractelement {source}, i32 {int(immediates[3])}")
        return store(writer, immediates, address, scalar)

    return write


def _atomic_load(kind: str, bits: int) -> Write:
    def write(writer: Writer, immediates: tuple[Immediate, ...], address: str) -> str:
        there = place(writer, address, immediates[1])
        return _wider(
            writer, kind, bits, writer.value(f"load atomic i{bits}, ptr {there} {_LINE}, align {bits // 8}")
        )

    return write


def _atomic_store(kind: str, bits: int) -> Write:
    def write(writer: Writer, immediates: tuple[Immediate, ...], address: str, value: str) -> str:
        value, there = _narrower(writer, kind, bits, value), place(writer, address, immediates[1])
        writer.line(f"store atomic i{bits} {value}, ptr {there} {_LINE}, align {bits // 8}")
        return ""

    return write


def _atomic_modify(kind: str, bits: int, name: str) -> Write:
    def write(writer: Writer, immediates: tuple[Immediate, ...], address: str, value: str) -> str:
        value, there = _narrower(writer, kind, bits, value), place(writer, address, immediates[1])
        old = writer.value(f"atomicrmw {name} ptr {there}, i{bits} {value} {_LINE}, align {bits // 8}")
        return _wider(writer, kind, bits, old)

    return write


def _atomic_exchange(kind: str) -> Write:
    """Of the full width only: narrower ones compare bits that they do not store."""

    def write(
        writer: Writer, immediates: tuple[Immediate, ...], address: str, wanted: str, value: str
    ) -> str:
        there = place(writer, address, immediates[1])
        pair = writer.value(f"cmpxchg ptr {there}, {kind} {wanted}, {kind} {value} {_LINE} {_LINE}")
        return writer.value(f"extractvalue {{ {kind}, i1 }} {pair}, 0")

    return write


def _narrower(writer: Writer, kind: str, bits: int, value: str) -> str:
    return value if bits == int(kind[1:]) else writer.value(f"trunc {kind} {value} to i{bits}")


def _wider(writer: Writer, kind: str, bits: int, value: str) -> str:
    return value if bits == int(kind[1:]) else writer.value(f"zext i{bits} {value} to {kind}")
