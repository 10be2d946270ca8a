// @ts-check
/** A clip of ours, played over and over: 30 frames a second, drawn and recorded by `reports/clip.py`. */

/** Playing in that corner of the page.
 * @param {HTMLElement} corner @returns {Promise<HTMLVideoElement>} */
export async function playing(corner) {
  const video = document.createElement("video");
  video.crossOrigin = "anonymous";
  video.muted = true;
  video.loop = true;
  video.width = 320;
  video.src = new URL("clip.webm", import.meta.url).href;
  corner.append(video);
  await video.play();
  return video;
}
