import { env, pipeline } from "@huggingface/transformers";

env.allowRemoteModels = false;
env.allowLocalModels = true;
env.localModelPath = "./models/";
env.backends.onnx.wasm.wasmPaths = new URL("./ort/", location.href).href;
const extract = await pipeline("feature-extraction", "bert-small", { dtype: "fp32", device: "wasm" });
for (;;) {
  await extract("the cat sat on the mat", { pooling: "mean", normalize: true });
  await new Promise((done) => setTimeout(done, 10));
}
