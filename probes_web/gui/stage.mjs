// @ts-check
/** A corner of the page that is ours while it is measured; nothing of the page's own is touched. */

/** @returns {HTMLElement} */
export function stage() {
  const corner = document.createElement("div");
  corner.style.cssText =
    "position:fixed;left:0;top:0;width:640px;height:480px;overflow:hidden;z-index:2147483647;background:white";
  document.body.append(corner);
  return corner;
}
