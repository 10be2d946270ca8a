// @ts-check
/** The one place that touches the console: onnxruntime-web prints its profile there and gives it to nobody else, and
 * V8 tells whoever listens to it when something was said. */

/** Say a word that is no profile's; a page whose own console breaks has nobody listen.
 * @param {string} word */
export function say(word) {
  try {
    console.debug(word);
  } catch {
    // what was to be told of is done all the same
  }
}

/** Do `work` with a console that only listens. What binds `console.log` meanwhile stays bound to `lines`, which
 * therefore goes on growing after this returned.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<{ result: T, lines: readonly string[] }>} */
export async function overheard(work) {
  /** @type {string[]} */
  const lines = [];
  const spoken = console.log;
  console.log = (...words) => {
    lines.push(words.join(" "));
  };
  try {
    return { result: await work(), lines };
  } finally {
    console.log = spoken;
  }
}
