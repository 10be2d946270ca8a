"""Raw figures of the page: requests, traced work, waits for a core."""

from dataclasses import asdict
from statistics import fmean
from typing import Any

from gapprof.facts.balance import shared_out, thread_means
from gapprof.facts.case import Case
from gapprof.facts.contention import requests, run_queue_ms_per_s, traced_work
from gapprof.facts.core_holders import main_thread_ms, on_the_cores
from gapprof.facts.felt import felt
from gapprof.facts.ladder import planned, target
from gapprof.facts.oversubscription import oversubscribed
from gapprof.facts.page_told import held_ms, holder_shares, mean_of
from gapprof.records.qoe import Condition

_MOST_WORK = 30
_UNSEEN = "what inference does to the page is measured with --qoe"
_AT_DEPLOYED = ("frame-rate", "frame-p50", "frame-p95", "frame-worst", "frames-left-out")


def page_figures(case: Case) -> dict[str, Any]:
    """The user's page under its own name's keys, the built-in busy page under `busy`."""
    found = {**_seen(case), **_figures(case, "web")}
    busy = _figures(case, "web-busy") if target(case, "web-busy") != target(case, "web") else {}
    waits = {rung: asdict(one) for rung, one in oversubscribed(case).items()}
    more = {"busy": busy, "oversubscribed": waits}
    return {**found, **{key: value for key, value in more.items() if value}}


def _seen(case: Case) -> dict[str, Any]:
    """Frames and long tasks while the model runs where the page runs it; None where nobody looked."""
    where: Condition = "main" if case.recording.begin.settings.where == "main" else "worker"
    means = {one.measure.id: fmean(found.values()) for one in case.get(felt) if (found := one.values[where])}
    if not means:
        return {"frames": None, "long_tasks": None, "why": _UNSEEN}
    return {
        "frames": {name: means[name] for name in _AT_DEPLOYED if name in means},
        "long_tasks": {"ms_per_s": means.get("long-tasks", 0.0)},
    }


def _figures(case: Case, rung: str) -> dict[str, Any]:
    step = case.get(planned).get(rung)
    work = traced_work(case, rung)
    found: dict[str, Any] = {
        "page": step.setting.page if step and step.setting else None,
        "request_ms": dict(requests(case, rung)),
        "balance_ms": {} if (one := mean_of(case, rung)) is None else asdict(one),
        "balance_shared_out": shared_out(case, rung),
        "held_ms": held_ms(case, rung),
        "on_the_cores": holder_shares(case, rung),
        "on_the_cores_by_name": [
            {"holder": one.holder, "share": one.share, "ms_per_inference": one.ms}
            for one in on_the_cores(case, rung)
        ],
        "main_thread_ms": main_thread_ms(case, rung),
        "threads_ms": [asdict(one) for one in thread_means(case, rung)],
        "run_queue_ms_per_s": dict(run_queue_ms_per_s(case, rung)),
        "work_ms_per_s": [
            {
                "thread": piece.thread,
                "name": piece.name,
                "detail": piece.detail,
                "ms_per_s": piece.ms_per_s,
                "per_s": piece.per_s,
            }
            for piece in work[:_MOST_WORK]
        ],
    }
    return {key: value for key, value in found.items() if value}
