// @ts-check
/** Fetches its own tasks: `plain.html?tasks=URL`, by default from the server that served it. The answers go to
 * `answers` beside the folder of the tasks. */

import { serveTasks } from "../transport_post.mjs";

const named = new URL(location.href).searchParams.get("tasks");
const tasks = new URL(named ?? "../../tasks/next", location.href);
await serveTasks(tasks, new URL("../answers", tasks));
