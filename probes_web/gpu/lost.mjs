// @ts-check
/** Whatever a lost device makes fail, that it was lost is the reason. */

import { Refusal } from "./refusal.mjs";

/** The news may come a moment after what it makes fail. */
const NEWS_MS = 50;

/** @template T
 * @param {string} doing @param {() => string} lost  why the device was lost; empty: it was not
 * @param {() => Promise<T>} work @returns {Promise<T>} */
export async function orLost(doing, lost, work) {
  try {
    return await work();
  } catch (thrown) {
    await new Promise((resolve) => setTimeout(resolve, NEWS_MS));
    const why = lost();
    if (why !== "") throw new Refusal(`the GPU device was lost while ${doing} (${why})`);
    throw thrown;
  }
}
