"""The lengths of x86-64 instructions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapprof.native.isa.decoder import UndecodableError, length

INSTRUCTIONS = {
    "cpuid": "0fa2",
    "ud2": "0f0b",
    "endbr64": "f30f1efa",
    "nop with two operand-size prefixes": "6666662e0f1f840000000000",
    "push rbx": "53",
    "mov eax, imm32": "b878563412",
    "mov ax, imm16": "66b83412",
    "movabs rax, imm64": "48b8efcdab8967452301",
    "REX.W wins over 66": "6648b8efcdab8967452301",
    "movabs al, [moffs64]": "a0efcdab8967452301",
    "mov al, [moffs32] with 67": "67a078563412",
    "mov dword [rip+disp32], imm32": "c7051000000078563412",
    "mov word [rip+disp32], imm16": "66c705100000003412",
    "lea with SIB and disp32": "488d84c878563412",
    "SIB without base": "8b04cd78563412",
    "SIB without base, REX": "428b04cd78563412",
    "r12 as base needs a SIB": "418b0424",
    "r13 as base needs a displacement": "418b4500",
    "register form of rm=5 has no displacement": "89ed",
    "test byte, imm8": "f6c101",
    "not byte": "f6d1",
    "test dword, imm32": "f7c100010000",
    "test word, imm16": "66f7c10001",
    "div dword": "f7f1",
    "call rel32": "e810000000",
    "data16 call __tls_get_addr": "666648e810000000",
    "jb rel32": "0f8210000000",
    "enter": "c8100000",
    "ret imm16": "c21000",
    "push imm8": "6a01",
    "imul reg, rm, imm8": "6bc00a",
    "imul reg, rm, imm32": "69c010000000",
    "shld imm8": "0fa4c104",
    "bt imm8": "0fbae003",
    "pshufd": "660f70c01b",
    "palignr (0F 3A)": "660f3a0fc108",
    "pshufb (0F 38)": "660f3800c1",
    "crc32": "f20f38f0c1",
    "xgetbv": "0f01d0",
    "lock cmpxchg": "f0480fb10a",
    "lock xadd with disp8": "f04d0fc14a20",
    "fs: mov": "64488b042528000000",
    "fld tbyte": "db6c2410",
    "rep movsb": "f3a4",
    "VEX2 vzeroupper": "c5f877",
    "VEX2 vmovups": "c5fc1007",
    "VEX2 vpshufd imm8": "c5f970c01b",
    "VEX2 vcmpps imm8": "c5fcc2c102",
    "VEX3 map 2 vfmadd231ps": "c4e275b8c2",
    "VEX3 map 3 vperm2f128": "c4e37d06c120",
    "VEX3 map 1 vzeroall-shaped": "c4e17c77",
    "VEX3 rip-relative with imm8": "c4e37d180510000000" + "01",
    "EVEX vmovups zmm": "62f17c481007",
    "EVEX disp8": "62f17c48104701",
    "EVEX map 3 vpternlogd": "62f37d4825c1ff",
    "EVEX map 1 vpsrld imm8": "62f17d4872d004",
    "EVEX map 5 vaddph": "62f57c4858c1",
    "EVEX map 6 vfmadd132ph": "62f67d4898c1",
    "EVEX opcode 77 has ModRM": "62f17c4877c0",
    "XOP map 8 vpcmov imm8": "8fe878a2c110",
    "XOP map 9": "8fe97881c1",
    "XOP map 10 bextr imm32": "8fea7810c178563412",
    "8F that is pop": "8f00",
    "3DNow! has its opcode last": "0f0fc19e",
    "RTM xbegin": "c7f810000000",
}
UNKNOWN = {
    "push es": "06",
    "aam": "d40a",
    "REX2 (APX)": "d51000",
    "far jump": "ea0000000000",
    "two REX prefixes": "4048c3",
    "a prefix behind REX": "4866c3",
    "VEX map 7": "c4e77c1007",
    "EVEX map 4 (APX)": "62f47c481007",
    "XOP map 11": "8feb7810c1",
    "EXTRQ": "660f78c00101",
    "0f 04": "0f04",
}


@pytest.mark.parametrize("code", INSTRUCTIONS.values(), ids=INSTRUCTIONS)
def test_the_length_of_an_instruction_is_known_whatever_follows(code: str) -> None:
    instruction = bytes.fromhex(code)
    for tail in (b"", b"\x00" * 16, b"\xff" * 16, b"\x0f\xa2" * 8):
        assert length(b"\xcc" + instruction + tail, 1) == len(instruction)


@pytest.mark.parametrize("code", INSTRUCTIONS.values(), ids=INSTRUCTIONS)
def test_an_instruction_that_is_cut_off_has_no_length(code: str) -> None:
    instruction = bytes.fromhex(code)
    with pytest.raises(UndecodableError):
        length(instruction[:-1], 0)


@pytest.mark.parametrize("code", UNKNOWN.values(), ids=UNKNOWN)
def test_what_compilers_do_not_emit_is_refused_rather_than_guessed(code: str) -> None:
    with pytest.raises(UndecodableError):
        length(bytes.fromhex(code) + bytes(16), 0)


def test_more_than_fifteen_bytes_are_no_instruction() -> None:
    assert length(b"\x66" * 14 + b"\x90", 0) == 15
    with pytest.raises(UndecodableError):
        length(b"\x66" * 15 + b"\x90", 0)


@given(st.binary(max_size=40), st.integers(min_value=0, max_value=40))
def test_any_bytes_have_a_length_inside_the_code_or_none(code: bytes, offset: int) -> None:
    try:
        size = length(code, offset)
    except UndecodableError:
        return
    assert 1 <= size <= 15
    assert offset + size <= len(code)
