"""What an option of `explain` does is in the report: under the cause that it belongs to, by sign and size.

Recorded in real Chromium, nearly all as it was typed. That an option does the same on any machine, whatever
else that does: `live/test_options.py` and `live/test_command.py`.
"""

import re

import msgspec
import pytest

from gapprof.records.report import CauseRow, Report
from gapprof.records.trial import OutputCheck
from gapprof.text.numbers import factor_with_interval
from tests.scenarios.reading import case, cause, check, child, factor, report, text, told
from tests.scripts import script

SYMPTOMS = script("reports/symptoms.py")
PLAIN = "scenarios/every-rung"
"""The same model on the same machine as it comes."""
URL = f"http://127.0.0.1:{SYMPTOMS.PORT}/burning.html"
PAGES = {"scenarios/burning-page": "burning.html", "scenarios/page-by-url": URL}
"""Recording → what --page was."""


def typed(name: str) -> str:
    """What follows `gapprof explain`."""
    return " ".join(case(name).recording.begin.argv[2:])


def low(row: CauseRow) -> float:
    """The least that it costs, as far as the interval says."""
    assert row.factor is not None, row.why
    return row.factor.low


def assert_costs(found: Report, name: str, *, more_than: float) -> CauseRow:
    """The cause is told as one that costs, beyond doubt, and so much; the table has that factor."""
    row = cause(found, name)
    assert row.verdict == "costs"
    assert low(row) > more_than
    assert row.factor is not None
    assert f"{row.title} {factor_with_interval(row.factor)}" in text(found)
    return row


@pytest.mark.parametrize("name", PAGES)
def test_page_the_work_of_ones_own_page_is_contention_and_is_named(name: str) -> None:
    found = report(name)
    assert f"--page {PAGES[name]}" in typed(name)
    assert found.settings.page == PAGES[name]
    row = assert_costs(found, "contention", more_than=1.2)
    page = child(found, "contention", "page")
    assert page.verdict == "costs"
    assert low(page) > 1.2
    assert "is the page's own work getting in the way" in found.headline
    timer = told(row, "planted")
    assert "burning.html" in timer.text
    assert timer.value == pytest.approx(500, rel=0.1), "20 ms in every 40, of a second"
    assert timer.text in text(found)
    assert child(report(PLAIN), "contention", "page").verdict == "not-applicable"


def test_page_busy_is_contention_and_nothing_else() -> None:
    busy, quiet = report("compare/busy"), report("compare/quiet")
    assert busy.settings.page == "busy"
    assert_costs(busy, "contention", more_than=1.1)
    for row in busy.causes:
        if row.id not in ("contention", "gpu-abstraction"):
            assert factor(row) == pytest.approx(factor(cause(quiet, row.id)), rel=0.1)


def test_page_by_url_is_as_isolated_as_its_server_makes_it_which_is_threads() -> None:
    found = report("scenarios/page-by-url")
    assert check(found, "isolation").status == "fail"
    assert check(found, "threads-asked").text == "2 threads were asked for, the page got 1"
    row = assert_costs(found, "threads", more_than=1.1)
    assert row.owner == "page"
    assert "Cross-Origin-Opener-Policy" in row.advice


def test_no_isolation_is_threads() -> None:
    found = report("scenarios/no-headers")
    assert "--no-isolation --threads 2" in typed("scenarios/no-headers")
    assert (found.settings.isolation, found.settings.threads) == (False, 2)
    row = assert_costs(found, "threads", more_than=1.4)
    assert row.owner == "page"
    assert re.search(r"[\d.]+x comes with fewer threads", found.headline)
    assert check(report(PLAIN), "isolation").status == "pass"


def test_js_flags_of_the_baseline_tier_are_the_runtimes_and_the_first_words() -> None:
    found = report("scenarios/baseline-tier")
    assert "--js-flags=--liftoff-only" in typed("scenarios/baseline-tier")
    assert found.settings.js_flags == ("--liftoff-only",)
    row = assert_costs(found, "runtime", more_than=2)
    assert max(found.causes, key=lambda one: factor(one) if one.factor else 0).id == "runtime"
    assert row.children[0].owner == "browser"
    flags = child(found, "runtime", "flags")
    assert low(flags) > 2
    assert re.search(r"browser: [\d.]+x comes with your browser flags", found.headline)
    (action,) = (one for one in found.actions if one.cause == "runtime")
    assert action.then_ms.high < action.now_ms.low
    assert child(report(PLAIN), "runtime", "flags").verdict == "not-applicable"


def test_web_dist_without_simd_is_simd_and_its_version_is_the_reports() -> None:
    found = report("scenarios/scalar-build")
    assert "--web-dist dist" in typed("scenarios/scalar-build")
    assert found.settings.web_dist == "dist"
    assert_costs(found, "simd", more_than=5)
    assert low(child(found, "simd", "scalar-build")) > 2
    assert found.versions["onnxruntime-web"] == "1.18.0"
    (warning,) = (one for one in found.warnings if "--web-dist" in one)
    assert "onnxruntime-web 1.18.0" in warning
    assert warning in text(found)
    assert {row.id for row in cause(report(PLAIN), "simd").children}.isdisjoint({"scalar-build"})


def test_inputs_of_eight_images_are_run_on_both_sides_and_waking_up_costs_a_smaller_part() -> None:
    name = "scenarios/real-inputs"
    found, plain = report(name), report(PLAIN)
    assert "--inputs inputs.npz" in typed(name)
    assert found.settings.inputs == "inputs.npz"
    assumed = [any("free dimensions" in one for one in of.warnings) for of in (found, plain)]
    assert assumed == [False, True]
    answers = {one.elements for one in case(name).recording.of(OutputCheck)}
    assert answers == {SYMPTOMS.BATCH * one.elements for one in case(PLAIN).recording.of(OutputCheck)}
    for side in ("native", "web"):
        now, before = getattr(found.latency_ms, side), getattr(plain.latency_ms, side)
        assert now.low > SYMPTOMS.BATCH / 2 * before.point, side
    woken, before = (child(of, "runtime", "event-loop").factor for of in (found, plain))
    assert woken is not None
    assert before is not None
    assert woken.high < before.low


def test_where_the_model_is_in_a_worker_there_is_no_step_onto_the_main_thread() -> None:
    for name, where in (("scenarios/expected", "worker"), ("scenarios/verify-worker", "main")):
        found = report(name)
        assert f"--where {where}" in typed(name)
        assert found.settings.where == where
        step = child(found, "contention", "main-thread")
        assert (step.verdict == "not-applicable") == (where == "worker")
        assert (step.why == "the page runs the model in a worker") == (where == "worker")


def test_where_a_worker_asks_by_itself_the_same_busy_page_is_no_contention() -> None:
    """On its main thread the model waits half of the time; all else is equal."""
    asked, found = [], []
    for place in ("main", "asking-worker"):
        name = f"planted/resnet20-{place}-50"
        asked.append(msgspec.structs.asdict(case(name).recording.begin.settings))
        found.append(report(name))
    assert [key for key, value in asked[0].items() if asked[1][key] != value] == ["where"]
    on_main = assert_costs(found[0], "contention", more_than=2)
    in_worker = cause(found[1], "contention")
    assert in_worker.verdict == "unclear"
    assert in_worker.factor is not None
    assert in_worker.factor.high < 1.1 < low(on_main)
    assert all(one.latency_ms.web is not None for one in found)
    on_main_ms, in_worker_ms = (one.latency_ms.web for one in found)
    assert in_worker_ms.high < on_main_ms.low
