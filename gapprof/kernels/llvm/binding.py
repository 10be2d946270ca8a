"""llvmlite, which is optional: nothing is imported from it before it is wanted.

`llvmlite.binding.initialize()` must not be called: it no longer exists in what is pinned, and raises.
"""

import importlib
from functools import cache
from typing import Any

from gapprof.errors import EnvironmentUnusable


@cache
def binding() -> Any:
    """Ready for this machine. Raises EnvironmentUnusable where there is no llvmlite."""
    try:
        found: Any = importlib.import_module("llvmlite.binding")
    except ImportError as error:
        raise EnvironmentUnusable(
            "native twin kernels need llvmlite, which is not installed",
            hint="Install it beside gapprof: `pip install 'gapprof[kernels]'`.",
        ) from error
    found.initialize_native_target()
    found.initialize_native_asmprinter()
    found.initialize_native_asmparser()
    return found
