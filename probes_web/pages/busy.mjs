// @ts-check
/** The built-in busy page: an animation and a timer that together hold the main thread for about half of the time,
 * and for nearly all of it where its address asks for twice as much. They work for a stated time by the
 * clock, not for a stated amount, so that every machine is equally busy. */

import { now } from "../clock.mjs";

const TIMES = new URLSearchParams(globalThis.location.search).has("twice") ? 2 : 1;
/** Script and layout per frame: at 60 frames a second 30 % of the main thread. Style, paint and compositing come on
 * top, about 2 ms a frame (measured in headless Chromium 156). */
const FRAME_MS = TIMES * 5;
/** A timer beside the animation, as an application has them: 8 % of the main thread. */
const TIMER_MS = TIMES * 4;
const TIMER_EVERY_MS = 50;

const ROWS = 60;
const ARCS = 40;

const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector("canvas"));
const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
const list = /** @type {HTMLOListElement} */ (document.querySelector("ol"));
const rows = Array.from({ length: ROWS }, () => list.appendChild(document.createElement("li")));

let turn = 0;

/** Change the document and ask for its layout, again and again until `ms` are spent.
 * @param {number} ms */
function workFor(ms) {
  const end = now() + ms;
  while (now() < end) {
    turn += 1;
    const row = /** @type {HTMLLIElement} */ (rows[turn % ROWS]);
    row.textContent = `row ${turn}`;
    row.style.paddingLeft = `${turn % 97}px`;
    row.dataset["width"] = String(row.offsetWidth);
  }
}

/** Once per frame: what is drawn is painted later, on time that no clock here sees. */
function drawArcs() {
  pen.clearRect(0, 0, canvas.width, canvas.height);
  for (let arc = 0; arc < ARCS; arc += 1) {
    const angle = (turn + arc) / 17;
    pen.beginPath();
    pen.arc(320 + 300 * Math.sin(angle), 180 + 160 * Math.cos(angle * 1.3), 6, 0, 2 * Math.PI);
    pen.fill();
  }
}

function onFrame() {
  const begin = now();
  drawArcs();
  workFor(begin + FRAME_MS - now());
  requestAnimationFrame(onFrame);
}

requestAnimationFrame(onFrame);
setInterval(() => workFor(TIMER_MS), TIMER_EVERY_MS);
