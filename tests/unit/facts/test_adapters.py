"""An adapter is what it says it is."""

from msgspec.structs import replace

from gapprof.facts.adapters import (
    SOFTWARE_SENTENCE,
    differences,
    foreign_to,
    is_software,
    notes,
    titled,
)
from tests.unit.gpu.written import SWIFTSHADER

REAL = replace(
    SWIFTSHADER,
    vendor="nvidia",
    architecture="ampere",
    device="0x20b0",
    description="NVIDIA A100",
    kind="discrete GPU",
    is_fallback=False,
)
SILENT = replace(
    REAL, vendor="", architecture="", device="", description="", backend="", kind="", is_fallback=None
)


def test_software_is_said_by_what_the_adapter_tells() -> None:
    assert notes(SWIFTSHADER) == (SOFTWARE_SENTENCE,)
    assert notes(REAL) == ()
    assert is_software(replace(SILENT, is_fallback=True))
    assert is_software(replace(SILENT, kind="CPU"))
    assert is_software(replace(SILENT, description="llvmpipe (LLVM 19.1, 256 bits)"))
    assert is_software(replace(SILENT, description="Microsoft Basic Render Driver"))
    assert not is_software(SILENT)


def test_an_adapter_is_named_by_its_own_words() -> None:
    assert titled(REAL) == "nvidia ampere (NVIDIA A100, vulkan)"
    assert titled(replace(REAL, description="", backend="")) == "nvidia ampere (0x20b0)"
    assert titled(SILENT) == "an adapter without a name"


def test_two_adapters_differ_only_in_what_both_tell() -> None:
    assert differences(REAL, REAL) == ()
    assert differences(REAL, SILENT) == ()
    assert differences(REAL, SWIFTSHADER) == ("vendor nvidia, google", "architecture ampere, swiftshader")


def test_that_one_of_two_is_software_tells_them_apart_where_no_name_does() -> None:
    fallback, no_fallback = replace(SILENT, is_fallback=True), replace(SILENT, is_fallback=False)
    assert differences(REAL, fallback) == ("kind GPU, software",)
    assert differences(fallback, REAL) == ("kind software, GPU",)
    assert differences(no_fallback, SWIFTSHADER) == ("kind GPU, software",)
    assert differences(fallback, SWIFTSHADER) == ()
    assert differences(SILENT, SWIFTSHADER) == (), "one that tells nothing at all may be the same"


def test_a_vendors_own_provider_runs_on_no_software_and_on_no_other_vendors_adapter() -> None:
    assert not foreign_to("CUDAExecutionProvider", REAL)
    assert foreign_to("CoreMLExecutionProvider", REAL)
    assert not foreign_to("DmlExecutionProvider", REAL)
    assert foreign_to("DmlExecutionProvider", SWIFTSHADER)
    assert not foreign_to("WebGpuExecutionProvider", SWIFTSHADER)
    assert not foreign_to("CPUExecutionProvider", SWIFTSHADER)
