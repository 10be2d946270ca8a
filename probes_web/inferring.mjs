// @ts-check
/** The model at work while the page goes on: run after run, with a turn of the event loop or a rest between. */

import { now } from "./clock.mjs";
import { timedRun } from "./runtime.mjs";
import { open } from "./session.mjs";
import { nextTurn, until, WAYS } from "./turns.mjs";

/** @typedef {{ runs_ms: number[], over_ms: number }} Inferred  what runs took, ms; and how long all of it took, from
 * the begin to the end of the last run and of its rest: whole turns, so that both give the duty that was reached */
/** @typedef {{ stop: () => Promise<Inferred> }} Inferring  stops, and tells what was done */

/** Begin. `duty`: the share of the time in which the model is to run; 0: it does not, 1: run after run.
 * @param {number} duty @returns {Inferring} */
export function inferring(duty) {
  /** @type {number[]} */
  const runs_ms = [];
  const first = now();
  let on = duty > 0;
  const ended = (async () => {
    while (on) {
      const began = now();
      runs_ms.push(await oneRun(runs_ms.length % WAYS));
      const took = now() - began;
      await nextTurn();
      if (duty < 1) await until(now() + took * (1 / duty - 1));
    }
  })();
  return {
    async stop() {
      on = false;
      await ended;
      return { runs_ms, over_ms: now() - first };
    },
  };
}

/** @param {number} way @returns {Promise<number>} */
async function oneRun(way) {
  const opened = open();
  return opened.place === "worker" ? (await opened.run(way)).run_ms : timedRun(opened.session, opened.feeds);
}
