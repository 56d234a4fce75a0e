// score.cjs FOLDER ROUNDS THREADS: scores inputs.bin with model.onnx again and again in ONNX Runtime; prints each round's milliseconds of CPU and by the clock. THREADS 0: as many as it likes.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const ort = require('onnxruntime-node');

async function main(folder, rounds, threads) {
  const session = await ort.InferenceSession.create(path.join(folder, 'model.onnx'), { intraOpNumThreads: threads, logSeverityLevel: 3 });
  const bytes = fs.readFileSync(path.join(folder, 'inputs.bin'));
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const rows = values.length / session.inputNames.length;
  const feeds = {};
  session.inputNames.forEach((name, i) => {
    feeds[name] = new ort.Tensor('float32', values.slice(i * rows, (i + 1) * rows), [rows, 1]);
  });
  for (let round = 0; round < rounds; round++) {
    const start = process.hrtime.bigint();
    const before = process.cpuUsage();
    await session.run(feeds, ['probabilities']);
    const cpu = process.cpuUsage(before);
    console.log(((cpu.user + cpu.system) / 1e3).toFixed(1), (Number(process.hrtime.bigint() - start) / 1e6).toFixed(1));
  }
}

main(process.argv[2], Number(process.argv[3]), Number(process.argv[4])).catch(error => {
  console.error(error.message);
  process.exitCode = 1;
});
