"""A recording's file is read whole and in order, or refused with one sentence."""

import re
from pathlib import Path

import msgspec
import numpy as np
import pytest

from gapprof.errors import EnvironmentUnusable, GapprofError, ModelUnusable, WrongUse
from gapprof.gpu import trace
from gapprof.records.gpu_trace import (
    Call,
    CreateBuffer,
    Mark,
    SetPipeline,
    WriteBuffer,
)
from tests.hostile.mutations import mutated
from tests.unit.gpu.written import BLOBS, calls_of, file_of, header_of

GOOD = file_of(header_of(calls_of(3)))
FUZZED = 600


def test_what_was_written_is_read() -> None:
    found = trace.parsed(GOOD)
    assert found.header == header_of(calls_of(3))
    assert tuple(bytes(blob) for blob in found.blobs) == BLOBS
    assert found.size_bytes == len(GOOD)
    assert found.adapter.identity.architecture == "swiftshader"


def test_a_file_is_read_as_its_bytes_are(tmp_path: Path) -> None:
    (tmp_path / "a.trace").write_bytes(GOOD)
    assert trace.read(tmp_path / "a.trace") == trace.parsed(GOOD)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no recording"),
        (b"\x7fELF" * 9, "no recording"),
        (GOOD[:20], "ends in its first bytes"),
        (GOOD[:200], "its header needs"),
        (GOOD[:-8], "cut off"),
        (GOOD + bytes(8), "8 bytes stand behind the last blob"),
        (GOOD.replace(BLOBS[2], BLOBS[2][::-1]), "blob 2 does not hold what was recorded"),
        (file_of(header_of(calls_of(3)), version=2), "has version 2; this gapprof reads version 1"),
        (file_of(b"[" * 5000), "its header cannot be read"),
        (file_of(b"\xff\xfe"), "its header cannot be read"),
        (file_of(b'{"format":"gapprof/report"}'), "its header cannot be read"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_is_no_whole_recording_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(WrongUse, match=said) as caught:
        trace.parsed(data)
    assert caught.value.hint


def test_a_field_that_is_not_known_is_not_passed_over() -> None:
    header = msgspec.json.decode(msgspec.json.encode(header_of(calls_of(2))))
    header["calls"][2]["label"] = "x"
    with pytest.raises(WrongUse, match="label"):
        trace.parsed(file_of(msgspec.json.encode(header)))


def test_a_file_beyond_its_bound_is_refused_before_it_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.trace"
    path.write_bytes(GOOD)
    with pytest.raises(WrongUse, match="more than 100 bytes"):
        trace.read(path, most_bytes=100)


@pytest.mark.parametrize("path", ["", "nothing.trace", "a\0b"])
def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path, path: str) -> None:
    with pytest.raises(WrongUse, match="cannot be read"):
        trace.read(tmp_path / path)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"ended": "the recording passed 9 bytes, which is all it may have, in run 1"}, "passed 9 bytes"),
        ({"unsupported": ("GPUDevice.createTexture",)}, "GPUDevice.createTexture"),
    ],
)
def test_a_whole_one_that_cannot_be_replayed_says_why(said: dict[str, object], words: str) -> None:
    with pytest.raises(ModelUnusable, match=words) as caught:
        trace.parsed(file_of(header_of(calls_of(3), **said)))
    assert caught.value.hint


def test_a_device_that_was_lost_is_no_fault_of_the_model() -> None:
    with pytest.raises(EnvironmentUnusable, match="the driver gave up") as caught:
        trace.parsed(file_of(header_of(calls_of(3), lost="unknown: the driver gave up")))
    assert caught.value.hint


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (WriteBuffer(queue=3, buffer=4, offset=0, blob=3), "wants blob 3 of 3"),
        (WriteBuffer(queue=3, buffer=99, offset=0, blob=0), "wants buffer 99, which is nothing yet"),
        (WriteBuffer(queue=3, buffer=6, offset=0, blob=0), "wants buffer 6, which is pipeline"),
        (SetPipeline(on=4, pipeline=6), "wants pass 4, which is buffer"),
        (
            CreateBuffer(device=2, out=4, size=4, usage=1, mapped=False),
            "makes buffer 4, a number that is taken",
        ),
        (Mark(run=3, edge="end", at_ms=0.0), "do not begin and end one after the other"),
        (Mark(run=4, edge="begin", at_ms=0.0), "do not begin and end one after the other"),
    ],
)
def test_a_call_that_cannot_be_made_is_found_before_anything_is(wrong: Call, said: str) -> None:
    with pytest.raises(WrongUse, match=re.escape(said)):
        trace.parsed(file_of(header_of((*calls_of(3), wrong))))


def test_a_page_that_asked_for_no_adapter_ran_on_no_gpu() -> None:
    with pytest.raises(ModelUnusable, match="asked for no GPU adapter"):
        trace.parsed(file_of(header_of(())))


def test_whatever_is_wrong_with_a_file_the_answer_is_a_sentence() -> None:
    rng = np.random.default_rng(0)
    refusals = [error for _ in range(FUZZED) if (error := _refusal(mutated(GOOD, rng))) is not None]
    assert len(refusals) > FUZZED / 2
    assert all(error.message and error.hint for error in refusals)
    assert max(len(error.message) for error in refusals) < 1000


def _refusal(data: bytes) -> GapprofError | None:
    try:
        trace.parsed(data)
    except GapprofError as error:
        return error
    return None
