// Prints what a parser of Prometheus's text format finds in a file, as JSON.
const fs = require("node:fs");
const parsed = require("parse-prometheus-text-format");
const parse = parsed.default ?? parsed;
// Labels of histograms are lost by this parser, so their samples are read one by one.
const text = fs.readFileSync(process.argv[2], "utf8").replace(/^# (TYPE .* histogram|HELP .*)\n/gm, "");
process.stdout.write(JSON.stringify(parse(text)));
