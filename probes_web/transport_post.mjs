// @ts-check
/** Tasks by GET, answers by POST: the transport of a page that nobody drives from outside. */

import { runTask } from "./main.mjs";

/** Carry out tasks until there are no more (204), one after the other.
 * @param {URL} tasks  gives the next task as JSON  @param {URL} answers  takes each answer as JSON
 * @returns {Promise<void>} */
export async function serveTasks(tasks, answers) {
  for (;;) {
    const response = await fetch(tasks, { cache: "no-store" });
    if (response.status === 204) return;
    if (!response.ok) throw new Error(`GET ${tasks}: ${response.status} ${response.statusText}`);
    const answer = await runTask(await response.json());
    const taken = await fetch(answers, { method: "POST", body: JSON.stringify(answer) });
    if (!taken.ok) throw new Error(`POST ${answers}: ${taken.status} ${taken.statusText}`);
  }
}
