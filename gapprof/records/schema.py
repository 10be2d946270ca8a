"""JSON Schemas of what `--json` writes, shipped here. `python -m gapprof.records.schema` renews them."""

import inspect
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from gapprof.records import comparison, gate, gpu_yardstick, report, selftest, study, yardstick

PATH = Path(__file__).with_name("report.schema.json")
SHIPPED: dict[Path, tuple[type[msgspec.Struct], ModuleType]] = {
    PATH: (report.Report, report),
    PATH.with_name("comparison.schema.json"): (comparison.Comparison, comparison),
    PATH.with_name("check.schema.json"): (gate.Gate, gate),
    PATH.with_name("selftest.schema.json"): (selftest.Selftest, selftest),
    PATH.with_name("study.schema.json"): (study.Study, study),
    PATH.with_name("kernels.schema.json"): (yardstick.Kernels, yardstick),
    PATH.with_name("gpu-kernels.schema.json"): (gpu_yardstick.GpuKernels, gpu_yardstick),
}
"""File → the document that is valid against it, and the module that names its version."""


def schema_text(path: Path = PATH) -> str:
    """The file's content; a document of this version is valid against it, newer minors may add keys."""
    document, module = SHIPPED[path]
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{module.SCHEMA} {module.SCHEMA_VERSION}",
        **_cleaned(msgspec.json.schema(document)),
    }
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _cleaned(schema: Any) -> Any:
    """The same with docstrings as they are read: msgspec before 0.23 leaves their indentation in."""
    if isinstance(schema, list):
        return [_cleaned(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: inspect.cleandoc(one) if key == "description" and isinstance(one, str) else _cleaned(one)
        for key, one in schema.items()
    }


if __name__ == "__main__":
    for shipped in SHIPPED:
        shipped.write_text(schema_text(shipped), encoding="utf-8")
