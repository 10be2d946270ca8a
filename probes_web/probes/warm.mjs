// @ts-check
/** Go on warming up what is open: somebody outside watches whether the engine is still compiling meanwhile. */

import { warmUp } from "../runtime.mjs";
import { open, openHere } from "../session.mjs";
import "./time.mjs"; // comes next: loading it is no part of a timed stretch

/** @typedef {import("../wire.js").WarmTask} WarmTask */

/** @type {import("../probe.js").Probe<WarmTask>} */
export const probe = {
  where: () => (open().place === "here" ? "main" : "worker"),

  async run(bounds) {
    const { session, feeds } = openHere();
    return { kind: "warmed", runs_ms: await warmUp(session, feeds, bounds) };
  },
};
