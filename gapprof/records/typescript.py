"""The page's type declarations, generated from `records.wire`: one shape, declared once.

`python -m gapprof.records.typescript > probes_web/wire.d.ts`
"""

import inspect as source
import sys
from typing import get_args

from msgspec import inspect

from gapprof.records import gpu_trace
from gapprof.records.wire import messages

_HEADER = (
    "// Generated from gapprof/records/wire; a contract test compares. Make it anew with\n"
    "// python -m gapprof.records.typescript > probes_web/wire.d.ts\n"
)


def declarations() -> str:
    """`probes_web/wire.d.ts`, whole: an interface per value, and unions: tasks, answers, GPU calls."""
    tasks, answers, calls = messages.tasks(), messages.answers(), get_args(gpu_trace.Call)
    structs: dict[str, inspect.StructType] = {}
    for cls in (*tasks, *answers, gpu_trace.TraceHeader):
        _collect(inspect.type_info(cls), structs)
    parts = [_HEADER, *(_interface(struct) for struct in structs.values())]
    for name, members in (("Task", tasks), ("Answer", answers), ("GpuCall", calls)):
        parts.append(f"export type {name} = {' | '.join(cls.__name__ for cls in members)};\n")
    return "\n".join(parts)


def _collect(found: inspect.Type, structs: dict[str, inspect.StructType]) -> None:
    match found:
        case inspect.StructType():
            for field in found.fields:
                _collect(field.type, structs)
            structs.setdefault(found.cls.__name__, found)
        case inspect.VarTupleType():
            _collect(found.item_type, structs)
        case inspect.UnionType():
            for member in found.types:
                _collect(member, structs)
        case inspect.Metadata():
            _collect(found.type, structs)
        case _:
            pass


def _interface(struct: inspect.StructType) -> str:
    lines = [f"/** {source.getdoc(struct.cls)} */", f"export interface {struct.cls.__name__} {{"]
    if struct.tag_field is not None:
        lines.append(f'  {struct.tag_field}: "{struct.tag}";')
    lines += [f"  {field.encode_name}: {_written(field.type)};" for field in struct.fields]
    return "\n".join([*lines, "}"]) + "\n"


def _written(found: inspect.Type) -> str:
    """A type as TypeScript; raises TypeError for what JSON between Python and a page should not hold."""
    match found:
        case inspect.StrType():
            return "string"
        case inspect.LiteralType():
            return " | ".join(f'"{value}"' for value in found.values)
        case inspect.IntType() | inspect.FloatType():
            return "number"
        case inspect.BoolType():
            return "boolean"
        case inspect.NoneType():
            return "null"
        case inspect.StructType():
            return found.cls.__name__
        case inspect.VarTupleType():
            item = _written(found.item_type)
            return f"readonly ({item})[]" if " | " in item else f"readonly {item}[]"
        case inspect.TupleType():
            return f"readonly [{', '.join(_written(item) for item in found.item_types)}]"
        case inspect.DictType():
            return f"Readonly<Record<{_written(found.key_type)}, {_written(found.value_type)}>>"
        case inspect.UnionType():
            return " | ".join(_written(member) for member in found.types)
        case inspect.Metadata():
            return _written(found.type)
        case _:
            raise TypeError(f"records.wire holds a type that has no TypeScript here: {found}")


if __name__ == "__main__":
    sys.stdout.write(declarations())
