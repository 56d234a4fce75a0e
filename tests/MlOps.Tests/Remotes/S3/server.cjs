// Starts s3rver on a free port of the loopback and prints it: node server.cjs FOLDER BUCKET…
// Ends when its standard input does, so that a killed test leaves no server.
"use strict";
const fs = require("fs");
const path = require("path");
const S3rver = require("s3rver");

const [folder, ...buckets] = process.argv.slice(2);
const server = new S3rver({ address: "127.0.0.1", port: 0, silent: true, directory: folder, vhostBuckets: false, configureBuckets: buckets.map(name => ({ name, configs: [] })) });

// What s3rver lacks: it knows no AbortMultipartUpload. Its parts lie in BUCKET/._S3rver_uploads/ID.
server.middleware.unshift(async (ctx, next) => {
  const upload = ctx.query.uploadId;
  if (ctx.method !== "DELETE" || !upload) return next();
  fs.rmSync(path.join(folder, ctx.path.split("/")[1], "._S3rver_uploads", path.basename(upload)), { recursive: true, force: true });
  ctx.status = 204;
});

server.run().then(({ port }) => console.log(port));
process.stdin.on("end", () => process.exit(0)).resume();
