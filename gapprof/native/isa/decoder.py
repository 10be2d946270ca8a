"""How long an x86-64 instruction is: just enough of a decoder to walk a function instruction by instruction.

Opcode maps after the Intel SDM, volume 2, appendix A. What compilers do not emit is refused, not guessed:
a wrong length could make data look like an instruction.
"""

# One character per opcode, sixteen per row:
#   .  no operand bytes            m  ModRM
#   b  imm8 or rel8                M  ModRM, imm8
#   w  imm16                       Z  ModRM, imm16/32
#   z  imm16/32                    g  ModRM, imm8/16/32 if its reg field is below 2
#   v  imm16/32, imm64 with REX.W  j  rel32
#   o  64-bit offset               e  imm16, imm8
#   p  prefix   r  REX             T  two-byte map   8  map 0F 38   A  map 0F 3A
#   5  VEX2   4  VEX3   6  EVEX    X  XOP, or ModRM when its map field says otherwise
#   x  not an instruction in 64-bit mode, or never compiled
_ONE_BYTE = (
    "mmmmbzxxmmmmbzxT"  # 00
    "mmmmbzxxmmmmbzxx"  # 10
    "mmmmbzpxmmmmbzpx"  # 20
    "mmmmbzpxmmmmbzpx"  # 30
    "rrrrrrrrrrrrrrrr"  # 40
    "................"  # 50
    "xx6mppppzZbM...."  # 60
    "bbbbbbbbbbbbbbbb"  # 70
    "MZxMmmmmmmmmmmmX"  # 80
    "..........x....."  # 90
    "oooo....bz......"  # A0
    "bbbbbbbbvvvvvvvv"  # B0
    "MMw.45MZe.w..bx."  # C0
    "mmmmxxx.mmmmmmmm"  # D0
    "bbbbbbbbjjxb...."  # E0
    "p.pp..gg......mm"  # F0
)
_TWO_BYTE = (
    "mmmmx.....x.xm.M"  # 00
    "mmmmmmmmmmmmmmmm"  # 10
    "mmmmxxxxmmmmmmmm"  # 20
    "......x.8xAxxxxx"  # 30
    "mmmmmmmmmmmmmmmm"  # 40
    "mmmmmmmmmmmmmmmm"  # 50
    "mmmmmmmmmmmmmmmm"  # 60
    "MMMMmmm.xxxxmmmm"  # 70
    "jjjjjjjjjjjjjjjj"  # 80
    "mmmmmmmmmmmmmmmm"  # 90
    "...mMmxx...mMmmm"  # A0
    "mmmmmmmmmmMmmmmm"  # B0
    "mmMmMMMm........"  # C0
    "mmmmmmmmmmmmmmmm"  # D0
    "mmmmmmmmmmmmmmmm"  # E0
    "mmmmmmmmmmmmmmmm"  # F0
)
_ADDRESS_SIZE = 0x67
_OPERAND_SIZE = 0x66
_VEX_IMM8 = frozenset({0x70, 0x71, 0x72, 0x73, 0xC2, 0xC4, 0xC5, 0xC6})  # map 0F only
_VZEROUPPER = 0x77  # the one VEX instruction of map 0F without ModRM
_XOP_IMMEDIATE = {8: 1, 9: 0, 10: 4}
_LONGEST = 15


class UndecodableError(ValueError):
    """These bytes are not an instruction that this decoder knows."""


def length(code: bytes, offset: int) -> int:
    """Bytes of the instruction at `offset`; UndecodableError for anything unknown or cut off."""
    try:
        size = _end(code, offset) - offset
    except IndexError:
        raise UndecodableError(f"the code ends inside the instruction at {offset:#x}") from None
    if size > _LONGEST or offset + size > len(code):
        raise UndecodableError(f"no instruction of at most {_LONGEST} bytes at {offset:#x}")
    return size


def _end(code: bytes, at: int) -> int:
    narrow = short_address = wide = False
    while _ONE_BYTE[code[at]] == "p":
        narrow |= code[at] == _OPERAND_SIZE
        short_address |= code[at] == _ADDRESS_SIZE
        at += 1
    if _ONE_BYTE[code[at]] == "r":
        wide = bool(code[at] & 8)
        at += 1
    opcode = code[at]
    at += 1
    kind = _ONE_BYTE[opcode]
    if kind == "T":
        return _two_byte(code, at)
    if kind == "X" and code[at] & 0x1F >= 8:
        return _xop(code, at)
    if kind in "546":
        return _vex(code, at, kind)
    immediate = 2 if narrow and not wide else 4
    match kind:
        case ".":
            return at
        case "b":
            return at + 1
        case "w":
            return at + 2
        case "e":
            return at + 3
        case "z":
            return at + immediate
        case "j":
            return at + 4
        case "v":
            return at + (8 if wide else immediate)
        case "o":
            return at + (4 if short_address else 8)
        case "m" | "X":
            return _after_modrm(code, at)
        case "M":
            return _after_modrm(code, at) + 1
        case "Z":
            return _after_modrm(code, at) + immediate
        case "g":
            tests = code[at] >> 3 & 7 < 2
            size = (1 if opcode == 0xF6 else immediate) if tests else 0
            return _after_modrm(code, at) + size
        case _:
            raise UndecodableError(f"opcode {opcode:#04x}")


def _two_byte(code: bytes, at: int) -> int:
    opcode = code[at]
    at += 1
    match _TWO_BYTE[opcode]:
        case ".":
            return at
        case "m":
            return _after_modrm(code, at)
        case "M":
            return _after_modrm(code, at) + 1
        case "j":
            return at + 4
        case "8":
            return _after_modrm(code, at + 1)
        case "A":
            return _after_modrm(code, at + 1) + 1
        case _:
            raise UndecodableError(f"opcode 0f {opcode:#04x}")


def _vex(code: bytes, at: int, kind: str) -> int:
    """VEX and EVEX; `at` is the byte after C5, C4 or 62."""
    maps: tuple[int, ...] = (1, 2, 3)
    if kind == "5":
        number, at = 1, at + 1
    elif kind == "4":
        number, at = code[at] & 0x1F, at + 2
    else:
        maps = (1, 2, 3, 5, 6)
        number, at = code[at] & 7, at + 3
    if number not in maps:
        raise UndecodableError(f"VEX or EVEX map {number}")
    opcode = code[at]
    at += 1
    if number == 1 and opcode == _VZEROUPPER and kind != "6":
        return at
    has_immediate = number == 3 or (number == 1 and opcode in _VEX_IMM8)
    return _after_modrm(code, at) + has_immediate


def _xop(code: bytes, at: int) -> int:
    """AMD's XOP; `at` is the byte after 8F."""
    number = code[at] & 0x1F
    if number not in _XOP_IMMEDIATE:
        raise UndecodableError(f"XOP map {number}")
    return _after_modrm(code, at + 3) + _XOP_IMMEDIATE[number]


def _after_modrm(code: bytes, at: int) -> int:
    """The byte after ModRM, SIB and displacement."""
    modrm = code[at]
    at += 1
    mode, base = modrm >> 6, modrm & 7
    if mode == 3:
        return at
    if base == 4:
        base = code[at] & 7
        at += 1
    if mode == 0:
        return at + 4 if base == 5 else at
    return at + (1 if mode == 1 else 4)
