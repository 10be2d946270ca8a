// @ts-check
/** When submits are made and what is waited for, heard at the few methods that tell it: no recorder, which would have
 * to hear every call. */

import { now } from "../clock.mjs";
import { courseOf } from "./course.mjs";

/** @typedef {import("./course.mjs").Stretch} Stretch */
/** @typedef {import("../wire.js").RunCourse} RunCourse */

/** @typedef {object} Listening
 * @property {(run: () => Promise<unknown>) => Promise<RunCourse>} heard  one run
 * @property {() => void} stop  methods are as they were */

/** From here on, in this realm.
 * @returns {Listening} */
export function listening() {
  /** @type {Stretch[]} */
  let submits = [];
  /** @type {Stretch[]} */
  let waits = [];

  const undo = [
    around(GPUQueue.prototype, "submit", (call) => {
      const began = now();
      call();
      submits.push([began, now()]);
    }),
    around(GPUQueue.prototype, "onSubmittedWorkDone", waiting),
    around(GPUBuffer.prototype, "mapAsync", waiting),
  ];

  /** @param {() => Promise<unknown>} call */
  function waiting(call) {
    const began = now();
    const kept = waits;
    const promise = call();
    const over = () => void kept.push([began, now()]);
    promise.then(over, over);
    return promise;
  }

  return {
    async heard(run) {
      [submits, waits] = [[], []];
      const began = now();
      await run();
      const ended = now();
      return courseOf({ began, ended, submits, waits: waits.toSorted(([one], [other]) => one - other) });
    },
    stop: () => undo.forEach((back) => back()),
  };
}

/** Put something around a method; where there is none, nothing. @param {object} prototype @param {string} name
 * @param {(call: () => any, self: unknown) => unknown} then  what is done in its place, given the call itself and whose
 *   method it is
 * @returns {() => void} takes it away again */
export function around(prototype, name, then) {
  const own = Object.getOwnPropertyDescriptor(prototype, name);
  const method = own?.value;
  if (own === undefined || typeof method !== "function") return () => undefined;
  /** @this {unknown} @param {...unknown} args */
  function heard(...args) {
    return then(() => method.apply(this, args), this);
  }
  Object.defineProperty(prototype, name, { ...own, value: heard });
  return () => void Object.defineProperty(prototype, name, own);
}
