"""Scripts of a page that do to its model on the GPU what a driver may do."""

from tests.browser.gpu_plants import PLANTS

LOST = """
const ask = GPUAdapter.prototype.requestDevice;
GPUAdapter.prototype.requestDevice = async function (...given) {
  const device = await ask.apply(this, given);
  setTimeout(() => device.destroy(), 300);
  return device;
};
"""
NO_SHADER = """
const make = GPUDevice.prototype.createShaderModule;
GPUDevice.prototype.createShaderModule = function (given) {
  return make.call(this, { ...given, code: `${given.code} this is no WGSL` });
};
"""
OUT_OF_MEMORY = """
const make = GPUDevice.prototype.createBuffer;
GPUDevice.prototype.createBuffer = function (wanted) {
  if (wanted.size < 96 * 96 * 4) return make.call(this, wanted);
  this.pushErrorScope("validation");
  const broken = make.call(this, { ...wanted, mappedAtCreation: false, usage: 0 });
  this.popErrorScope();
  const error = new GPUOutOfMemoryError(`no memory for a buffer of ${wanted.size} bytes`);
  queueMicrotask(() => this.dispatchEvent(new GPUUncapturedErrorEvent("uncapturederror", { error })));
  return broken;
};
"""
"""What a driver does that has no memory left: the buffer is of no use, and only the device says why."""
FULL = "full"
"""The plant that does so once it is told to, and that leaves the buffer as it is; the channel by which."""
FULL_LATER = (PLANTS / f"{FULL}.mjs").read_text(encoding="utf-8")
OUT_OF_MEMORY_LATER = f"""
let full = false;
new BroadcastChannel("{FULL}").addEventListener("message", () => void (full = true));
{OUT_OF_MEMORY.replace("if (wanted.size", "if (!full || wanted.size")}
"""
