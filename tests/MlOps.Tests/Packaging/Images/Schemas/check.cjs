// Checks a JSON file against one of the OCI image specification's schemas: check.cjs FOLDER SCHEMA FILE; what is wrong goes to stderr.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const Ajv = require('ajv-draft-04');

const [folder, schema, file] = process.argv.slice(2);
const ajv = new Ajv({ strict: false, validateFormats: false, logger: false });
// Their ids are no addresses that their references are relative to: the files' names are.
const withoutIds = node => Array.isArray(node) ? node.map(withoutIds)
  : node && typeof node === 'object' ? Object.fromEntries(Object.entries(node).filter(([key, value]) => !(key === 'id' && typeof value === 'string')).map(([key, value]) => [key, withoutIds(value)]))
  : node;
for (const name of fs.readdirSync(folder).filter(name => name.endsWith('.json'))) {
  ajv.addSchema({ ...withoutIds(JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8'))), id: `https://schemas.invalid/${name}` });
}

const validate = ajv.getSchema(`https://schemas.invalid/${schema}`);
if (!validate(JSON.parse(fs.readFileSync(file, 'utf8')))) {
  console.error(ajv.errorsText(validate.errors));
  process.exit(1);
}
