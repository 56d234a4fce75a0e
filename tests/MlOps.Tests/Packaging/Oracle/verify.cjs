// What @sigstore/verify says of bundles: reads key.pem, id.txt and bundles.json (an array of texts) from a folder, writes verdicts.json there:
// the payload in base64 where a bundle is accepted, null where it is refused.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { createPublicKey } = require('node:crypto');
const { bundleFromJSON } = require('@sigstore/bundle');
const { Verifier, toSignedEntity, toTrustMaterial } = require('@sigstore/verify');

const folder = process.argv[2];
const read = name => fs.readFileSync(path.join(folder, name), 'utf8');
const rawBytes = createPublicKey(read('key.pem')).export({ type: 'spki', format: 'der' });
const noAuthorities = { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [] };
const trust = toTrustMaterial(noAuthorities, { [read('id.txt')]: { rawBytes } });
const verifier = new Verifier(trust, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 });

const verdicts = JSON.parse(read('bundles.json')).map(text => {
  try {
    const bundle = bundleFromJSON(JSON.parse(text));
    verifier.verify(toSignedEntity(bundle));
    return bundle.content.dsseEnvelope.payload.toString('base64');
  } catch {
    return null;
  }
});
fs.writeFileSync(path.join(folder, 'verdicts.json'), JSON.stringify(verdicts));
