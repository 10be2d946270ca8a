// @ts-check
/** onnxruntime's Chrome-trace profile → times of the last runs, per node. Pure. */

/** @typedef {object} ProfileEvent
 * @property {string} cat
 * @property {string} name
 * @property {number} ts  µs
 * @property {number} dur  µs
 * @property {Readonly<Record<string, unknown>>} args */

/** @typedef {import("./wire.js").ProfiledNode} ProfiledNode */

const KERNEL = "_kernel_time";

/** Operators whose kernel time holds that of the nodes in their bodies. */
const HAVE_BODIES = new Set(["If", "Loop", "Scan", "SequenceMap"]);

/** The events among whatever else was printed; the profile starts at the last line that is `[`.
 * @param {readonly string[]} lines @returns {ProfileEvent[]} */
export function profileEvents(lines) {
  const start = lines.lastIndexOf("[");
  if (start < 0) throw new Error(`the profiler printed no profile (${lines.length} lines were printed)`);
  return JSON.parse(lines.slice(start).join("\n"));
}

/** Times of the last `blocks` blocks of `runs` runs, in order, one value per run; the run before each block is not
 * counted. Nodes in the body of another node are part of that one and have no times of their own. Throws when one of
 * the runs that were `made`, the warm-up's too, or a node's time is missing.
 * @param {readonly ProfileEvent[]} events @param {{ blocks: number, runs: number, made: number }} counts
 * @returns {{ model_run_ms: number[], nodes: ProfiledNode[] }} */
export function perRun(events, { blocks, runs, made }) {
  const last = completeRuns(events, made).slice(-blocks * (1 + runs));
  const wanted = last.filter((_, place) => place % (1 + runs) > 0);
  const nested = bodies(wanted);
  /** @type {Map<string, ProfileEvent[]>} */
  const byNode = new Map();
  for (const kernel of wanted.flatMap(({ kernels }) => kernels)) {
    const name = nodeName(kernel);
    if (nested.has(name)) continue;
    byNode.set(name, [...(byNode.get(name) ?? []), kernel]);
  }
  return {
    model_run_ms: wanted.map(({ whole }) => whole.dur / 1000),
    nodes: Array.from(byNode, ([name, kernels]) => nodeTimes(name, kernels, wanted.length)),
  };
}

/** When the last `count` runs and their nodes ran, on the profiler's own clock, in µs. A node in the body of another one
 * lies inside that one's time. Throws when one of the runs that were `made` is missing.
 * @param {readonly ProfileEvent[]} events @param {{ count: number, made: number }} counts
 * @returns {{ nodes: import("./wire.js").NamedNode[], model_runs_us: [number, number][],
 *   spans_us: [number, number, number, number][] }} */
export function spans(events, { count, made }) {
  const wanted = completeRuns(events, made).slice(-count);
  /** @type {Map<string, { at: number, op_type: string }>} */
  const known = new Map();
  /** @param {ProfileEvent} kernel */
  const numbered = (kernel) => {
    const name = nodeName(kernel);
    const found = known.get(name) ?? { at: known.size, op_type: String(kernel.args["op_name"] ?? "") };
    known.set(name, found);
    return found.at;
  };
  return {
    model_runs_us: wanted.map(({ whole }) => [whole.ts, whole.dur]),
    spans_us: wanted.flatMap(({ kernels }, run) =>
      kernels.map((kernel) => /** @type {[number, number, number, number]} */ ([run, numbered(kernel), kernel.ts, kernel.dur])),
    ),
    nodes: Array.from(known, ([name, { op_type }]) => ({ name, op_type })),
  };
}

/** What the nodes of the last run read and wrote, by their names; inputs that are left out are not told.
 * @param {readonly ProfileEvent[]} events @returns {import("./wire.js").SeenTensors[]} */
export function tensors(events) {
  return (splitIntoRuns(events).at(-1)?.kernels ?? []).map((kernel) => ({
    name: nodeName(kernel),
    inputs: seen(kernel.args["input_type_shape"]),
    outputs: seen(kernel.args["output_type_shape"]),
  }));
}

/** From `[{"float": [1, 3]}, ...]`.
 * @param {unknown} told @returns {import("./wire.js").SeenTensor[]} */
function seen(told) {
  if (!Array.isArray(told)) return [];
  const found = /** @type {Record<string, number[]>[]} */ (told);
  return found.flatMap((one) => Object.entries(one).map(([type, shape]) => ({ type, shape })));
}

/** @typedef {{ whole: ProfileEvent, kernels: ProfileEvent[] }} Run */

/** Events are written when they end, so a run's `model_run` closes it. (Times would not tell: where the clock is
 * coarse, one node's end and the next one's start and end are the same moment.)
 * @param {readonly ProfileEvent[]} events @returns {Run[]} */
function splitIntoRuns(events) {
  const runs = [];
  /** @type {ProfileEvent[]} */
  let kernels = [];
  for (const event of events) {
    if (event.cat === "Node" && event.name.endsWith(KERNEL)) kernels.push(event);
    if (event.cat !== "Session" || event.name !== "model_run") continue;
    runs.push({ whole: event, kernels });
    kernels = [];
  }
  return runs;
}

/** The profiler keeps a million events and drops the later ones: as many runs as are wanted may be left, but not
 * the last ones.
 * @param {readonly ProfileEvent[]} events @param {number} made @returns {Run[]} */
function completeRuns(events, made) {
  const runs = splitIntoRuns(events);
  if (runs.length >= made) return runs;
  throw new Error(`the profile holds ${runs.length} runs, ${made} were made; the profiler's buffer is full`);
}

/** Names that lie inside the time of a node with a body, in every run they occur in.
 * @param {readonly Run[]} runs @returns {Set<string>} */
function bodies(runs) {
  const inside = new Set();
  const outside = new Set();
  for (const { kernels } of runs) {
    const owners = kernels.filter(({ args }) => HAVE_BODIES.has(String(args["op_name"])));
    for (const kernel of owners.length > 0 ? kernels : []) {
      const owned = owners.some((owner) => owner !== kernel && holds(owner, kernel));
      (owned ? inside : outside).add(nodeName(kernel));
    }
  }
  return inside.difference(outside);
}

/** @param {ProfileEvent} outer @param {ProfileEvent} inner */
function holds(outer, inner) {
  return outer.ts <= inner.ts && inner.ts + inner.dur <= outer.ts + outer.dur;
}

/** @param {string} name @param {readonly ProfileEvent[]} kernels @param {number} runs @returns {ProfiledNode} */
function nodeTimes(name, kernels, runs) {
  const [first] = kernels;
  if (first === undefined || kernels.length !== runs) {
    throw new Error(`the profile holds ${kernels.length} times of node ${name}; wanted ${runs}`);
  }
  return {
    name,
    op_type: String(first.args["op_name"] ?? ""),
    provider: String(first.args["provider"] ?? ""),
    samples_ms: kernels.map(({ dur }) => dur / 1000),
  };
}

/** @param {ProfileEvent} kernel */
function nodeName({ name }) {
  return name.slice(0, -KERNEL.length);
}
