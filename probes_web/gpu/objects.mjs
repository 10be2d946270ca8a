// @ts-check
/** A recording's objects by their numbers, one table for each kind. */

/** @template T */
export class Table {
  /** @type {Map<number, T>} */
  #held = new Map();
  /** @type {string} */
  #kind;

  /** @param {string} kind */
  constructor(kind) {
    this.#kind = kind;
  }

  /** @param {number} number @param {T} made */
  set(number, made) {
    this.#held.set(number, made);
  }

  /** @param {number} number @returns {T} */
  get(number) {
    const found = this.#held.get(number);
    if (found === undefined) throw new Error(`the recording uses ${this.#kind} ${number}, which nothing made`);
    return found;
  }

  /** @returns {T[]} */
  all() {
    return [...this.#held.values()];
  }
}

/** @typedef {ReturnType<typeof tables>} Tables */

/** All of them, empty. */
export function tables() {
  return {
    adapters: /** @type {Table<GPUAdapter>} */ (new Table("adapter")),
    devices: /** @type {Table<GPUDevice>} */ (new Table("device")),
    queues: /** @type {Table<GPUQueue>} */ (new Table("queue")),
    buffers: /** @type {Table<GPUBuffer>} */ (new Table("buffer")),
    shaders: /** @type {Table<{ module: GPUShaderModule, label: string }>} */ (new Table("shader")),
    groupLayouts: /** @type {Table<GPUBindGroupLayout>} */ (new Table("group layout")),
    pipelineLayouts: /** @type {Table<GPUPipelineLayout>} */ (new Table("pipeline layout")),
    pipelines: /** @type {Table<{ pipeline: GPUComputePipeline, label: string }>} */ (new Table("pipeline")),
    groups: /** @type {Table<GPUBindGroup>} */ (new Table("group")),
    queries: /** @type {Table<GPUQuerySet>} */ (new Table("query set")),
    encoders: /** @type {Table<GPUCommandEncoder>} */ (new Table("encoder")),
    passes: /** @type {Table<GPUComputePassEncoder>} */ (new Table("pass")),
    commands: /** @type {Table<GPUCommandBuffer>} */ (new Table("commands")),
  };
}
