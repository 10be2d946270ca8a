import * as ort from "onnxruntime-web/wasm";

ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = new URL("./ort/", location.href).href;
const session = await ort.InferenceSession.create("./cnn.onnx", {
  executionProviders: ["wasm"],
  graphOptimizationLevel: "extended",
  enableCpuMemArena: true,
});
const values = Float32Array.from({ length: 3 * 32 * 32 }, (_, at) => (at % 17) / 17);
for (;;) {
  await session.run({ [session.inputNames[0]]: new ort.Tensor("float32", values, [1, 3, 32, 32]) });
  await new Promise((done) => setTimeout(done, 10));
}
