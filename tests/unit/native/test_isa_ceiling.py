"""The ceiling in real fresh processes: it works, it notices when it does not, and it breaks nothing else."""

import platform
import signal
import subprocess
import sys

import pytest

from gapprof.native.isa.ceiling import why_not
from gapprof.native.python import own_environment

needs_ceiling = pytest.mark.skipif(why_not("128") is not None, reason=str(why_not("128")))

INSTALL = """
from gapprof.native.isa.ceiling import *
ceiling = install("128", cache=None)
"""
FIND = """
from gapprof.native.isa import ceiling as c
from gapprof.native.isa.sites import find_sites
library = c.library_path()
addresses = [c.load_base(library) + a for a in find_sites(library, None).addresses]
"""
ILLEGAL_INSTRUCTION = """
import ctypes, sys
from gapprof.native.isa.memory import *
page = map_anonymous(4096)
ctypes.memmove(page, bytes.fromhex("0f0bc3"), 3)
protect(page, 4096, READ | EXECUTE)
sys.stdout.write("before"); sys.stdout.flush()
ctypes.CFUNCTYPE(None)(page)()
sys.stdout.write("after")
"""
DENY_NEW_CODE = """
import ctypes, struct
libc = ctypes.CDLL(None, use_errno=True)
# seccomp: EACCES for mmap (9) and mprotect (10) whose protection (third argument) holds PROT_EXEC
steps = [(0x20, 0, 0, 0), (0x15, 1, 0, 9), (0x15, 0, 3, 10), (0x20, 0, 0, 32), (0x45, 0, 1, 4),
         (0x06, 0, 0, 0x00050000 | 13), (0x06, 0, 0, 0x7fff0000)]
program = b"".join(struct.pack("<HBBI", *step) for step in steps)
held = ctypes.create_string_buffer(program, len(program))
header = struct.pack("<HxxxxxxQ", len(steps), ctypes.addressof(held))
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.c_char_p(header)) == 0
"""


def _python(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script], env=own_environment(), capture_output=True, text=True, timeout=120
    )


def _printed(script: str) -> str:
    done = _python(script)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@needs_ceiling
def test_the_import_of_onnxruntime_runs_into_the_ceiling() -> None:
    printed = _printed(INSTALL + "import onnxruntime\nprint(confirm(ceiling), *leaves_seen(ceiling))")
    count, *leaves = (int(word) for word in printed.split())
    assert count > 3
    assert {1, 7} <= set(leaves)


@needs_ceiling
def test_a_ceiling_installed_too_late_is_refused() -> None:
    done = _python("import onnxruntime\n" + INSTALL)
    assert done.returncode != 0
    assert "too late" in done.stderr


@needs_ceiling
def test_a_ceiling_that_nothing_ran_into_is_not_confirmed() -> None:
    script = "import onnxruntime\n" + FIND + "c.confirm(c.install_over(addresses, '128'))"
    done = _python(script)
    assert done.returncode != 0
    assert "executed no CPUID" in done.stderr


@needs_ceiling
def test_bytes_that_are_not_cpuid_are_not_patched() -> None:
    done = _python(FIND + "c.install_over([addresses[0] + 1], '128')")
    assert done.returncode != 0
    assert "expected CPUID" in done.stderr


@needs_ceiling
@pytest.mark.parametrize("before", ["", "import faulthandler; faulthandler.enable()\n"])
def test_a_genuine_illegal_instruction_still_kills(before: str) -> None:
    done = _python(before + INSTALL + ILLEGAL_INSTRUCTION)
    assert done.stdout == "before"
    assert done.returncode == -signal.SIGILL
    assert ("Fatal Python error: Illegal instruction" in done.stderr) is bool(before)


@needs_ceiling
def test_where_pages_may_not_become_code_others_are_mapped_over_them() -> None:
    # PR_SET_MDWE: no mapping gains the right to execute. Old kernels do not know it and answer EINVAL.
    deny = "import ctypes\ndenied = ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) == 0\n"
    script = deny + INSTALL + "import onnxruntime\nprint(denied, ceiling.trap.method, confirm(ceiling) > 3)"
    denied, method, confirmed = _printed(script).split()
    assert confirmed == "True"
    assert method == ("remap" if denied == "True" else "mprotect")


@needs_ceiling
def test_a_system_that_allows_neither_is_a_reason_not_a_crash() -> None:
    printed = _printed(
        "from gapprof.native.isa.ceiling import why_not\n" + DENY_NEW_CODE + "print(why_not('128'))"
    )
    assert "lets no process change its own code" in printed


@needs_ceiling
def test_a_patch_denied_after_the_library_was_loaded_is_an_error_with_its_reason() -> None:
    done = _python(FIND + DENY_NEW_CODE + "c.install_over(addresses, '128')")
    assert done.returncode == 1
    assert "does not let a process change its own code" in done.stderr


@needs_ceiling
def test_numpy_and_a_users_openblas_setting_do_not_disturb_it() -> None:
    before = "import os; os.environ['OPENBLAS_CORETYPE'] = 'Haswell'\n"
    used = "import numpy as np\nnp.ones((64, 64)) @ np.ones((64, 64))\n"
    after = "import onnxruntime\nprint(confirm(ceiling) > 3)"
    assert _printed(before + used + INSTALL + after) == "True"


def test_full_width_needs_no_ceiling_anywhere() -> None:
    assert why_not("full") is None


def test_an_unknown_ceiling_is_refused_by_name() -> None:
    reason = why_not("avx9")
    assert reason is not None
    assert "'avx9'" in reason


@pytest.mark.parametrize(("system", "name"), [("darwin", "Darwin"), ("win32", "Windows")])
def test_another_system_is_a_reason(system: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "system", lambda: name)
    reason = why_not("128")
    assert reason is not None
    assert name in reason


def test_another_processor_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    reason = why_not("avx2")
    assert reason is not None
    assert "aarch64" in reason
