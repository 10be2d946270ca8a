// @ts-check
/** Turns of the event loop, each by another of its doors.
 *
 * V8 loads the stack's limit at the head of every wasm loop. Where a hot loop spills registers to stack slots whose
 * addresses end in the same 12 bits, the processor takes load and store for one and waits: the same code is three
 * times slower, for as long as it is called from that depth of the stack (seen with a small encoder, in one launch of
 * thirty, in all runs but the first). Which depth that is, is luck of the launch. Every door of the event loop calls
 * at a depth of its own, so that one of them may be unlucky, and the median of a trial is not. */

const channel = new MessageChannel();
channel.port1.start();

/** @returns {Promise<void>} */
function byMessage() {
  return new Promise((resolve) => {
    channel.port1.addEventListener("message", () => resolve(), { once: true });
    channel.port2.postMessage(null);
  });
}

/** @returns {Promise<void>} */
function byTimer() {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}

const nothing = new Blob();

/** @returns {Promise<unknown>} */
function byRead() {
  return nothing.arrayBuffer();
}

/** @returns {Promise<unknown>} */
function byTask() {
  return globalThis.scheduler.postTask(() => undefined);
}

const doors = [byMessage, byRead, byTimer, ...("scheduler" in globalThis ? [byTask] : [])];
let turns = 0;

/** One turn of the event loop.
 * @returns {Promise<void>} */
export async function nextTurn() {
  turns += 1;
  const door = doors[turns % doors.length] ?? byMessage;
  await door();
}
