// @ts-check
/** When what was changed is on the screen. */

/** Resolves behind the next frame: a message that a frame's callback sends is heard after the frame was painted.
 * @returns {Promise<void>} */
export function painted() {
  return new Promise((resolve) => {
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => resolve();
      port2.postMessage(null);
    });
  });
}
