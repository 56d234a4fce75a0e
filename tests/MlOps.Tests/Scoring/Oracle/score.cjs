// Scores rows with ONNX Runtime: reads model.onnx and inputs.json from a folder, writes outputs.json there.
// inputs.json: one array per graph input, in the graph's order: { type: "float32" | "int64" | "string", data: [...] };
// null is NaN in float32, and int64 stands as text.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const ort = require('onnxruntime-node');

const read = {
  float32: data => Float32Array.from(data, x => (x === null ? NaN : x)),
  int64: data => BigInt64Array.from(data, x => BigInt(x)),
  string: data => data,
};

async function main(folder) {
  const session = await ort.InferenceSession.create(path.join(folder, 'model.onnx'), { intraOpNumThreads: 1, logSeverityLevel: 3 });
  const columns = JSON.parse(fs.readFileSync(path.join(folder, 'inputs.json'), 'utf8'));
  const feeds = {};
  session.inputNames.forEach((name, i) => {
    const { type, data } = columns[i];
    feeds[name] = new ort.Tensor(type, read[type](data), [data.length, 1]);
  });
  const outputs = await session.run(feeds);
  const values = outputs.prediction ?? outputs.variable ?? outputs.probabilities;
  fs.writeFileSync(path.join(folder, 'outputs.json'), JSON.stringify({
    shape: values.dims,
    values: Array.from(values.data, x => (Number.isFinite(x) ? x : null)),
    labels: outputs.label ? Array.from(outputs.label.data) : null,
  }));
}

main(process.argv[2]).catch(error => {
  console.error(error.message);
  process.exitCode = 1;
});
