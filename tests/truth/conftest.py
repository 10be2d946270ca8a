"""What tests of this folder share."""

from pathlib import Path

import pytest


@pytest.fixture
def fetched_118(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files by the names of the real ones; nothing reads them here."""
    from gapprof import places  # tests whose platform is faked import it under that alone

    monkeypatch.setenv("GAPPROF_CACHE_DIR", str(tmp_path / "cache"))
    dist = places.web_packages() / "node_modules" / "onnxruntime-web-118" / "dist"
    (dist / "esm").mkdir(parents=True)
    for name in ("esm/ort.wasm.min.js", "ort-wasm.wasm", "ort-wasm-threaded.wasm"):
        (dist / name).write_bytes(b"")
