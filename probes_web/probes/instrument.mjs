// @ts-check
/** A rewritten onnxruntime-web beside the one that is open, in one realm: outputs of both, what the rewriting costs,
 * and, under the profiler, when functions inside the wasm ran and when nodes did. */

import { base64Of } from "../base64.mjs";
import { now } from "../clock.mjs";
import { withInstances } from "../instances.mjs";
import { logBook } from "../log_book.mjs";
import { overheard } from "../overheard.mjs";
import { during } from "../phases.mjs";
import { profileEvents, spans } from "../profile_events.mjs";
import { createSession, fetchFeeds, fetchModel, loadRuntime, timedRun, warmUp } from "../runtime.mjs";
import { openHere } from "../session.mjs";
import { nextTurn } from "../turns.mjs";

/** @typedef {import("../wire.js").InstrumentTask} InstrumentTask */
/** @typedef {import("../log_book.mjs").LogBook} LogBook */
/** @typedef {{session: import("onnxruntime-web").InferenceSession,
 *   feeds: Record<string, import("onnxruntime-web").Tensor>}} Fed */

/** As in the other profiled pass: the profiler keeps a million events. */
const MOST_WARMUP_RUNS = 40;
const IDLE_CALLS = 4000;
/** Twice an odd number: the first half warms up, the other one has a middle. */
const IDLE_BATCHES = 26;

/** @type {import("../probe.js").Probe<InstrumentTask>} */
export const probe = {
  where: ({ open }) => (open.where === "worker" ? "worker" : "main"),

  async run(task) {
    const stock = openHere();
    const { hooked, profiled, lines, book } = await opened(task);
    const bounds = { ...task.open, most_runs: Math.max(task.open.warmup_runs, MOST_WARMUP_RUNS) };
    return during("timed", async () => {
      const periods = await periodsFor(hooked, book, task);
      const outputs = await compared(stock, hooked, book, periods);
      book.start(periods);
      await warmUp(hooked.session, hooked.feeds, task.open);
      const costs = idleCosts(book, task.layout.count);
      book.start(periods);
      const walls = await inBlocks(stock, hooked, book, task);
      const warmedUp = await warmUp(profiled.session, profiled.feeds, bounds);
      const logged = await loggedRuns(profiled, book, periods, task);
      book.stop();
      profiled.session.endProfiling(); // prints the profile, line by line
      const count = task.blocks * task.runs;
      const timeline = spans(profileEvents(lines), { count, made: warmedUp.length + count });
      await profiled.session.release();
      await hooked.session.release();
      return {
        kind: "instrumented",
        outputs,
        ...costs,
        ...walls,
        ...logged,
        ...timeline,
        periods: periods.slice(0, task.functions),
      };
    });
  },
};

/** Two sessions of the rewritten runtime, one of them profiled, and its log.
 * @param {InstrumentTask} task */
async function opened({ open, layout }) {
  const { result, lines } = await overheard(() =>
    withInstances(async () => {
      const ort = await loadRuntime(open.ort_url, open);
      const feeds = await fetchFeeds(ort, open);
      const session = await createSession(ort, open, await fetchModel(open));
      const profiled = await createSession(ort, open, await fetchModel(open), { enableProfiling: true });
      return { hooked: { session, feeds }, profiled: { session: profiled, feeds } };
    }),
  );
  return { ...result.result, lines, book: logBook(result.instances, layout) };
}

/** Bytes of each output of the two, and of the first one's own second run, that are not the same. Hooks work in
 * three ways: idle they only call on, others count, and some calls are timed; the worst of the three is told.
 * @param {Fed} stock @param {Fed} hooked @param {LogBook} book @param {readonly number[]} periods */
async function compared(stock, hooked, book, periods) {
  const [first, second] = [await bytesOut(stock), await bytesOut(stock)];
  const others = [await bytesOut(hooked)];
  for (const each of [[], periods]) {
    book.start(each);
    others.push(await bytesOut(hooked));
  }
  book.stop();
  return [...first].map(([name, bytes]) => ({
    name,
    size_bytes: bytes.length,
    differing_bytes: Math.max(...others.map((other) => differing(bytes, other.get(name)))),
    unsteady_bytes: differing(bytes, second.get(name)),
  }));
}

/** @param {Fed} fed @returns {Promise<Map<string, Uint8Array>>} */
async function bytesOut({ session, feeds }) {
  const outputs = await session.run(feeds);
  return new Map(
    session.outputNames.map((name) => {
      const data = outputs[name]?.data;
      if (!ArrayBuffer.isView(data)) return [name, new TextEncoder().encode(JSON.stringify(data))];
      return [name, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)];
    }),
  );
}

