"""The clip that `probes_web/gui/video.mjs` plays: a circle on its way over a canvas, recorded by the browser.

python reports/clip.py      writes probes_web/gui/clip.webm: 2 s, 320 x 180, 30 frames a second, no sound
"""

import asyncio
import base64
from pathlib import Path

from gapprof import assets
from gapprof.browser.launch import launched
from gapprof.browser.page import attached, brought_to
from gapprof.guard import Guard
from gapprof.places import probes_web

CLIP_MS, FRAMES_PER_S = 2000, 30
RECORD = f"""(async () => {{
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [320, 180];
  const pen = canvas.getContext("2d");
  const began = performance.now();
  const drawing = setInterval(() => {{
    const at = (performance.now() - began) / {CLIP_MS};
    pen.fillStyle = `hsl(${{at * 360}} 60% 30%)`;
    pen.fillRect(0, 0, 320, 180);
    pen.fillStyle = "white";
    pen.beginPath();
    pen.arc(20 + 280 * at, 90 + 60 * Math.sin(at * 6.3), 16, 0, 6.3);
    pen.fill();
  }}, {1000 / FRAMES_PER_S:.0f});
  const recorder = new MediaRecorder(canvas.captureStream({FRAMES_PER_S}), {{
    mimeType: "video/webm;codecs=vp8", videoBitsPerSecond: 200000,
  }});
  const parts = [];
  recorder.ondataavailable = ({{ data }}) => parts.push(data);
  const ended = new Promise((resolve) => {{ recorder.onstop = resolve; }});
  recorder.start();
  await new Promise((done) => setTimeout(done, {CLIP_MS}));
  recorder.stop();
  await ended;
  clearInterval(drawing);
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  return btoa(String.fromCharCode(...bytes));
}})()"""


async def recorded(executable: Path, guard: Guard) -> bytes:
    """The clip."""
    async with launched(executable, guard=guard) as browser, attached(browser) as page:
        await brought_to(page, "data:text/html,<title>clip</title>")
        return base64.b64decode(await page.evaluate(RECORD, deadline_s=60.0))


def main() -> None:
    """Write it."""
    with Guard() as guard:
        clip = asyncio.run(recorded(assets.find_browser(None), guard))
    (probes_web() / "gui" / "clip.webm").write_bytes(clip)


if __name__ == "__main__":
    main()
