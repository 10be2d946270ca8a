// Generated from gapprof/records/wire.py; a contract test compares. Make it anew with
// python -m gapprof.records.typescript > probes_web/wire.d.ts

/** A model's external data: the name inside the model, and where to fetch it. */
export interface ExternalFile {
  path: string;
  url: string;
}

/** One tensor inside a block of raw little-endian bytes. */
export interface TensorSlice {
  name: string;
  dtype: string;
  dims: readonly number[];
  offset: number;
  size_bytes: number;
}

/** Load onnxruntime-web and the model, make the inputs, warm up, leave the outputs of one run. */
export interface OpenTask {
  kind: "open";
  ort_url: string;
  wasm_base_url: string;
  threads: number;
  simd: boolean | null;
  where: string;
  spinning: string;
  model_url: string;
  external_data: readonly ExternalFile[];
  optimise: boolean;
  inputs_url: string;
  inputs: readonly TensorSlice[];
  outputs_url: string | null;
  warmup_ms: number;
  warmup_runs: number;
}

/** Go on warming up what is open; both bounds are to be met. */
export interface WarmTask {
  kind: "warm";
  warmup_ms: number;
  warmup_runs: number;
}

/** Time what is open: `samples` batches back to back, or `requests` paced requests; the other one is 0. */
export interface TimeTask {
  kind: "time";
  batch: number;
  samples: number;
  requests: number;
  think_ms: readonly [number, number];
  seed: number;
  marks: boolean;
}

/** Blocks of `runs` single runs of what is open, and as many of a profiled session of the same model.

Each block begins with one run that is not counted. */
export interface ProfileTask {
  kind: "profile";
  open: OpenTask;
  blocks: number;
  runs: number;
}

/** What is open and another model, in the same realm: a batch of the one, a batch of the other, and on. */
export interface ContrastTask {
  kind: "contrast";
  other: OpenTask;
  batch: number;
  rounds: number;
}

/** What stands in memory from `offset` on, as base64. */
export interface Bytes {
  offset: number;
  base64: string;
}

/** One kernel, and what it is called with. */
export interface KernelCase {
  module: string;
  export: string;
  calls: readonly readonly number[][];
  samples: number;
  rivals: number;
}

/** Kernels on one memory: warm up each, then time all of them in rounds, then show what they wrote. */
export interface KernelsTask {
  kind: "kernels";
  memory_bytes: number;
  image_url: string | null;
  seed: number;
  data: readonly Bytes[];
  cases: readonly KernelCase[];
  threads: number;
  warmup_ms: number;
  sample_ms: number;
  given_up: number;
  shown: readonly readonly [number, number][];
}

/** Runs of a model in a wasm that records one of its own functions' calls; see `transplant.rewriting`. */
export interface RecordTask {
  kind: "record";
  open: OpenTask;
  memory: string;
  count: string;
  target: string;
  kept: readonly string[];
  rows: number;
  rows_bytes: number;
}

/** Recorded calls of one function. */
export interface ReplayCase {
  repeat: string;
  image_url: string;
  rows_url: string;
  rows: number;
  variables: readonly readonly [string, number][];
}

/** Recorded calls in the module that they come from, each case on a memory of its own, in rounds.

Memory is as it was recorded before every sample; a pass over all rows before each one is not timed. */
export interface ReplayTask {
  kind: "replay";
  module_url: string;
  most_pages: number;
  cases: readonly ReplayCase[];
  seed: number;
  warmup_ms: number;
  sample_ms: number;
  samples: number;
}

/** Where a rewritten wasm keeps what; see `gapprof.wasm.hooks`. Exports by name, the rest are
addresses. */
export interface HookLayout {
  log: string;
  clock: string;
  repeat: string;
  on: number;
  next: number;
  end: number;
  current: number;
  lost: number;
  nobody: number;
  slots: number;
  slot_bytes: number;
  calls: number;
  left: number;
  period: number;
  count: number;
  log_begins: number;
  log_ends: number;
}

/** What is open beside a rewritten build of the same runtime, in blocks of `runs` single runs.

Then as many runs of the rewritten one under the profiler, with what was called when. */
export interface InstrumentTask {
  kind: "instrument";
  open: OpenTask;
  layout: HookLayout;
  functions: number;
  timed_calls: number;
  blocks: number;
  runs: number;
}

/** Frames, long tasks, a video, components, an application's steps; while what is open runs or rests. */
export interface FeltTask {
  kind: "felt";
  duty: number;
  step_duty: number;
  watch_ms: number;
  repeats: number;
  seed: number;
}

/** Hear clicks that come from outside. */
export interface ClickedTask {
  kind: "clicked";
  duty: number;
  clicks: number;
  most_ms: number;
}

/** Run what is open on one input after the other, and leave all outputs, one after the other. */
export interface AnswersTask {
  kind: "answers";
  ort_url: string;
  inputs_url: string;
  inputs: readonly readonly TensorSlice[][];
  outputs_url: string;
}

/** One step of a model's life, so that somebody outside can look before the next one. */
export interface StepTask {
  kind: "step";
  step: "create" | "load" | "release" | "run" | "scan";
  open: OpenTask;
  arena: boolean;
  runs: number;
}

