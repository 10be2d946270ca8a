// Generated from gapprof/records/wire; a contract test compares. Make it anew with
// python -m gapprof.records.typescript > probes_web/wire.d.ts

/** One tensor inside a block of raw little-endian bytes. */
export interface TensorSlice {
  name: string;
  dtype: string;
  dims: readonly number[];
  offset: number;
  size_bytes: number;
}

/** Run what is open on one input after the other, and leave all outputs, one after the other. */
export interface AnswersTask {
  kind: "answers";
  ort_url: string;
  inputs_url: string;
  inputs: readonly readonly TensorSlice[][];
  outputs_url: string;
}

/** Hear clicks that come from outside. */
export interface ClickedTask {
  kind: "clicked";
  duty: number;
  clicks: number;
  most_ms: number;
}

/** A model's external data: the name inside the model, and where to fetch it. */
export interface ExternalFile {
  path: string;
  url: string;
}

/** One option of `InferenceSession.create`, under onnxruntime-web's own name. */
export interface SessionOption {
  name: string;
  value: string;
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
  provider: "wasm" | "webgl" | "webgpu";
  model_url: string;
  external_data: readonly ExternalFile[];
  optimise: boolean;
  session: readonly SessionOption[];
  inputs_url: string;
  inputs: readonly TensorSlice[];
  outputs_url: string | null;
  warmup_ms: number;
  warmup_runs: number;
}

