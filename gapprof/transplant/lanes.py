"""Single lanes taken out of vectors and put into them."""

from gapprof.transplant.shapes import SHAPES, V, seen, whole
from gapprof.transplant.writer import Writer

_SMALL = ("i8", "i16")
_SCALARS = {"float": "f32", "double": "f64", "i64": "i64"}


def is_of_lane(name: str) -> bool:
    """Whether an instruction has the number of a lane as its immediate."""
    return name.partition(".")[2].startswith(("extract_lane", "replace_lane"))


def operands(name: str) -> int:
    """How many it takes."""
    return 2 if name.endswith("replace_lane") else 1


def written(writer: Writer, name: str, number: int, vector: str, scalar: str = "") -> tuple[str, str]:
    """Kind and value of the result."""
    shape, _, what = name.partition(".")
    lanes = SHAPES[shape]
    source = f"{lanes.text} {seen(writer, lanes, vector)}"
    small = lanes.element in _SMALL
    if what == "replace_lane":
        if small:
            scalar = writer.value(f"trunc i32 {scalar} to {lanes.element}")
        found = writer.value(f"insertelement {source}, {lanes.element} {scalar}, i32 {number}")
        return V, whole(writer, lanes, found)
    found = writer.value(f"extractelement {source}, i32 {number}")
    if small:
        op = "sext" if what.endswith("_s") else "zext"
        found = writer.value(f"{op} {lanes.element} {found} to i32")
    return _SCALARS.get(lanes.element, "i32"), found
