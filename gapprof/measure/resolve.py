"""From words to this machine: every rung's environment becomes a setting, an alias or a refusal. Pure."""

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from gapprof.records.environment import Environment, Setting, is_url
from gapprof.records.recording import PlannedRung
from gapprof.records.rung import Rung
from gapprof.records.settings import ASKING_WORKER, Settings

FLAGS: Mapping[str, tuple[str, ...]] = {
    "stock": (),
    "baseline": ("--liftoff-only",),
    "checked": ("--wasm-enforce-bounds-checks",),
    "unchecked": ("--no-wasm-bounds-checks", "--no-wasm-stack-checks"),
    "revectorize": ("--experimental-wasm-revectorize",),
    "in-process-gpu": (),
}
BROWSER_ARGS: Mapping[str, tuple[str, ...]] = {"in-process-gpu": ("--in-process-gpu",)}
"""Beside the user's own flags, of every kind: the step is from a browser that has these alone."""
SAFETY: Mapping[str, tuple[str, ...]] = {
    "default": (),
    "no-zero-init": ("disable_workgroup_init",),
    "no-robustness": ("disable_robustness",),
    "no-validation": ("skip_validation",),
    "off": ("disable_workgroup_init", "disable_robustness", "skip_validation"),
}
"""What is off → Dawn's toggles, whose names say what they turn off."""

_LEVEL = "graphOptimizationLevel"


def asked_threads(settings: Settings, cores: int) -> int:
    """Threads an isolated page asks for; without a wish onnxruntime-web's own rule: half the cores, 1 to 4.

    A copy of the rule, for pages that were not seen to apply it; `cores` are those that a page is shown.
    """
    return settings.threads if settings.threads is not None else max(1, min(4, (cores + 1) // 2))


def resolve(
    environment: Environment,
    settings: Settings,
    *,
    cores: int,
    page_cores: int,
    page_threads: int,
    page_isolated: bool,
) -> Setting:
    """What one environment means here. `page_*` is what the preflight read back from the user's page."""
    user_page = environment.page in ("user", "user-isolated", "user-unisolated")
    user_flags = environment.flags == "user" or environment.flags in BROWSER_ARGS
    threads = cores if environment.threads == "machine" else page_threads
    if environment.threads == "page" and environment.page == "user-isolated" and not page_isolated:
        threads = asked_threads(settings, page_cores)
    if environment.page == "user-unisolated":
        threads = 1
    where = _where(environment, settings)
    return Setting(
        backend=environment.backend,
        isa=environment.isa,
        threads=threads,
        graph=environment.graph,
        js_flags=settings.js_flags if user_flags else FLAGS[environment.flags],
        browser_args=(settings.browser_args if user_flags else ()) + BROWSER_ARGS.get(environment.flags, ()),
        where=where,
        pacing=environment.pacing,
        page=settings.page if user_page else {"bench": "quiet"}.get(environment.page, environment.page),
        isolated=page_isolated if environment.page == "user" else environment.page != "user-unisolated",
        build=_build(environment, settings),
        tabs=settings.tabs if user_page else (),
        device=environment.device,
        gpu_api=environment.gpu_api,
        provider=environment.provider,
        toggles=SAFETY[environment.safety] if environment.backend in ("dawn", "web-replay") else (),
        session=_session(environment, settings, user_page=user_page),
        requests_from=_asker(environment, settings, where),
        debugger=environment.debugger == "on",
    )


def _build(environment: Environment, settings: Settings) -> str:
    """Without a build of the user's own the pinned one is served anyway."""
    served = environment.build == "pinned" and settings.web_dist is None
    return "served" if served else environment.build


def _where(environment: Environment, settings: Settings) -> str:
    """The library's own worker has the library in it alone: its calls are replayed in one of ours."""
    where = _users_place(settings) if environment.where == "user" else environment.where
    return "worker" if environment.backend == "web-replay" and where == "proxy" else where


def _users_place(settings: Settings) -> str:
    return "worker" if settings.where == ASKING_WORKER else settings.where


def _asker(environment: Environment, settings: Settings, where: str) -> str:
    """Runs back to back are asked for by nobody, and a main thread asks itself."""
    asks = settings.where == ASKING_WORKER and where == "worker" and environment.pacing == "paced"
    return "worker" if asks else "page"


def _session(environment: Environment, settings: Settings, *, user_page: bool) -> tuple[tuple[str, str], ...]:
    """The page's session options, where the library opens the file as it is.

    Of the common graph a page as deployed has all but the level: that graph is optimised already.
    """
    if environment.backend == "native" or (environment.graph == "common" and not user_page):
        return ()
    options = sorted(settings.session_options.items())
    return tuple(one for one in options if environment.graph == "own" or one[0] != _LEVEL)


def ladder(
    rungs: Mapping[str, Rung],
    settings: Settings,
    *,
    cores: int,
    page_cores: int,
    page_threads: int,
    page_isolated: bool,
    refuse: Callable[[Setting], str | None],
) -> tuple[PlannedRung, ...]:
    """Every rung, parents first: resolved, aliased to the nearest measured ancestor it equals, or refused."""
    planned: dict[str, PlannedRung] = {}
    for rung in _parents_first(rungs):
        setting = resolve(
            rung.environment,
            settings,
            cores=cores,
            page_cores=page_cores,
            page_threads=page_threads,
            page_isolated=page_isolated,
        )
        parent = planned.get(rung.derived_from or "")
        refusal = _impossible(rung, settings) or refuse(setting)
        alias = None
        if parent is not None and parent.setting == setting:
            alias, refusal = parent.alias_of or parent.rung.id, parent.refusal
        planned[rung.id] = PlannedRung(rung=rung, setting=setting, alias_of=alias, refusal=refusal)
    return tuple(planned.values())


def with_refusal(steps: tuple[PlannedRung, ...], reasons: Mapping[str, str]) -> tuple[PlannedRung, ...]:
    """The same ladder with some rungs, and their aliases, refused after all."""
    return tuple(
        replace(step, refusal=reasons.get(step.alias_of or step.rung.id, step.refusal)) for step in steps
    )


def _impossible(rung: Rung, settings: Settings) -> str | None:
    if rung.environment.page == "user-isolated" and is_url(settings.page):
        return "gapprof does not serve that page, so it cannot add COOP and COEP to it"
    if rung.environment.page == "user-unisolated" and is_url(settings.page):
        return "gapprof does not serve that page, so it cannot take COOP and COEP away from it"
    return None


def _parents_first(rungs: Mapping[str, Rung]) -> list[Rung]:
    done: list[Rung] = []
    waiting = list(rungs.values())
    while waiting:
        ready = [r for r in waiting if r.derived_from is None or any(r.derived_from == d.id for d in done)]
        if not ready:
            raise ValueError(f"rungs without a root: {sorted(r.id for r in waiting)}")
        done += ready
        waiting = [r for r in waiting if r not in ready]
    return done
