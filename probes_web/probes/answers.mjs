// @ts-check
/** What the model answers to one input after the other. */

import { read, send } from "../bytes.mjs";
import { now } from "../clock.mjs";
import { during } from "../phases.mjs";
import { open, openHere } from "../session.mjs";
import { feedsFrom, packed } from "../tensors.mjs";
import { nextTurn } from "../turns.mjs";

/** @typedef {import("../wire.js").AnswersTask} AnswersTask */

/** @type {import("../probe.js").Probe<AnswersTask>} */
export const probe = {
  where: () => (open().place === "here" ? "main" : "worker"),

  async run({ ort_url, inputs_url, inputs, outputs_url }) {
    const { session } = openHere();
    const block = await during("load", () => read(inputs_url));
    const imported = await import(ort_url); // loaded long ago; only asked for by name
    const ort = imported.InferenceSession === undefined ? imported.default : imported;
    const runs_ms = [];
    const outputs = [];
    /** @type {Uint8Array<ArrayBuffer>[]} */
    const parts = [];
    for (const slices of inputs) {
      const feeds = feedsFrom(ort, block, slices);
      const began = now();
      const found = await during("timed", () => session.run(feeds));
      runs_ms.push(now() - began);
      const one = packed(found, session.outputNames);
      outputs.push(one.slices);
      parts.push(...one.parts.map((part) => part.slice())); // the library may use its memory again
      await nextTurn();
    }
    await during("load", () => send(outputs_url, parts));
    return { kind: "answered", outputs, runs_ms };
  },
};
