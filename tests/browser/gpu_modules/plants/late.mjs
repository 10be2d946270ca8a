// Put in front of a library: behind what it reads back it does something else before it makes the next command.
{
  const LATE_MS = 50;
  const { mapAsync } = GPUBuffer.prototype;
  const { createCommandEncoder } = GPUDevice.prototype;
  let due = false;
  GPUBuffer.prototype.mapAsync = function (...stretch) {
    due = true;
    return mapAsync.apply(this, stretch);
  };
  GPUDevice.prototype.createCommandEncoder = function (wanted) {
    const end = performance.now() + (due ? LATE_MS : 0);
    while (performance.now() < end);
    due = false;
    return createCommandEncoder.call(this, wanted);
  };
}
