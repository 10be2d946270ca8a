"""Words become settings; what differs in nothing is an alias; what cannot be is refused."""

import pytest
from msgspec.structs import replace

from gapprof import rungs
from gapprof.measure.resolve import FLAGS, asked_threads, ladder, resolve
from gapprof.measure.spending import affordable, by_id, first_stage
from gapprof.records.environment import Setting
from gapprof.records.recording import PlannedRung
from gapprof.records.settings import Settings

RUNGS = rungs.ladder("wasm")


def resolved(
    settings: Settings,
    *,
    cores: int = 8,
    page_cores: int = 8,
    page_threads: int = 4,
    isolated: bool = True,
) -> dict[str, PlannedRung]:
    steps = ladder(
        RUNGS,
        settings,
        cores=cores,
        page_cores=page_cores,
        page_threads=page_threads,
        page_isolated=isolated,
        refuse=lambda setting: "no Node here" if setting.backend == "node" else None,
    )
    return by_id(steps)


@pytest.mark.parametrize(("cores", "threads"), [(1, 1), (2, 1), (3, 2), (8, 4), (64, 4)])
def test_without_a_wish_the_page_asks_for_half_the_cores_and_at_most_four(cores: int, threads: int) -> None:
    assert asked_threads(Settings(), cores) == threads


def test_the_default_page_leaves_only_flags_and_page_steps_out() -> None:
    aliases = {name: step.alias_of for name, step in resolved(Settings()).items() if step.alias_of}
    assert aliases == {
        "web-flags": "web-worker",
        "web": "web-paced",
        "web-isolated": "web-paced",
        "web-stock": "web-paced",
        "web-pinned-build": "web-paced",
        "web-on-main": "web-paced",
    }


def test_a_page_that_would_be_isolated_is_counted_by_the_cores_that_its_browser_shows() -> None:
    steps = resolved(Settings(isolation=False), cores=2, page_cores=8, page_threads=1, isolated=False)
    assert steps["web-isolated"].setting is not None
    assert steps["web-isolated"].setting.threads == 4


def test_a_page_that_runs_the_model_in_a_worker_has_no_main_thread_step() -> None:
    assert resolved(Settings(where="worker"))["web-main"].alias_of == "web-graph"


def test_a_worker_that_asks_for_its_runs_asks_on_every_page_that_is_asked_for_runs_at_all() -> None:
    steps = resolved(Settings(where="asking-worker", page="page.html"))
    settings = {name: step.setting for name, step in steps.items() if step.setting is not None}
    asking = {name for name, setting in settings.items() if setting.requests_from == "worker"}
    assert {"web-paced", "web", "web-busy"} <= asking
    assert all(settings[name].where == "worker" for name in asking)
    assert all(settings[name].pacing == "paced" for name in asking)
    assert settings["web-on-main"].requests_from == "page"
    assert (steps["web-main"].alias_of, steps["web-in-worker"].alias_of) == ("web-graph", "web")


def test_nobody_else_asks_in_a_worker() -> None:
    for where in ("main", "worker"):
        steps = resolved(Settings(where=where)).values()
        assert {step.setting.requests_from for step in steps if step.setting is not None} == {"page"}


def test_missing_isolation_shows_on_the_last_rung_and_in_the_threads() -> None:
    steps = resolved(Settings(threads=4, isolation=False), page_threads=1, isolated=False)
    web, isolated = steps["web"].setting, steps["web-isolated"].setting
    assert web is not None
    assert isolated is not None
    assert (web.threads, web.isolated) == (1, False)
    assert (isolated.threads, isolated.isolated) == (4, True)
    assert steps["web-worker"].setting is not None
    assert steps["web-worker"].setting.isolated
    assert steps["web-worker"].setting.threads == 1


def test_the_users_flags_stay_on_from_their_rung_to_the_last() -> None:
    steps = resolved(Settings(js_flags=("--liftoff-only",)))
    flags = {name: step.setting.js_flags for name, step in steps.items() if step.setting}
    assert flags["web-worker"] == ()
    assert flags["web-flags"] == flags["web"] == ("--liftoff-only",)


def test_the_debugger_is_on_in_one_rung_alone_beside_the_users_flags() -> None:
    steps = resolved(Settings(js_flags=("--liftoff-only",)))
    settings = {name: step.setting for name, step in steps.items() if step.setting is not None}
    assert {name for name, setting in settings.items() if setting.debugger} == {"web-debugged"}
    assert settings["web-debugged"] == replace(settings["web-flags"], debugger=True)


def test_as_many_page_threads_as_cores_leave_no_threads_step() -> None:
    assert resolved(Settings(threads=8), page_threads=8)["native-threads"].alias_of == "native"


def test_isolation_cannot_be_added_to_somebody_elses_page() -> None:
    steps = resolved(Settings(page="http://127.0.0.1:9/"), isolated=False, page_threads=1)
    assert "does not serve" in (steps["web-isolated"].refusal or "")


