// Put in front of a library: behind every twentieth submit it does something else before it makes the next command.
{
  const STALL_MS = 50;
  const EVERY = 20;
  const { submit } = GPUQueue.prototype;
  const { createCommandEncoder } = GPUDevice.prototype;
  let submits = 0;
  let due = false;
  GPUQueue.prototype.submit = function (commands) {
    submits += 1;
    due = submits % EVERY === 0;
    return submit.call(this, commands);
  };
  GPUDevice.prototype.createCommandEncoder = function (wanted) {
    const end = performance.now() + (due ? STALL_MS : 0);
    while (performance.now() < end);
    due = false;
    return createCommandEncoder.call(this, wanted);
  };
}
