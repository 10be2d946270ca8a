"""A page and its replays on different adapters: whose each figure is, and that such a run is not believed."""

from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from gapprof.backends.synthetic import Machine, ladder_ms
from gapprof.errors import ExitCode
from gapprof.explain.report import build
from gapprof.facts.adapters import SOFTWARE_SENTENCE, titled
from gapprof.outcome import exit_code
from gapprof.records.gpu import AdapterIdentity
from gapprof.records.recording import Entry
from gapprof.records.report import CheckRow, Report
from gapprof.records.settings import Settings
from gapprof.records.trial import Trial
from tests.truth.recorder import record
from tests.unit.facts.gpu_runs import AMPERE, timed
from tests.unit.gpu.written import SWIFTSHADER

PAGE = ("web-session", "web-paced", "web", "web-busy")
DAWN = ("replay-native-unsafe", "replay-native")


def report(
    page: AdapterIdentity,
    dawn: AdapterIdentity,
    *,
    provider: str | None = None,
    others: Mapping[tuple[str, int], AdapterIdentity] = {},
) -> Report:
    """Of a run whose replays without a browser found an adapter by themselves; `others` by rung and round."""
    machine = Machine(latency_ms=ladder_ms({"replay-web": 2.0}, backend="webgpu"), noise=0.002)
    whole = record(machine, Settings(backend="webgpu"))

    def on(entry: Entry) -> Entry:
        if not isinstance(entry, Trial) or entry.rung == "native-cpu":
            return entry
        if entry.rung == "native":
            return replace(entry, seen=replace(entry.seen, provider=provider))
        adapter = others.get((entry.rung, entry.round), dawn if entry.rung in DAWN else page)
        return replace(entry, seen=replace(entry.seen, adapter=adapter))

    *entries, end = map(on, whole.entries)
    return build(replace(whole, entries=(*entries, timed((("MatMul", 1.0),), adapter=dawn), end)))


def check(found: Report, name: str) -> CheckRow:
    return next(one for one in found.checks if one.id == name)


@pytest.mark.parametrize(
    ("page", "dawn"), [(SWIFTSHADER, AMPERE), (AMPERE, SWIFTSHADER)], ids=["page-software", "page-gpu"]
)
def test_the_page_s_adapter_is_what_its_library_ran_on(page: AdapterIdentity, dawn: AdapterIdentity) -> None:
    """Replays without a browser come first in the alphabet, and find an adapter by themselves."""
    found, software = report(page, dawn), page == SWIFTSHADER
    assert found.headline.lower().startswith(SOFTWARE_SENTENCE.lower()) == software
    assert check(found, "adapter").status == ("fail" if software else "pass")
    assert titled(page) in check(found, "adapter").text
    assert found.versions["adapter"] == titled(page)
    assert found.gpu_operators is not None
    where = found.gpu_operators.where_to_file
    assert where is not None
    assert (where.adapter, where.vendor, where.project) == (titled(page), page.vendor, None)
    why = SOFTWARE_SENTENCE if software else "not everything ran on the page's adapter"
    assert where.text == f"Nothing can be filed from this: {why}."


@pytest.mark.parametrize(
    ("page", "dawn"), [(SWIFTSHADER, AMPERE), (AMPERE, SWIFTSHADER)], ids=["page-software", "page-gpu"]
)
def test_replays_on_another_adapter_condemn_the_report(page: AdapterIdentity, dawn: AdapterIdentity) -> None:
    found = report(page, dawn)
    same = check(found, "adapter-same")
    assert same.status == "fail"
    assert same.text.startswith("replay-native-unsafe: its adapter is not the page's: vendor ")
    assert f"vendor {page.vendor}, {dawn.vendor}" in same.text
    assert (SOFTWARE_SENTENCE in same.text) == (dawn == SWIFTSHADER)
    assert (found.status, found.status_why) == ("unreliable", same.text)
    assert exit_code(found, ended="finished", failures=(), allow_noisy=False) is ExitCode.UNRELIABLE


def test_a_vendor_s_provider_is_refused_beside_a_page_on_software_whatever_dawn_found() -> None:
    alone = report(SWIFTSHADER, SWIFTSHADER, provider="CUDAExecutionProvider")
    text = check(alone, "adapter-same").text
    assert text.startswith(
        "native: CUDAExecutionProvider does not run on the page's adapter, which is google "
    )
    assert SOFTWARE_SENTENCE in text
    assert alone.status == "unreliable"
    counts = [
        check(report(SWIFTSHADER, AMPERE, provider=one), "adapter-same").text.partition(" (and ")[2]
        for one in (None, "CUDAExecutionProvider")
    ]
    assert counts == ["1 more)", "2 more)"], "one for each of Dawn's rungs, and one for CUDA"


def test_beside_a_page_on_the_vendor_s_gpu_its_provider_is_at_home() -> None:
    found = report(AMPERE, AMPERE, provider="CUDAExecutionProvider")
    assert (check(found, "adapter-same").status, found.status) == ("pass", "ok")
    assert titled(AMPERE) in check(found, "adapter").text


def test_a_page_that_lost_its_gpu_for_one_visit_is_on_software() -> None:
    found = report(AMPERE, AMPERE, others={("web-paced", 3): SWIFTSHADER})
    assert found.headline.lower().startswith(SOFTWARE_SENTENCE.lower())
    assert check(found, "adapter").status == "fail"
    assert found.status == "unreliable"
