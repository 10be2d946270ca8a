"""A second method of counting calls, which shares no code with hooks: additions among the instructions.

`at_callers` counts where a function is called, in the bodies of all that call it by its index; `at_entry`
counts in the function itself, as its first instructions. Counts are exported globals, and nothing moves.
"""

from collections.abc import Container, Iterable

from gapprof.wasm.decode import unsigned as number
from gapprof.wasm.encode import name, unsigned
from gapprof.wasm.instructions import instructions
from gapprof.wasm.module import CODE, ELEMENT, EXPORT, GLOBAL, Module, local_types, replaced

_CALLS = ("call", "return_call")


def at_callers(module: Module, functions: Iterable[int], callers: Container[int]) -> bytes:
    """Exports `callers:<function>` for each; only of calls in the bodies of `callers`."""
    counters = {function: module.global_count + at for at, function in enumerate(functions)}
    patterns = [b"\x10" + unsigned(function) for function in counters]
    bodies = []
    for caller, body in enumerate(module.bodies, start=module.imported_functions):
        whole = bytes(body)
        if caller in callers and any(pattern in whole for pattern in patterns):
            whole = _counted_sites(whole, counters)
        bodies.append(whole)
    return _with_counters(module, bodies, {f"callers:{one}": index for one, index in counters.items()})


def at_entry(module: Module, functions: Iterable[int]) -> bytes:
    """Exports `entry:<function>` for each."""
    counters = {function: module.global_count + at for at, function in enumerate(functions)}
    bodies = [bytes(body) for body in module.bodies]
    for function, index in counters.items():
        body = bodies[function - module.imported_functions]
        _, at = local_types(body)
        bodies[function - module.imported_functions] = body[:at] + _one_more(index) + body[at:]
    return _with_counters(module, bodies, {f"entry:{one}": index for one, index in counters.items()})


def in_tables(module: Module) -> frozenset[int]:
    """Functions that may be called by others than their direct callers: in a table, or exported."""
    found = {one.index for one in module.exports if one.kind == 0}
    data = module.contents(ELEMENT)
    segments, at = number(data, 0)
    for _ in range(segments):
        flags, at = number(data, at)
        assert flags == 0, "only active segments of the first table are read here"
        offset = next(iter(instructions(data, at)))
        assert offset.name == "i32.const"
        at = offset.end + 1
        count, at = number(data, at)
        for _ in range(count):
            function, at = number(data, at)
            found.add(function)
    return frozenset(found)


def _counted_sites(body: bytes, counters: dict[int, int]) -> bytes:
    _, at = local_types(body)
    parts = [body[:at]]
    for one in instructions(body, at):
        index = counters.get(int(one.immediates[0])) if one.name in _CALLS else None
        if index is not None:
            parts.append(_one_more(index))
        parts.append(body[one.at : one.end])
    return b"".join(parts)


def _one_more(index: int) -> bytes:
    return b"\x23" + unsigned(index) + b"\x41\x01\x6a\x24" + unsigned(index)


def _with_counters(module: Module, bodies: list[bytes], exports: dict[str, int]) -> bytes:
    own, at = number(module.contents(GLOBAL), 0)
    more = b"\x7f\x01\x41\x00\x0b" * len(exports)
    exported, begin = number(module.contents(EXPORT), 0)
    entries = b"".join(name(one) + b"\x03" + unsigned(index) for one, index in exports.items())
    return replaced(
        module,
        {
            GLOBAL: unsigned(own + len(exports)) + bytes(module.contents(GLOBAL)[at:]) + more,
            EXPORT: unsigned(exported + len(exports)) + bytes(module.contents(EXPORT)[begin:]) + entries,
            CODE: unsigned(len(bodies)) + b"".join(unsigned(len(body)) + body for body in bodies),
        },
    )
