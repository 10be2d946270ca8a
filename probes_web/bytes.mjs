// @ts-check
/** Bytes in and out: HTTP in a page, files under Node, where `fetch` knows no file: addresses. */

/** @param {string} url @param {RequestCache} [cache] @returns {Promise<ArrayBuffer>} */
export async function read(url, cache = "no-store") {
  if (url.startsWith("file:")) {
    const { readFile } = await import("node:fs/promises");
    const { buffer, byteOffset, byteLength } = await readFile(new URL(url));
    return /** @type {ArrayBuffer} */ (buffer).slice(byteOffset, byteOffset + byteLength);
  }
  const response = await fetch(url, { cache });
  if (!response.ok) throw new Error(`GET ${url}: ${response.status} ${response.statusText}`);
  return response.arrayBuffer();
}

/** Without a content type of its own, so that a page of another origin may send it without asking first.
 * @param {string} url @param {readonly Uint8Array<ArrayBuffer>[]} parts @returns {Promise<void>} */
export async function send(url, parts) {
  const body = new Blob([...parts]);
  if (url.startsWith("file:")) {
    const { writeFile } = await import("node:fs/promises");
    await writeFile(new URL(url), new Uint8Array(await body.arrayBuffer()));
    return;
  }
  const response = await fetch(url, { method: "POST", body });
  if (!response.ok) throw new Error(`POST ${url}: ${response.status} ${response.statusText}`);
}
