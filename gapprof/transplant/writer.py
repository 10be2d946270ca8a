"""LLVM IR of one function in the making: its lines, what it declares, and the next free name."""

WHOLE = "<16 x i8>"
"""A v128 between instructions; each looks at it in lanes of its own."""
TYPES = {"i32": "i32", "i64": "i64", "f32": "float", "f64": "double", "v128": WHOLE}
"""Value types of wasm → types of LLVM."""


class Writer:
    """Every value gets a name of its own; blocks are labelled by number."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.declared: dict[str, None] = {}
        self._names = 0

    def line(self, text: str) -> None:
        """One instruction that gives nothing, or a label."""
        self.lines.append(text)

    def value(self, instruction: str) -> str:
        """The name of what the instruction gives."""
        self._names += 1
        self.lines.append(f"%t{self._names} = {instruction}")
        return f"%t{self._names}"

    def label(self, what: str) -> str:
        """A free name of a block."""
        self._names += 1
        return f"{what}{self._names}"

    def intrinsic(self, name: str, result: str, *operands: tuple[str, str]) -> str:
        """What `llvm.name` gives for operands (type, value); an empty result is void."""
        kinds = ", ".join(kind for kind, _ in operands)
        self.declared[f"declare {result or 'void'} @llvm.{name}({kinds})"] = None
        passed = ", ".join(f"{kind} {one}" for kind, one in operands)
        if result:
            return self.value(f"call {result} @llvm.{name}({passed})")
        self.line(f"call void @llvm.{name}({passed})")
        return ""

    def trap_if(self, flag: str) -> None:
        """To the one block that ends the process; it is written where the function ends."""
        onward = self.label("sound")
        self.line(f"br i1 {flag}, label %trap, label %{onward}")
        self.line(f"{onward}:")
