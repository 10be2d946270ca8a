// What every file in probes/ exports as `probe`.
import type { Answer, Task } from "./wire.js";

/** What comes with a task that the page has its worker carry out. */
export interface Errand {
  /** When the page asked, before there was a worker if it is the first: ms since 1970. */
  readonly asked: number;
  /** What the page had ready for it. */
  readonly block: ArrayBuffer | null;
}

/** One kind of task. It may throw: the one entry turns that into an answer. */
export interface Probe<T extends Task> {
  /** Where the task is carried out: on the page's main thread, or in the dedicated worker. */
  where(task: T): "main" | "worker";
  /** Why this realm cannot do it at all; undefined when it can. */
  refuse?(task: T): string | undefined;
  /** On the page's side: what goes along to the worker, and is the worker's from then on. */
  hand?(task: T): ArrayBuffer | null;
  run(task: T, errand: Errand | null): Promise<Answer>;
  /** On the page's side: at once when it has the answer. */
  answered?(task: T): void;
}
