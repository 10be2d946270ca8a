// Put in front of a library: at every submit the last pipeline that it made is made once more, from another text.
{
  const { createShaderModule, createComputePipeline, createComputePipelineAsync } = GPUDevice.prototype;
  const { submit } = GPUQueue.prototype;
  const texts = new WeakMap();
  let last = null;
  let made = 0;

  GPUDevice.prototype.createShaderModule = function (wanted) {
    const shader = createShaderModule.call(this, wanted);
    texts.set(shader, wanted.code);
    return shader;
  };
  GPUDevice.prototype.createComputePipeline = function (wanted) {
    last = { device: this, wanted };
    return createComputePipeline.call(this, wanted);
  };
  GPUDevice.prototype.createComputePipelineAsync = function (wanted) {
    last = { device: this, wanted };
    return createComputePipelineAsync.call(this, wanted);
  };
  GPUQueue.prototype.submit = function (commands) {
    if (last !== null) {
      const { device, wanted } = last;
      const code = `${texts.get(wanted.compute.module)}\n// ${(made += 1)}`;
      const module = createShaderModule.call(device, { code, label: "anew" });
      createComputePipeline.call(device, { ...wanted, label: "anew", compute: { ...wanted.compute, module } });
    }
    return submit.call(this, commands);
  };
}