def test_a_page_of_ours_can_be_had_without_isolation_and_on_its_main_thread() -> None:
    steps = resolved(Settings(threads=4, where="worker"), page_threads=4)
    web, bare, main = (steps[name].setting for name in ("web", "web-unisolated", "web-on-main"))
    assert web is not None
    assert bare == replace(web, isolated=False, threads=1)
    assert main == replace(web, where="main")
    assert steps["web-unisolated"].refusal is steps["web-on-main"].refusal is None


def test_a_condition_that_a_page_has_anyway_is_no_rung_of_its_own() -> None:
    steps = resolved(Settings(threads=4, isolation=False), page_threads=1, isolated=False)
    assert steps["web-unisolated"].alias_of == steps["web-on-main"].alias_of == "web"


def test_isolation_cannot_be_taken_from_somebody_elses_page() -> None:
    steps = resolved(Settings(page="http://127.0.0.1:9/"))
    assert "cannot take COOP and COEP away" in (steps["web-unisolated"].refusal or "")
    bare = resolved(Settings(page="http://127.0.0.1:9/"), isolated=False, page_threads=1)["web-unisolated"]
    assert (bare.alias_of, bare.refusal) == ("web", None)


def test_a_refusal_of_the_machine_is_kept_with_its_reason() -> None:
    assert resolved(Settings())["engine"].refusal == "no Node here"


EXPECTED_S = dict.fromkeys(RUNGS, 1.0)
ALWAYS = {
    *("native", "native-threads", "native-extended", "native-all-128", "native-128"),
    *("web-worker", "web-graph", "web-main", "web-paced"),
}


@pytest.mark.parametrize(
    ("left_s", "asked", "more"),
    [
        (66.0, (), {"web-busy", "web-threads"}),
        (65.0, (), {"web-busy"}),
        (65.0, ("web-threads",), {"web-busy", "web-threads"}),
    ],
)
def test_the_first_rounds_hold_the_chain_and_three_of_them_the_busy_page_and_threads_if_they_fit(
    left_s: float, asked: tuple[str, ...], more: set[str]
) -> None:
    """12 visits in each of 5 rounds are 60 s, the busy page in three of them 3, threads another 3."""
    steps = tuple(resolved(Settings()).values())
    plan = first_stage(steps, 6, EXPECTED_S, left_s=left_s, asked=asked)
    assert [set(rungs) - ALWAYS for rungs in plan] == [set()] * 3 + [more] * 3
    assert all(set(rungs) >= ALWAYS for rungs in plan)


@pytest.mark.parametrize(
    ("left_s", "visits", "rounds"),
    [(66.0, 2, 6), (64.0, 1, 6), (50.0, 1, 6), (46.0, 1, 5), (39.0, 1, 5), (0.0, 1, 5)],
)
def test_second_visits_are_for_budgets_with_room(left_s: float, visits: int, rounds: int) -> None:
    """A round is 12 s with second visits and 9 without, the busy page 3 in all, threads 3 more."""
    steps = tuple(resolved(Settings()).values())
    ladder, plan = affordable(steps, 6, EXPECTED_S, left_s=left_s, asked=())
    assert by_id(ladder)["native"].rung.visits == visits
    assert len(plan) == rounds
    assert set(plan[0]) == ALWAYS
    assert ("web-threads" in plan[-1]) == (left_s in (66.0, 64.0, 46.0))


@pytest.mark.parametrize(("where", "replayed"), [("main", "main"), ("worker", "worker"), ("proxy", "worker")])
def test_calls_are_replayed_where_the_page_makes_them_and_under_its_flags(where: str, replayed: str) -> None:
    """A worker of the library's own has the library alone in it."""
    settings = Settings(
        backend="webgpu", where=where, js_flags=("--no-opt",), browser_args=("--disable-lcd-text",)
    )
    replay, in_process = (
        resolve(
            rungs.ladder("webgpu")[rung].environment,
            settings,
            cores=4,
            page_cores=4,
            page_threads=1,
            page_isolated=True,
        )
        for rung in ("replay-web", "replay-web-in-process")
    )
    assert (replay.where, replay.js_flags) == (replayed, settings.js_flags)
    assert replay.browser_args == settings.browser_args
    assert in_process == replace(replay, browser_args=(*settings.browser_args, "--in-process-gpu"))


def test_every_word_for_flags_has_a_meaning_but_the_users() -> None:
    ladders = (rungs.ladder(backend) for backend in rungs.backends())
    words = {rung.environment.flags for ladder in ladders for rung in ladder.values()}
    assert words - {"user"} == set(FLAGS)


def test_every_rung_becomes_a_setting() -> None:
    assert all(isinstance(step.setting, Setting) for step in resolved(Settings()).values())


def test_a_build_of_ones_own_is_held_against_1_18_too() -> None:
    """Where it has no SIMD, those two rungs are all that says what that costs."""
    steps = resolved(Settings(web_dist="dist"))
    assert (steps["web-simd-118"].refusal, steps["web-scalar"].refusal) == (None, None)


def test_a_build_of_ones_own_may_give_way_to_the_pinned_one() -> None:
    steps = resolved(Settings(web_dist="dist"))
    pinned, web = steps["web-pinned-build"], steps["web"].setting
    assert web is not None
    assert (pinned.alias_of, pinned.setting) == (None, replace(web, build="pinned"))
