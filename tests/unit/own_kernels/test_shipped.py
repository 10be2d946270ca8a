"""What `gapprof kernels` does where nobody hurries it, as its tests in browsers do."""

from gapprof.gpu_kernels import bench as gpu_bench
from gapprof.gpu_kernels.run import SETTINGS as GPU
from gapprof.kernels.llvm.target import TARGETS
from gapprof.yardstick import bench, natively
from gapprof.yardstick.run import _REPEATS_S, _VECTORS
from gapprof.yardstick.run import SETTINGS as CPU


def test_native_twins_are_made_for_all_targets_but_those_without_vectors() -> None:
    assert [one.id for one in TARGETS if one.id not in _VECTORS] == ["scalar", "neon-scalar"]
    assert set(_VECTORS) == {"sse41", "avx128", "fma128", "avx2", "avx512", "neon", "neon-mul-add"}


def test_the_library_runs_in_a_browser_as_it_is_with_every_safety_switch_as_shipped() -> None:
    assert (GPU.backend, GPU.browser_args, GPU.js_flags) == ("webgpu", (), ())
    assert (CPU.backend, CPU.browser_args, CPU.js_flags) == ("wasm", (), ())


def test_tuning_takes_half_a_minute_at_most_and_as_long_goes_to_visits_that_were_disturbed() -> None:
    assert (bench.TUNING_S, gpu_bench.TUNING_S, _REPEATS_S) == (30.0, 30.0, 30.0)


def test_tuning_natively_takes_twenty_seconds_for_each_of_two_instruction_sets() -> None:
    assert natively.TUNING_S == 20.0
    assert natively.tuned_targets(_VECTORS) == ("sse41", "avx512")
