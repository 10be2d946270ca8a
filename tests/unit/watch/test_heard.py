"""Logs of a page to sessions: what belongs to which, and what no observer would have written."""

import msgspec
import pytest

from gapprof.watch.heard import Log, TroubleLine, sessions, told
from gapprof.watch.versions import version_of

SESSION = {
    "kind": "session",
    "at_ms": 1.0,
    "session": "7",
    "created": True,
    "blob": 0,
    "size_bytes": 9,
    "began_ms": 0.0,
    "took_ms": 5.0,
}
INPUTS = {
    "kind": "inputs",
    "at_ms": 1.0,
    "session": "7",
    "inputs": [{"name": "x", "type": 1, "dims": [1], "blob": 3}],
}


def run(session: str = "7", took_ms: float = 2.0, *, failed: bool = False) -> dict[str, object]:
    return {"kind": "run", "session": session, "began_ms": 0.0, "took_ms": took_ms, "failed": failed}


def log(*lines: object, born: float = 1.0) -> Log:
    found = Log(where="main")
    found.add(told(answer(*lines, born=born)))
    return found


def answer(*lines: object, born: float = 1.0) -> str:
    return msgspec.json.encode({"born": born, "isolated": True, "log": lines}).decode()


def test_runs_and_inputs_belong_to_the_session_of_their_handle() -> None:
    other = {**SESSION, "session": "8"}
    first, second = sessions(log(SESSION, other, INPUTS, run(), run("8", 3.0), run(took_ms=4.0)))
    assert [one.took_ms for one in first.runs] == [2.0, 4.0]
    assert [one.name for one in first.inputs] == ["x"]
    assert [one.took_ms for one in second.runs] == [3.0]
    assert second.inputs == ()


def test_a_run_with_bound_outputs_is_a_run_that_says_so() -> None:
    (found,) = sessions(log(SESSION, run(), {**run(), "bound": True}))
    assert [one.bound for one in found.runs] == [False, True]


def test_a_handle_that_is_used_again_is_another_session() -> None:
    first, second = sessions(log(SESSION, run(took_ms=1.0), SESSION, run(took_ms=9.0)))
    assert [one.took_ms for one in first.runs] == [1.0]
    assert [one.took_ms for one in second.runs] == [9.0]


def test_external_data_belongs_to_the_session_that_comes_next() -> None:
    data = {"kind": "external", "at_ms": 0.5, "path": "w.data", "blob": 2}
    first, second = sessions(log(data, SESSION, {**SESSION, "session": "8"}))
    assert [one.path for one in first.external] == ["w.data"]
    assert second.external == ()


def test_a_session_that_was_refused_is_none() -> None:
    assert sessions(log({**SESSION, "created": False}, run())) == []


def test_another_document_has_another_log() -> None:
    found = log(SESSION, run())
    assert found.add(told(answer(INPUTS, born=2.0)))
    assert len(found.lines) == 1
    assert not found.add(told(answer(born=2.0)))


@pytest.mark.parametrize(
    "line",
    [
        {"kind": "unheard-of"},
        {"kind": "run"},
        {**SESSION, "blob": "seven"},
        {**INPUTS, "inputs": [{"name": "x"}]},
        {"kind": "setting", "name": "numThreads", "value": None, "stack": []},
        "run",
        None,
    ],
)
def test_a_line_that_no_observer_writes_is_a_trouble_and_the_others_are_heard(line: object) -> None:
    found = log(SESSION, line, run())
    assert [len(one.runs) for one in sessions(found)] == [1]
    (trouble,) = found.of(TroubleLine)
    assert trouble.text.startswith("a line of the log cannot be read")


@pytest.mark.parametrize("text", ["[]", "", '{"born": 1}', '{"born": 1, "isolated": true, "log": {}}'])
def test_what_is_no_answer_is_refused(text: str) -> None:
    with pytest.raises(msgspec.MsgspecError):
        told(text)


@pytest.mark.parametrize(
    ("code", "version"),
    [
        (b"..onnxruntime..\x001.30.0\x00..", "1.30.0"),
        (b"..onnxruntime..\x001.18.1\x00..\x001.18.1\x00", "1.18.1"),
        (b"..onnxruntime..\x001.18.1\x00..\x001.2.0\x00", ""),
        (b"..something else..\x001.30.0\x00..", ""),
        (b"..onnxruntime 1.30.0..", ""),
    ],
)
def test_the_version_is_read_only_where_there_is_no_doubt(code: bytes, version: str) -> None:
    assert version_of(code) == version
