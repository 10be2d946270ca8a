"""What a page really fetched, told apart from what it brought itself."""

from pathlib import Path

import pytest

from gapprof.browser.readback import wasm_facts, wasm_file


def test_a_pages_own_wasm_is_not_taken_for_the_runtimes() -> None:
    fetched = ["page/index.html", "ort/dist/ort-wasm.wasm", "page/game.wasm", "model/sort/other.wasm"]
    assert wasm_file(fetched) == "dist/ort-wasm.wasm"
    assert wasm_file(["page/game.wasm"]) is None


@pytest.mark.parametrize("content", [b"", b"<!doctype html>", b"\0asm\1\0\0\0\x0a\x85", None])
def test_a_wasm_that_cannot_be_read_has_no_facts(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "m.wasm"
    if content is not None:
        file.write_bytes(content)
    assert wasm_facts(file) == (None, None)
