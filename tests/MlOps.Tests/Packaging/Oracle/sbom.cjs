// What CycloneDX's own library says of bills of materials: reads bom-*.json from a folder and fails with the flaws found.
// A second folder holds the standard's schemas, for a second opinion.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { Spec, Validation } = require('@cyclonedx/cyclonedx-library');
const { PackageURL } = require('packageurl-js');
const Ajv = require('ajv');
const addFormats = require('ajv-formats');

const [folder, schemas] = process.argv.slice(2);
const flaws = [];

function ownSchemas() {
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats(ajv);
  const read = name => JSON.parse(fs.readFileSync(path.join(schemas, name), 'utf8'));
  return ajv.addSchema(read('spdx.schema.json')).addSchema(read('jsf-0.82.schema.json')).compile(read('bom-1.6.schema.json'));
}

function packageUrls(node) {
  if (Array.isArray(node)) return node.flatMap(packageUrls);
  if (node === null || typeof node !== 'object') return [];
  return Object.entries(node).flatMap(([key, value]) => (key === 'purl' ? [{ text: value, name: node.name, version: node.version }] : packageUrls(value)));
}

async function main() {
  const library = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
  const second = schemas ? ownSchemas() : null;
  for (const name of fs.readdirSync(folder).filter(name => name.startsWith('bom-'))) {
    const text = fs.readFileSync(path.join(folder, name), 'utf8');
    const found = await library.validate(text);
    if (found !== null) flaws.push([name, found]);
    const bom = JSON.parse(text);
    if (second && !second(bom)) flaws.push([name, second.errors]);
    for (const { text, name, version } of packageUrls(bom)) {
      const url = PackageURL.fromString(text);
      if (url.name !== name || url.version !== version) flaws.push([text, url]);
    }
  }
}

main().then(() => {
  if (flaws.length > 0) {
    process.stderr.write(JSON.stringify(flaws, null, 1).slice(0, 4000));
    process.exitCode = 1;
  }
});
