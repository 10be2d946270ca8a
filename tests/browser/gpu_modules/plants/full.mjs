// Put in front of a library, or in a page: once somebody says so, every larger buffer is one too many for the GPU. Only
// the device says so, and work goes on with what there is.
{
  const { createBuffer } = GPUDevice.prototype;
  let full = false;
  new BroadcastChannel("full").addEventListener("message", () => void (full = true));
  GPUDevice.prototype.createBuffer = function (wanted) {
    const buffer = createBuffer.call(this, wanted);
    if (full && wanted.size >= 96 * 96 * 4) {
      const error = new GPUOutOfMemoryError(`no memory for a buffer of ${wanted.size} bytes`);
      queueMicrotask(() => this.dispatchEvent(new GPUUncapturedErrorEvent("uncapturederror", { error })));
    }
    return buffer;
  };
}
