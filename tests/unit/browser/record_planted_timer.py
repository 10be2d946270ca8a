"""Makes planted_timer.json anew: `python -m tests.unit.browser.record_planted_timer`, where a browser is.

A page burns 10 ms of every 20 ms in a timer named `planted`, on the thread where the model answers requests.
What the summary does not read is left out.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

from gapprof import assets
from gapprof.browser import tracing
from gapprof.browser.launch import launched
from gapprof.browser.page import attached, brought_to
from gapprof.guard import Guard

PAGE = """data:text/html,<title>planted</title><script>
function planted() { const end = performance.now() + 10; while (performance.now() < end); }
setInterval(planted, 20);
</script>"""
REQUESTS = """(async () => {
  const model = () => { const end = performance.now() + 5; while (performance.now() < end); };
  for (let request = 0; request < 8; request += 1) {
    const due = performance.now() + 15;
    await new Promise((done) => setTimeout(done, 15));
    const asked = performance.now();
    model();
    const answered = performance.now();
    performance.measure("gapprof:request", { start: due, end: answered });
    performance.measure("gapprof:run", { start: asked, end: answered });
  }
  return "done";
})()"""
SCRIPT = "http://127.0.0.1:40000/token/page/app.js"
"""Stands for the page's own address, as it would be on a server of ours."""
KEYS = ("name", "ph", "pid", "tid", "ts", "dur", "tdur")


async def record() -> list[tracing.Event]:
    with Guard() as guard:
        async with launched(assets.find_browser(), guard=guard) as browser, attached(browser) as page:
            await brought_to(page, PAGE)
            await tracing.start(page.connection)
            await page.evaluate(REQUESTS, deadline_s=30)
            return await tracing.stop(page.connection)


def slim(event: tracing.Event) -> dict[str, Any]:
    data = event.get("args", {}).get("data", {})
    kept = {key: data[key] for key in ("url", "functionName", "lineNumber") if key in data}
    if kept.get("url"):
        kept["url"] = SCRIPT
    slim: dict[str, Any] = {key: event[key] for key in KEYS if key in event}
    if event["name"] == "thread_name":
        return slim | {"args": {"name": event["args"]["name"]}}
    return slim | ({"args": {"data": kept}} if kept else {})


if __name__ == "__main__":
    events = asyncio.run(record())
    page = next(event["pid"] for event in events if event["name"] == "gapprof:request")
    lines = ",\n".join(json.dumps(slim(event)) for event in events if event["pid"] == page)
    (Path(__file__).parent / "planted_timer.json").write_text(f"[\n{lines}\n]\n")
