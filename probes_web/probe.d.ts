// What every file in probes/ exports as `probe`.
import type { Answer, Task } from "./wire.js";

/** One kind of task. It may throw: the one entry turns that into an answer. */
export interface Probe<T extends Task> {
  /** Where the task is carried out: on the page's main thread, or in the dedicated worker. */
  where(task: T): "main" | "worker";
  /** Why this realm cannot do it at all; undefined when it can. */
  refuse?(task: T): string | undefined;
  run(task: T): Promise<Answer>;
}