/** The way to a first result, as a page goes it that nobody has prepared. */
export interface StartTask {
  kind: "start";
  step: "prepare" | "recreate" | "settle" | "start";
  open: OpenTask;
  settle_ms: number;
  settle_runs: number;
  recreations: number;
}

/** A session is open and warm. */
export interface Opened {
  kind: "opened";
  cold_ms: Readonly<Record<string, number>>;
  warmup_ms: readonly number[];
  outputs: readonly TensorSlice[];
  threads: number;
  isolated: boolean;
  where: string;
  timer_step_us: number;
  hardware_concurrency: number;
  ort_version: string;
  user_agent: string;
  page_url: string;
}

/** Single runs of a further stretch of warm-up, in order. */
export interface Warmed {
  kind: "warmed";
  runs_ms: readonly number[];
}

/** Raw times: per-inference means of batches, or one value per request from when it was due. */
export interface Timed {
  kind: "timed";
  samples_ms: readonly number[];
  requests_ms: readonly number[];
  runs_ms: readonly number[];
  ways: number;
  stretch_ms: number;
  busy_ms: number;
}

/** One node of the graph as the profiler names it; one value per run. */
export interface ProfiledNode {
  name: string;
  op_type: string;
  provider: string;
  samples_ms: readonly number[];
}

/** Both sides of a profiled pass. */
export interface Profiled {
  kind: "profiled";
  unprofiled_ms: readonly number[];
  profiled_ms: readonly number[];
  model_run_ms: readonly number[];
  nodes: readonly ProfiledNode[];
}

/** Per-inference means, one of each model per round. */
export interface Contrasted {
  kind: "contrasted";
  open_ms: readonly number[];
  other_ms: readonly number[];
}

/** Raw times of all cases, and the memory that was to be shown. */
export interface KernelsTimed {
  kind: "kernels-timed";
  samples_us: readonly readonly number[][];
  compile_ms: readonly number[];
  shown: readonly Bytes[];
}

/** Calls of one function in one run of a model. */
export interface Recorded {
  kind: "recorded";
  calls: number;
  rows: number;
  memory_bytes: number;
  kept: readonly number[];
}

/** Raw times of all cases. */
export interface Replayed {
  kind: "replayed";
  samples_us: readonly readonly number[][];
  sha256: readonly string[];
}

/** One output of both builds, byte by byte. */
export interface SameOutput {
  name: string;
  size_bytes: number;
  differing_bytes: number;
  unsteady_bytes: number;
}

/** A node as the profiler names it. */
export interface NamedNode {
  name: string;
  op_type: string;
}

/** Both sides of an instrumented pass, and the log of the rewritten build under the profiler. */
export interface Instrumented {
  kind: "instrumented";
  outputs: readonly SameOutput[];
  counted_us: number;
  timed_us: number;
  inside_us: number;
  stock_ms: readonly number[];
  hooked_ms: readonly number[];
  periods: readonly number[];
  calls: readonly readonly number[][];
  log: readonly string[];
  lost: number;
  nodes: readonly NamedNode[];
  model_runs_us: readonly readonly [number, number][];
  spans_us: readonly readonly [number, number, number, number][];
}

/** Raw, in order. */
export interface Felt {
  kind: "felt";
  frames_ms: readonly number[];
  long_tasks_ms: readonly number[];
  video_frames: number;
  video_dropped: number;
  video_ms: number;
  components_ms: Readonly<Record<string, readonly number[]>>;
  steps_ms: Readonly<Record<string, readonly number[]>>;
  runs_ms: readonly number[];
}

/** Raw, in order. */
export interface Clicks {
  kind: "clicks";
  events_ms: readonly number[];
}

/** All runs are done; the outputs lie where they were wanted. */
export interface Answered {
  kind: "answered";
  outputs: readonly readonly TensorSlice[][];
  runs_ms: readonly number[];
}

/** The step is done. */
export interface Stepped {
  kind: "stepped";
  took_ms: number;
  threads: number;
  wasm_heap_bytes: number;
  heap_written_bytes: number;
}

/** A file as Resource Timing tells of it. */
export interface FileSeen {
  name: string;
  size_bytes: number;
  from_cache: boolean;
  fetch_ms: number;
}

/** The step is done; what it has nothing to say of is empty. */
export interface Started {
  kind: "started";
  threads: number;
  stages_ms: Readonly<Record<string, number>>;
  loaded_ms: number;
  files: readonly FileSeen[];
  runs_ms: readonly number[];
  usual_ms: readonly number[];
  unoptimised_ms: readonly number[];
  unpacked_ms: readonly number[];
  parse_ms: readonly number[];
}

/** The page cannot do that, by its nature. */
export interface Refused {
  kind: "refusal";
  reason: string;
}

/** Something was thrown. `phase` as in `Failure.phase`. */
export interface Broke {
  kind: "failure";
  phase: string;
  name: string;
  message: string;
  stack: string;
}

export type Task = OpenTask | WarmTask | TimeTask | ProfileTask | ContrastTask | KernelsTask | RecordTask | ReplayTask | InstrumentTask | FeltTask | ClickedTask | AnswersTask | StepTask | StartTask;

export type Answer = Opened | Warmed | Timed | Profiled | Contrasted | KernelsTimed | Recorded | Replayed | Instrumented | Felt | Clicks | Answered | Stepped | Started | Refused | Broke;
