// @ts-check
/** Who draws for a WebGL context, in its own words. */

/** @typedef {import("../wire.js").AdapterIdentity} AdapterIdentity */

/** What tells how large a tensor may be that lies in a texture. */
const LIMITS = /** @type {const} */ (["MAX_TEXTURE_SIZE", "MAX_TEXTURE_IMAGE_UNITS", "MAX_FRAGMENT_UNIFORM_VECTORS"]);

/** @param {WebGLRenderingContext} context @returns {AdapterIdentity} */
export function rendererOf(context) {
  const unmasked = context.getExtension("WEBGL_debug_renderer_info");
  const said = (/** @type {number} */ name) => String(context.getParameter(name) ?? "");
  return {
    vendor: said(unmasked ? unmasked.UNMASKED_VENDOR_WEBGL : context.VENDOR),
    architecture: "",
    device: "",
    description: said(unmasked ? unmasked.UNMASKED_RENDERER_WEBGL : context.RENDERER),
    backend: said(context.VERSION),
    driver: "",
    kind: "",
    is_fallback: null,
    subgroup_sizes: null,
    features: [...(context.getSupportedExtensions() ?? [])].sort(),
    limits: Object.fromEntries(LIMITS.map((name) => [name, Number(context.getParameter(context[name]))])),
  };
}
