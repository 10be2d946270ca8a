"""The setting that most tests start from."""

from gapprof.records.environment import Setting

QUIET = Setting(
    backend="chromium",
    isa="full",
    threads=1,
    graph="common",
    js_flags=(),
    browser_args=(),
    where="worker",
    pacing="back-to-back",
    page="quiet",
    isolated=True,
    build="served",
)
"""A worker of the quiet page, one thread, stock flags."""
