from msgspec.structs import replace

from gapprof.backends.synthetic import Machine
from gapprof.digest.tried import nothing_helps
from gapprof.explain.report import build
from gapprof.records.settings import Settings
from tests.truth.recorder import record


def test_only_what_has_figures_was_tried() -> None:
    quiet = nothing_helps(build(record(Machine(), Settings(threads=2))))
    assert quiet == (
        "Nothing that was tried here helps beyond doubt: running the model in a worker and "
        "deploying the file as native onnxruntime optimises it."
    )
    busy = nothing_helps(build(record(Machine(), side_rounds=1)))
    assert "a thread per core" in busy
    assert "letting the page do less" in busy
    assert "version" not in busy


def test_where_nothing_was_tried_nothing_is_claimed() -> None:
    report = replace(build(record(Machine())), rungs=())
    assert nothing_helps(report) == "Nothing that a page could change was tried here."
