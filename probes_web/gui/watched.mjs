// @ts-check
/** What a page shows of itself over a stretch of time: frames, long tasks, frames of a video. */

import { now } from "../clock.mjs";

/** @typedef {{ frames_ms: number[], long_tasks_ms: number[], video_frames: number, video_dropped: number,
 *   video_ms: number }} Shown */

/** Watch for so long.
 * @param {number} ms @param {HTMLVideoElement} video @returns {Promise<Shown>} */
export async function watched(ms, video) {
  /** @type {number[]} */
  const long_tasks_ms = [];
  const began = now();
  /** What a task did before all this is none of it.
   * @param {PerformanceEntry} entry */
  const keep = ({ startTime, duration }) => {
    const within_ms = startTime + duration - Math.max(startTime, began);
    if (within_ms > 0) long_tasks_ms.push(within_ms);
  };
  const observer = new PerformanceObserver((list) => list.getEntries().forEach(keep));
  observer.observe({ type: "longtask" });
  const seen = presented(video);
  const frames_ms = await frames(ms);
  const { count, over_ms } = seen.stop();
  observer.takeRecords().forEach(keep);
  observer.disconnect();
  return {
    frames_ms,
    long_tasks_ms,
    video_frames: count,
    video_dropped: video.getVideoPlaybackQuality().droppedVideoFrames,
    video_ms: over_ms,
  };
}

/** Intervals between frames. A frame that a busy page answers late bears the time of when it was due, and the next one
 * shows the delay; but for the last, which therefore counts as long as it was waited for.
 * @param {number} ms @returns {Promise<number[]>} */
export function frames(ms) {
  const end = now() + ms;
  return new Promise((resolve) => {
    /** @type {number[]} */
    const found = [];
    let before = now(); // a page that is frozen for all of the time has one interval, and a long one
    /** @param {number} due */
    function next(due) {
      const last = now() >= end;
      const at = last ? now() : due;
      if (at > before) found.push(at - before);
      before = at;
      if (last) resolve(found);
      else requestAnimationFrame(next);
    }
    requestAnimationFrame(next);
  });
}

/** Frames of a video that reached the compositor, and between the first and the last of which moments.
 * @param {HTMLVideoElement} video */
function presented(video) {
  /** @type {{ at: number, frames: number }[]} */
  const seen = [];
  let on = true;
  /** @type {VideoFrameRequestCallback} */
  function next(at, { presentedFrames }) {
    seen.push({ at, frames: presentedFrames });
    if (on) video.requestVideoFrameCallback(next);
  }
  video.requestVideoFrameCallback(next);
  return {
    stop() {
      on = false;
      const [first, last] = [seen[0], seen.at(-1)];
      if (first === undefined || last === undefined) return { count: 0, over_ms: 0 };
      return { count: last.frames - first.frames, over_ms: last.at - first.at };
    },
  };
}
