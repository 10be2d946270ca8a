"""Lanes of a v128: how many of what, and how a vector is seen in them."""

from dataclasses import dataclass

from gapprof.transplant.writer import WHOLE, Writer

V = "v128"


@dataclass(frozen=True, slots=True)
class Lanes:
    """So many of one element, by LLVM's names."""

    element: str
    count: int
    short: str
    """As intrinsics are named: `v4f32`."""

    @property
    def text(self) -> str:
        """The type."""
        return f"<{self.count} x {self.element}>"

    @property
    def bits(self) -> int:
        """Of one lane."""
        return {"float": 32, "double": 64}.get(self.element) or int(self.element[1:])

    def all(self, value: str) -> str:
        """A constant with the same in every lane."""
        return "<" + ", ".join([f"{self.element} {value}"] * self.count) + ">"


def integers(bits: int, count: int) -> Lanes:
    """Of any width, for what lies between."""
    return Lanes(f"i{bits}", count, f"v{count}i{bits}")


SHAPES = {
    **{f"i{bits}x{128 // bits}": integers(bits, 128 // bits) for bits in (8, 16, 32, 64)},
    "f32x4": Lanes("float", 4, "v4f32"),
    "f64x2": Lanes("double", 2, "v2f64"),
}


def seen(writer: Writer, lanes: Lanes, whole: str) -> str:
    """A v128 in those lanes."""
    return whole if lanes.text == WHOLE else writer.value(f"bitcast {WHOLE} {whole} to {lanes.text}")


def whole(writer: Writer, lanes: Lanes, value: str) -> str:
    """Back from those lanes."""
    return value if lanes.text == WHOLE else writer.value(f"bitcast {lanes.text} {value} to {WHOLE}")


def spread(writer: Writer, lanes: Lanes, scalar: str) -> str:
    """The same number in every lane."""
    first = writer.value(f"insertelement {lanes.text} poison, {lanes.element} {scalar}, i32 0")
    zeros = f"<{lanes.count} x i32> zeroinitializer"
    return writer.value(f"shufflevector {lanes.text} {first}, {lanes.text} poison, {zeros}")


def picked(writer: Writer, lanes: Lanes, left: str, right: str, order: list[int]) -> str:
    """Lanes of two vectors in an order."""
    mask = ", ".join(f"i32 {one}" for one in order)
    return writer.value(
        f"shufflevector {lanes.text} {left}, {lanes.text} {right}, <{len(order)} x i32> <{mask}>"
    )
