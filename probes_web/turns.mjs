// @ts-check
/** Turns of the event loop, each by another of its doors.
 *
 * V8 loads the stack's limit at the head of every wasm loop. Where a hot loop spills registers to stack slots whose
 * addresses end in the same 12 bits, the processor takes load and store for one and waits: the same code is three
 * times slower, for as long as it is called from that depth of the stack (seen with a small encoder, in one launch of
 * thirty, in all runs but the first). Which depth that is, is luck of the launch. Every door of the event loop calls
 * at a depth of its own, so that one of them may be unlucky, and the median of a trial is not. */

import { now } from "./clock.mjs";

const channel = new MessageChannel();
channel.port1.start();
const station = { speaker: new BroadcastChannel("gapprof:turn"), listener: new BroadcastChannel("gapprof:turn") };
const nothing = new Blob();

/** @returns {Promise<void>} */
function byMessage() {
  return new Promise((resolve) => {
    channel.port1.addEventListener("message", () => resolve(), { once: true });
    channel.port2.postMessage(null);
  });
}

/** @returns {Promise<void>} */
function byBroadcast() {
  return new Promise((resolve) => {
    station.listener.addEventListener("message", () => resolve(), { once: true });
    station.speaker.postMessage(null);
  });
}

/** @returns {Promise<void>} */
function byTimer() {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}

/** A promise that the engine itself resolves, without an event on the stack.
 * @returns {Promise<unknown>} */
function byPromise() {
  return "scheduler" in globalThis ? globalThis.scheduler.postTask(() => undefined) : nothing.arrayBuffer();
}

/** Half a kilobyte of stack apart from each other and more (Chromium 156, main thread and worker). */
const doors = [byMessage, byBroadcast, byTimer, byPromise];
let turns = 0;

/** One turn of the event loop.
 * @returns {Promise<void>} */
export async function nextTurn() {
  turns += 1;
  const door = doors[turns % doors.length] ?? byMessage;
  await door();
}

/** @param {number} ms @returns {Promise<void>} */
function sleepByTimer(ms) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** @param {number} ms @returns {Promise<void>} */
function sleepBySignal(ms) {
  return new Promise((resolve) => {
    AbortSignal.timeout(ms).addEventListener("abort", () => resolve(), { once: true });
  });
}

/** @param {number} ms @returns {Promise<unknown>} */
function sleepByTask(ms) {
  return globalThis.scheduler.postTask(() => undefined, { delay: ms });
}

/** Where a page broadcasts requests to its worker. */
export const STATION = "gapprof:request";

const sleeps = [sleepByTimer, sleepBySignal, ...("scheduler" in globalThis ? [sleepByTask] : [])];
let waits = 0;

/** How many ways there are to be woken up; `until` takes them in turn. */
export const WAYS = sleeps.length;

/** The moment `at_ms` on this realm's clock, woken up in the next way.
 * @param {number} at_ms
 * @returns {Promise<void>} */
export async function until(at_ms) {
  waits += 1;
  await wokenAt(at_ms, waits);
}

/** The same in the way of that number; never earlier, for a timer may fire a little too soon.
 * @param {number} at_ms @param {number} way
 * @returns {Promise<void>} */
export async function wokenAt(at_ms, way) {
  const sleep = sleeps[way % sleeps.length] ?? sleepByTimer;
  for (let left = at_ms - now(); left > 0; left = at_ms - now()) {
    await sleep(Math.ceil(left));
  }
}
