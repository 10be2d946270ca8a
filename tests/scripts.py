"""Commands beside the package, in `benchmarks/` and `reports/`, as modules."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[1]


def script(path: str) -> ModuleType:
    """`benchmarks/NAME.py`, `reports/NAME.py`. It finds what lies beside it, as where it is run, and is found
    by its own name from then on."""
    file = ROOT / path
    if str(file.parent) not in sys.path:
        sys.path.append(str(file.parent))
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module  # msgspec looks there for the module of a type
    spec.loader.exec_module(module)
    return module
