"""Options of the session that a page made: what differs, what the ladder takes over, what nobody reads."""

from msgspec.structs import replace

from gapprof.digest.observed import observed_sentences
from gapprof.explain.report import build
from gapprof.facts.session_options import DEFAULTS, to_feed
from gapprof.records.observed import ObservedOption
from gapprof.records.report import Report
from gapprof.records.settings import Settings
from tests.truth.recorder import record
from tests.unit.explain.watched import MACHINE, SEEN, SESSION, report, said


def options(**changed: str) -> tuple[ObservedOption, ...]:
    """The library's defaults, but for what is said."""
    values = {**DEFAULTS, **changed}
    return tuple(ObservedOption(name=name, value=value) for name, value in values.items())


def with_options(given: tuple[ObservedOption, ...], *, fed: bool = True) -> Report:
    seen = replace(SEEN, sessions=(replace(SESSION, options=given),))
    settings = Settings(threads=1, session_options=to_feed(given) if fed else {})
    found = record(MACHINE, settings, page_threads=1)
    return build(replace(found, entries=(seen, *found.entries)))


def test_default_options_are_told_in_one_sentence() -> None:
    text = " ".join(observed_sentences(with_options(options())))
    assert "Its session has onnxruntime-web's default options." in text
    page = with_options(options()).observed
    assert page is not None
    assert {one.name for one in page.session_options} == set(DEFAULTS)
    assert all(one.fed and one.value == one.default for one in page.session_options)


def test_options_that_differ_are_told_with_the_default_and_with_what_became_of_them() -> None:
    given = options(
        graphOptimizationLevel="basic",
        enableProfiling="true",
        **{"session.intra_op.allow_spinning": "0", "executionProviders.WebGPU.preferredLayout": "NHWC"},
    )
    found = with_options(given)
    page = found.observed
    assert page is not None
    rows = {one.name: one for one in page.session_options if one.value != one.default}
    assert {name: one.fed for name, one in rows.items()} == {
        "graphOptimizationLevel": True,
        "enableProfiling": False,
        "session.intra_op.allow_spinning": True,
        "executionProviders.WebGPU.preferredLayout": False,
    }
    text = " ".join(observed_sentences(found))
    assert "graphOptimizationLevel basic (default all)" in text
    assert "session.intra_op.allow_spinning 0" in text
    assert "in the browser, has them too, but for enableProfiling (a profiled session is never timed" in text
    assert "enableMemPattern" not in text


def test_options_that_were_not_given_to_the_ladder_are_not_said_to_be() -> None:
    found = with_options(options(enableMemPattern="true"), fed=False)
    text = " ".join(observed_sentences(found))
    assert "has them too" not in text
    assert "Not taken over: enableMemPattern (something else was asked for)." in text


def test_the_web_rungs_that_open_the_file_as_it_is_get_the_options() -> None:
    """And a page with the common graph all but the level: one thing is changed about it, and no other."""
    given = {"enableMemPattern": "true", "graphOptimizationLevel": "basic"}
    found = record(MACHINE, Settings(threads=1, session_options=given), page_threads=1)
    assert found.preflight is not None
    sessions = {step.rung.id: dict(step.setting.session) for step in found.preflight.ladder if step.setting}
    assert sessions["web-optimised"] == {"enableMemPattern": "true"}
    fed = {rung for rung, session in sessions.items() if session == given}
    assert {rung for rung, session in sessions.items() if session} == fed | {"web-optimised"}
    own = {
        step.rung.id
        for step in found.preflight.ladder
        if step.rung.environment.graph == "own" and step.rung.environment.backend == "chromium"
    }
    assert fed == own >= {"web-graph", "web-main", "web-paced", "web"}


def unread(*names: str, **changes: object) -> Report:
    """A page that gave its session these, each as 4."""
    given = tuple(ObservedOption(name=name, value="4") for name in names)
    return report(replace(SEEN, sessions=(replace(SESSION, unread_options=given),), **changes))


def test_a_thread_option_that_is_ignored_on_the_web_is_told_with_the_one_that_is_not() -> None:
    found = unread("intraOpNumThreads")
    assert found.observed is not None
    (row,) = found.observed.unread_options
    assert (row.name, row.value, row.instead) == ("intraOpNumThreads", "4", "ort.env.wasm.numThreads")
    text = " ".join(observed_sentences(found))
    assert "intraOpNumThreads 4 is ignored on the web" in text
    assert "set ort.env.wasm.numThreads before the first session is created." in text
    assert "is ignored on the web" not in said()


def test_without_isolation_the_other_option_needs_headers_too() -> None:
    text = " ".join(observed_sentences(unread("intraOpNumThreads", isolated=False, threads=1)))
    assert "before the first session is created, on a page with COOP and COEP." in text


def test_where_nothing_has_that_effect_on_the_web_nothing_is_named_instead() -> None:
    text = " ".join(observed_sentences(unread("interOpNumThreads")))
    assert "interOpNumThreads 4 is ignored on the web" in text
    assert "numThreads before" not in text