/** What is open and another model, in the same realm: a batch of the one, a batch of the other, and on. */
export interface ContrastTask {
  kind: "contrast";
  other: OpenTask;
  batch: number;
  rounds: number;
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

/** Ask onnxruntime-web's profiler which provider ran which node of a model on the GPU. */
export interface GpuPlaceTask {
  kind: "gpuplace";
  open: OpenTask;
}

/** Runs of a model on the GPU with every call of WebGPU recorded. */
export interface GpuRecordTask {
  kind: "gpurecord";
  open: OpenTask;
  runs: number;
  most_bytes: number;
  trace_url: string;
  about: Readonly<Record<string, string>>;
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
  given: readonly readonly [number, number][];
  taken: readonly readonly [number, number][];
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

/** Blocks of `runs` single runs of what is open, and as many of a profiled session of the same model.

Each block begins with one run that is not counted. */
export interface ProfileTask {
  kind: "profile";
  open: OpenTask;
  blocks: number;
  runs: number;
  most_warmup_runs: number;
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

/** The way to a first result, as a page goes it that nobody has prepared. */
export interface StartTask {
  kind: "start";
  step: "prepare" | "recreate" | "settle" | "start";
  open: OpenTask;
  settle_ms: number;
  settle_runs: number;
  recreations: number;
  word: string;
}

/** One step of a model's life, so that somebody outside can look before the next one. */
export interface StepTask {
  kind: "step";
  step: "create" | "load" | "release" | "run" | "scan";
  open: OpenTask;
  arena: boolean;
  runs: number;
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
  least_ms: number;
  first: number;
  requests_from: string;
}

/** Go on warming up what is open; both bounds are to be met. */
export interface WarmTask {
  kind: "warm";
  warmup_ms: number;
  warmup_runs: number;
}

/** Dawn as a Node module. */
export interface DawnAddress {
  module_url: string;
  toggles: readonly string[];
}

/** Part of a recording: its calls from `begin` up to `end`. */
export interface GpuSegment {
  begin: number;
  end: number;
  spoilt: readonly number[];
}

/** A recording up to its steady run once, then that run on a spoilt input, then over and over, on the
spoilt one between, then its parts. */
export interface GpuReplayTask {
  kind: "gpureplay";
  dawn: DawnAddress | null;
  trace_url: string;
  segment: GpuSegment;
  warmup: number;
  iterations: number;
  parts: number;
  where: string;
}

/** The same with a pass of its own for each dispatch, between two timestamps. */
export interface GpuTimelineTask {
  kind: "gputimeline";
  dawn: DawnAddress | null;
  trace_url: string;
  segment: GpuSegment;
  warmup: number;
  iterations: number;
}

/** Do what Dawn's safety switches change. */
export interface GpuTogglesTask {
  kind: "gputoggles";
  dawn: DawnAddress | null;
}

/** Some more runs of the session that is open, with the times of submits and waits taken. */
export interface GpuListenTask {
  kind: "gpulisten";
  runs: number;
}

/** A compute shader, and how many workgroups it is launched with. */
export interface GpuCandidate {
  code: string;
  grid: readonly [number, number, number];
}

/** Shaders that are to compute the same. */
export interface GpuProblem {
  data_url: string;
  sizes: readonly number[];
  most_apart: number;
  candidates: readonly GpuCandidate[];
}

/** Run each shader once, compare what it gives, and time all of them in turns. */
export interface GpuKernelsTask {
  kind: "gpukernels";
  problems: readonly GpuProblem[];
  power: string;
  seed: number;
  samples: number;
  given_up: number;
  budget_ms: number;
}

/** All runs are done; the outputs lie where they were wanted. */
export interface Answered {
  kind: "answered";
  outputs: readonly readonly TensorSlice[][];
  runs_ms: readonly number[];
}

/** Raw, in order. */
export interface Clicks {
  kind: "clicks";
  events_ms: readonly number[];
}

/** Per-inference means, one of each model per round. */
export interface Contrasted {
  kind: "contrasted";
  open_ms: readonly number[];
  other_ms: readonly number[];
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
  runs_over_ms: number;
  step_runs_ms: readonly number[];
  step_runs_over_ms: number;
}

/** A node of the graph that ran, and who ran it. */
export interface PlacedNode {
  name: string;
  op_type: string;
  provider: string;
}

/** What a node read or wrote, as the runtime's profiler saw it. */
export interface SeenTensor {
  type: string;
  shape: readonly number[];
}

/** All of one node. Inputs that are left out are none of them. */
export interface SeenTensors {
  name: string;
  inputs: readonly SeenTensor[];
  outputs: readonly SeenTensor[];
}

/** Nodes of the graph that ran; copies between processors are nodes, too. */
export interface GpuPlaced {
  kind: "gpuplaced";
  nodes: readonly PlacedNode[];
  tensors: readonly SeenTensors[];
}

/** The recording was left where it was wanted, and the outputs of the last run as well. */
export interface GpuRecorded {
  kind: "gpurecorded";
  outputs: readonly TensorSlice[];
  runs_ms: readonly number[];
  ort_version: string;
  where: string;
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

/** Raw times of all cases, and the memory that was to be shown. */
export interface KernelsTimed {
  kind: "kernels-timed";
  samples_us: readonly readonly number[][];
  copies_us: readonly readonly number[][];
  compile_ms: readonly number[];
  shown: readonly Bytes[];
}

/** An adapter in its own words; empty: it does not say. */
export interface AdapterIdentity {
  vendor: string;
  architecture: string;
  device: string;
  description: string;
  backend: string;
  driver: string;
  kind: string;
  is_fallback: boolean | null;
  subgroup_sizes: readonly [number, number] | null;
  features: readonly string[];
  limits: Readonly<Record<string, number>>;
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
  adapter: AdapterIdentity | null;
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

/** One file on the way. */
export interface FetchedFile {
  name: string;
  size_bytes: number;
  from_cache: boolean;
  fetch_ms: number;
}

/** What one stage of a start made on the GPU, as its page asked for it, and what it waited for. */
export interface GpuMade {
  stage: string;
  shaders: number;
  shaders_ms: number;
  pipelines: number;
  pipelines_ms: number;
  submits: number;
  waits_ms: number;
}

/** The step is done; what it has nothing to say of is empty. */
export interface Started {
  kind: "started";
  threads: number;
  moment_ms: number;
  stages_ms: Readonly<Record<string, number>>;
  files: readonly FetchedFile[];
  runs_ms: readonly number[];
  usual_ms: readonly number[];
  unoptimised_ms: readonly number[];
  unpacked_ms: readonly number[];
  parse_ms: readonly number[];
  gpu_made: readonly GpuMade[];
  gpu_waits_ms: readonly number[];
}

/** Buffers that a page has had made on the GPU so far, by what it asked for: a driver may take more. */
export interface GpuBuffers {
  made: number;
  made_bytes: number;
  destroyed: number;
  destroyed_bytes: number;
  collected: number;
  collected_bytes: number;
}

/** The step is done. */
export interface Stepped {
  kind: "stepped";
  took_ms: number;
  threads: number;
  wasm_heap_bytes: number;
  heap_written_bytes: number;
  gpu_buffers: GpuBuffers | null;
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

/** Single runs of a further stretch of warm-up, in order. */
export interface Warmed {
  kind: "warmed";
  runs_ms: readonly number[];
}

/** One run, from its begin to its result: every moment of it is in exactly one of these. */
export interface RunCourse {
  before_ms: number;
  submits_ms: number;
  between_ms: number;
  after_ms: number;
  waits_ms: number;
  largest_ms: number;
  submits: number;
}

/** What a replayed run is made of, each part by changing or repeating it alone. */
export interface RunParts {
  end_waits_ms: readonly number[];
  inner_waits_ms: readonly number[];
  pipelines_ms: readonly number[];
  setup_pipelines_ms: number;
  whole_ms: readonly number[];
  prepared_ms: readonly number[];
  compiled_ms: readonly number[];
  unbroken_ms: readonly number[];
  reading_ms: readonly number[];
  uploading_ms: readonly number[];
  answering_ms: readonly number[];
  compared_bytes: number;
  differing_bytes: number;
  proven_runs: number;
  control_compared_bytes: number;
  control_differing_bytes: number;
  why: string;
}

/** Raw, by iteration; see `records.gpu.GpuReplay`. */
export interface GpuReplayed {
  kind: "gpureplayed";
  adapter: AdapterIdentity;
  where: string | null;
  left_out: readonly string[];
  setup_ms: number;
  pipelines_ms: number;
  total_ms: readonly number[];
  encode_ms: readonly number[];
  submit_to_map_ms: readonly number[];
  courses: readonly RunCourse[];
  parts: RunParts;
  compared_bytes: number;
  differing_bytes: number;
  errors: readonly string[];
}

/** By run; empty: nothing was submitted in the realm that holds the session. */
export interface GpuListened {
  kind: "gpulistened";
  courses: readonly RunCourse[];
}

/** One dispatch in all iterations that were timed by the GPU's own clock. */
export interface GpuSpan {
  pipeline: string;
  begins_ns: readonly number[];
  ends_ns: readonly number[];
}

/** By dispatch, and by iteration; see `records.gpu.GpuTimeline`. */
export interface GpuTimelined {
  kind: "gputimelined";
  adapter: AdapterIdentity;
  dispatches: readonly GpuSpan[];
  waited_ms: readonly number[];
  waits: number;
  idle_map_ms: readonly number[];
  idle_map_bytes: number;
  empty_ns: readonly number[];
  compared_bytes: number;
  differing_bytes: number;
  errors: readonly string[];
}

/** What was seen; `gapprof.gpu.toggles` says what it means. */
export interface GpuToggled {
  kind: "gputoggled";
  adapter: AdapterIdentity;
  over_the_limit: string;
  read_outside: number;
  planted_outside: number;
  timestamps_ns: readonly number[];
  leftovers: number;
  workgroups: number;
}

/** Raw, by round; see `records.gpu_kernels.GpuKernelTime`. */
export interface GpuCandidateTimed {
  samples_ns: readonly number[];
  compile_ms: number;
  difference: number | null;
  odd: number;
  late: boolean;
  why: string;
}

/** In the order of the task. */
export interface GpuProblemTimed {
  candidates: readonly GpuCandidateTimed[];
}

/** All problems. */
export interface GpuKernelsTimed {
  kind: "gpukernels-timed";
  adapter: AdapterIdentity;
  problems: readonly GpuProblemTimed[];
  errors: readonly string[];
}

/** A run of the model begins or ends. */
export interface Mark {
  op: "mark";
  run: number;
  edge: "begin" | "end";
  at_ms: number;
}

/** Who was found. */
export interface RequestAdapter {
  op: "requestAdapter";
  out: number;
  power: string;
  identity: AdapterIdentity;
}

/** With what was asked for. */
export interface RequestDevice {
  op: "requestDevice";
  adapter: number;
  out: number;
  queue: number;
  features: readonly string[];
  limits: Readonly<Record<string, number>>;
}

/** Sizes in bytes; `usage` as WebGPU's bits. */
export interface CreateBuffer {
  op: "createBuffer";
  device: number;
  out: number;
  size: number;
  usage: number;
  mapped: boolean;
}

/** WGSL, as text. */
export interface CreateShaderModule {
  op: "createShaderModule";
  device: number;
  out: number;
  label: string;
  code: string;
}

/** `GPUBufferBindingLayout`. */
export interface BufferLayout {
  type: "read-only-storage" | "storage" | "uniform";
  dynamic: boolean;
  least: number;
}

/** Of buffers; a trace knows no other resource. */
export interface LayoutEntry {
  binding: number;
  visibility: number;
  buffer: BufferLayout;
}

/** What a group of a pipeline holds. */
export interface CreateBindGroupLayout {
  op: "createBindGroupLayout";
  device: number;
  out: number;
  entries: readonly LayoutEntry[];
}

/** None: a group that is not used. */
export interface CreatePipelineLayout {
  op: "createPipelineLayout";
  device: number;
  out: number;
  groups: readonly (number | null)[];
}

/** The call; for the asynchronous one `PipelineReady` says when the page had it. */
export interface CreateComputePipeline {
  op: "createComputePipeline";
  device: number;
  out: number;
  label: string;
  layout: number | null;
  shader: number;
  entry: string;
  constants: Readonly<Record<string, number>>;
  waits: boolean;
  at_ms: number;
}

/** The promise of an asynchronous pipeline is kept. */
export interface PipelineReady {
  op: "pipelineReady";
  pipeline: number;
  at_ms: number;
}

/** Of a pipeline whose layout is `auto`, mostly. */
export interface GetBindGroupLayout {
  op: "getBindGroupLayout";
  pipeline: number;
  index: number;
  out: number;
}

/** A stretch of a buffer; None: to its end. */
export interface BindEntry {
  binding: number;
  buffer: number;
  offset: number;
  size: number | null;
}

/** Buffers for a pipeline's group. */
export interface CreateBindGroup {
  op: "createBindGroup";
  device: number;
  out: number;
  layout: number;
  entries: readonly BindEntry[];
}

/** Room for timestamps. */
export interface CreateQuerySet {
  op: "createQuerySet";
  device: number;
  out: number;
  type: "occlusion" | "timestamp";
  count: number;
}

/** Commands in the making. */
export interface CreateCommandEncoder {
  op: "createCommandEncoder";
  device: number;
  out: number;
}

/** Of a pass. */
export interface TimestampWrites {
  queries: number;
  begin: number | null;
  end: number | null;
}

/** Dispatches follow. */
export interface BeginComputePass {
  op: "beginComputePass";
  encoder: number;
  out: number;
  timestamps: TimestampWrites | null;
}

/** For the dispatches that follow. */
export interface SetPipeline {
  op: "setPipeline";
  on: number;
  pipeline: number;
}

/** None: nothing is bound there any more. */
export interface SetBindGroup {
  op: "setBindGroup";
  on: number;
  index: number;
  group: number | null;
  offsets: readonly number[];
}

/** Of x times y times z workgroups. */
export interface DispatchWorkgroups {
  op: "dispatchWorkgroups";
  on: number;
  count: readonly [number, number, number];
}

/** How many stands in a buffer. */
export interface DispatchWorkgroupsIndirect {
  op: "dispatchWorkgroupsIndirect";
  on: number;
  buffer: number;
  offset: number;
}

/** Of a pass. */
export interface EndPass {
  op: "end";
  on: number;
}

/** None: all that is left of the source. */
export interface CopyBufferToBuffer {
  op: "copyBufferToBuffer";
  encoder: number;
  source: number;
  source_offset: number;
  target: number;
  target_offset: number;
  size: number | null;
}

/** With zeros; None: to its end. */
export interface ClearBuffer {
  op: "clearBuffer";
  encoder: number;
  buffer: number;
  offset: number;
  size: number | null;
}

/** Timestamps into a buffer. */
export interface ResolveQuerySet {
  op: "resolveQuerySet";
  encoder: number;
  queries: number;
  first: number;
  count: number;
  target: number;
  offset: number;
}

/** Commands are made. */
export interface Finish {
  op: "finish";
  encoder: number;
  out: number;
}

/** Commands go to the GPU. */
export interface Submit {
  op: "submit";
  queue: number;
  commands: readonly number[];
  at_ms: number;
}

/** From JavaScript, by way of the queue. */
export interface WriteBuffer {
  op: "writeBuffer";
  queue: number;
  buffer: number;
  offset: number;
  blob: number;
}

/** The call; None: to its end. */
export interface MapAsync {
  op: "mapAsync";
  buffer: number;
  mode: "read" | "write";
  offset: number;
  size: number | null;
  at_ms: number;
}

/** The page can have it now. */
export interface Mapped {
  op: "mapped";
  buffer: number;
  at_ms: number;
}

/** `getMappedRange` of a buffer mapped for reading, and what stood there. */
export interface ReadMapped {
  op: "read";
  buffer: number;
  offset: number;
  blob: number;
}

/** What stood in a mapped range when it was unmapped. */
export interface MappedWrite {
  offset: number;
  blob: number;
}

/** With all that was written until then. */
export interface Unmap {
  op: "unmap";
  buffer: number;
  writes: readonly MappedWrite[];
}

/** Its memory is given up. */
export interface DestroyBuffer {
  op: "destroyBuffer";
  buffer: number;
}

/** The same. */
export interface DestroyQuerySet {
  op: "destroyQuerySet";
  queries: number;
}

/** Nothing of it works any more. */
export interface DestroyDevice {
  op: "destroyDevice";
  device: number;
}

/** The call. */
export interface OnSubmittedWorkDone {
  op: "onSubmittedWorkDone";
  queue: number;
  at_ms: number;
}

/** Its promise is kept; of several, in their order. */
export interface WorkDone {
  op: "workDone";
  queue: number;
  at_ms: number;
}

/** Errors of that kind are kept from here on. */
export interface PushErrorScope {
  op: "pushErrorScope";
  device: number;
  filter: "internal" | "out-of-memory" | "validation";
}

/** The call. */
export interface PopErrorScope {
  op: "popErrorScope";
  device: number;
}

/** Its promise is kept; of several, in their order. */
export interface ErrorPopped {
  op: "errorPopped";
  device: number;
  error: string;
}

/** Where a blob lies, from the first one's begin. */
export interface BlobPlace {
  offset: number;
  size_bytes: number;
  sha256: string;
}

/** Everything but the bytes. */
export interface TraceHeader {
  format: "gapprof/gpu-trace";
  about: Readonly<Record<string, string>>;
  calls: readonly (Mark | RequestAdapter | RequestDevice | CreateBuffer | CreateShaderModule | CreateBindGroupLayout | CreatePipelineLayout | CreateComputePipeline | PipelineReady | GetBindGroupLayout | CreateBindGroup | CreateQuerySet | CreateCommandEncoder | BeginComputePass | SetPipeline | SetBindGroup | DispatchWorkgroups | DispatchWorkgroupsIndirect | EndPass | CopyBufferToBuffer | ClearBuffer | ResolveQuerySet | Finish | Submit | WriteBuffer | MapAsync | Mapped | ReadMapped | Unmap | DestroyBuffer | DestroyQuerySet | DestroyDevice | OnSubmittedWorkDone | WorkDone | PushErrorScope | PopErrorScope | ErrorPopped)[];
  blobs: readonly BlobPlace[];
  inputs: readonly number[];
  unsupported: readonly string[];
  ended: string;
  errors: readonly string[];
  lost: string;
}

export type Task = AnswersTask | ClickedTask | ContrastTask | FeltTask | GpuPlaceTask | GpuRecordTask | InstrumentTask | KernelsTask | OpenTask | ProfileTask | RecordTask | ReplayTask | StartTask | StepTask | TimeTask | WarmTask | GpuReplayTask | GpuTimelineTask | GpuTogglesTask | GpuListenTask | GpuKernelsTask;

export type Answer = Answered | Clicks | Contrasted | Felt | GpuPlaced | GpuRecorded | Instrumented | KernelsTimed | Opened | Profiled | Recorded | Replayed | Started | Stepped | Timed | Refused | Broke | Warmed | GpuReplayed | GpuListened | GpuTimelined | GpuToggled | GpuKernelsTimed;

export type GpuCall = Mark | RequestAdapter | RequestDevice | CreateBuffer | CreateShaderModule | CreateBindGroupLayout | CreatePipelineLayout | CreateComputePipeline | PipelineReady | GetBindGroupLayout | CreateBindGroup | CreateQuerySet | CreateCommandEncoder | BeginComputePass | SetPipeline | SetBindGroup | DispatchWorkgroups | DispatchWorkgroupsIndirect | EndPass | CopyBufferToBuffer | ClearBuffer | ResolveQuerySet | Finish | Submit | WriteBuffer | MapAsync | Mapped | ReadMapped | Unmap | DestroyBuffer | DestroyQuerySet | DestroyDevice | OnSubmittedWorkDone | WorkDone | PushErrorScope | PopErrorScope | ErrorPopped;
