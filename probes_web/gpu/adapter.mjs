// @ts-check
/** Who an adapter is, in its own words. Nothing is concluded from flags that anybody asked for. */

/** @typedef {import("../wire.js").AdapterIdentity} AdapterIdentity */

/** Beyond the standard, a browser with its developer features tells more; Dawn in Node has other words for some.
 * @typedef {GPUAdapterInfo & { backend?: string, driver?: string, type?: string }} Info */

/** Of an adapter, or of what a device says of its own.
 * @param {Pick<GPUAdapter, "info" | "features" | "limits">} adapter @returns {AdapterIdentity} */
export function identityOf(adapter) {
  const info = /** @type {Info} */ (adapter.info);
  const older = /** @type {{ isFallbackAdapter?: boolean }} */ (/** @type {unknown} */ (adapter));
  const { subgroupMinSize: least, subgroupMaxSize: most } = info;
  return {
    vendor: info.vendor ?? "",
    architecture: info.architecture ?? "",
    device: info.device ?? "",
    description: info.description ?? "",
    backend: info.backend ?? "",
    driver: info.driver ?? "",
    kind: info.type ?? "",
    is_fallback: info.isFallbackAdapter ?? older.isFallbackAdapter ?? null,
    subgroup_sizes: least === undefined || most === undefined ? null : [least, most],
    features: [...adapter.features].sort(),
    limits: limitsOf(adapter.limits),
  };
}

/** They are accessors of a prototype, so nothing lists them but that.
 * @param {GPUSupportedLimits} limits @returns {Record<string, number>} */
function limitsOf(limits) {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(limits)).concat(Object.keys(limits));
  /** @type {[string, number][]} */
  const found = names.map((name) => [name, Number(Reflect.get(limits, name))]);
  return Object.fromEntries(found.filter(([, value]) => Number.isSafeInteger(value)).sort());
}