/** @param {Uint8Array} some @param {Uint8Array} [others] */
function differing(some, others) {
  if (others?.length !== some.length) return some.length;
  let count = 0;
  for (let at = 0; at < some.length; at += 1) if (some[at] !== others[at]) count += 1;
  return count;
}

/** After how many calls of each function one is timed, so that about `timed_calls` are in a run: a prime number, which
 * no loop in the function's callers keeps step with. Calls from outside are few, and all timed.
 * @param {Fed} hooked @param {LogBook} book @param {InstrumentTask} task */
async function periodsFor({ session, feeds }, book, { functions, layout, timed_calls }) {
  book.start([]);
  await session.run(feeds);
  const calls = book.calls();
  book.stop();
  return calls.map((count, slot) => {
    if (slot < functions) return count <= timed_calls ? 1 : prime(Math.ceil(count / timed_calls));
    return slot < layout.count - 1 ? 1 : 0;
  });
}

/** The next one from `least` on.
 * @param {number} least */
function prime(least) {
  let candidate = Math.max(2, least);
  while (hasDivisor(candidate)) candidate += 1;
  return candidate;
}

/** @param {number} number */
function hasDivisor(number) {
  for (let divisor = 2; divisor * divisor <= number; divisor += 1) if (number % divisor === 0) return true;
  return false;
}

/** What a hook costs, on a function that does nothing: inside the interval it reads, and altogether; and where it only
 * counts. Medians over batches: in one of them something else may have had the processor.
 * @param {LogBook} book @param {number} slots */
function idleCosts(book, slots) {
  /** @param {number} period @param {(took_us: number) => number} read */
  const median = (period, read) => {
    book.start(Array.from({ length: slots }, (_, slot) => (slot === slots - 1 ? period : 0)));
    /** @type {number[]} */
    const found = [];
    for (let batch = 0; batch < IDLE_BATCHES; batch += 1) {
      book.turn();
      const began = now();
      book.repeat(IDLE_CALLS);
      found.push(read(((now() - began) * 1000) / IDLE_CALLS));
    }
    const compiled = found.slice(IDLE_BATCHES / 2).sort((some, other) => some - other);
    return compiled[(compiled.length - 1) / 2] ?? 0;
  };
  return {
    counted_us: median(0, (took_us) => took_us),
    timed_us: median(1, (took_us) => took_us),
    inside_us: median(1, () => meanLine(book) * 1000),
  };
}

/** Mean of the intervals in the log, in ms.
 * @param {LogBook} book */
function meanLine(book) {
  const numbers = new Float64Array(book.lines().buffer);
  let sum_ms = 0;
  for (let at = 0; at < numbers.length; at += 3) sum_ms += (numbers[at + 2] ?? 0) - (numbers[at + 1] ?? 0);
  return sum_ms / (numbers.length / 3);
}

/** Single runs of both, block by block, every second pair of blocks the other way round; the first of each block
 * brings the caches back and is not counted.
 * @param {Fed} stock @param {Fed} hooked @param {LogBook} book @param {InstrumentTask} counts */
async function inBlocks(stock, hooked, book, { blocks, runs }) {
  /** @type {number[]} */
  const stock_ms = [];
  /** @type {number[]} */
  const hooked_ms = [];
  const sides = [
    { fed: stock, times_ms: stock_ms },
    { fed: hooked, times_ms: hooked_ms },
  ];
  for (let block = 0; block < blocks; block += 1) {
    for (const { fed, times_ms } of sides) {
      await fed.session.run(fed.feeds);
      for (let run = 0; run < runs; run += 1) {
        await nextTurn();
        book.turn();
        times_ms.push(await timedRun(fed.session, fed.feeds));
      }
    }
    sides.reverse();
  }
  return { stock_ms, hooked_ms };
}

/** What each run under the profiler called and logged.
 * @param {Fed} fed @param {LogBook} book @param {readonly number[]} periods @param {InstrumentTask} task */
async function loggedRuns({ session, feeds }, book, periods, { blocks, runs, functions }) {
  book.start(periods);
  /** @type {number[][]} */
  const calls = [];
  /** @type {string[]} */
  const log = [];
  let before = book.calls();
  for (let run = 0; run < blocks * runs; run += 1) {
    await nextTurn();
    book.turn();
    await session.run(feeds);
    const after = book.calls();
    calls.push(after.slice(0, functions).map((count, slot) => count - (before[slot] ?? 0)));
    before = after;
    log.push(base64Of(book.lines()));
  }
  return { calls, log, lost: book.lost() };
}
