// @ts-check
/** Where this code runs, as it finds out for itself. */

/** @returns {"main" | "worker"} */
export function whereIAm() {
  const scope = Reflect.get(globalThis, "WorkerGlobalScope");
  return typeof scope === "function" && globalThis instanceof scope ? "worker" : "main";
}
