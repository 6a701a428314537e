#!/usr/bin/env bash
# sigstore-js refuses every entry of a log whose host name is not in its public address, and blames the signature.
#
# Library:  @sigstore/verify 3.1.1 (npm), Verifier
# Guess:    a signature of a checkpoint is looked up by its key hint and verified with that key. The name beside it
#           is for people, as in Rekor's own code.
# In fact:  the name must be found in the baseUrl of the trusted root as well. Where it is not, the error says that
#           the signature is invalid.
# Matters:  the name is --rekor_server.hostname, which is the machine's or the pod's name unless it is set. Such a
#           log works with rekor-cli and sigstore-go, and not with npm. Set it to the host of the public address,
#           and carry it over unchanged when a Rekor is put beside another.
# Output:
#> rekor.example.com, at https://rekor.example.com: verified
#> rekor-7d9f5-x2x4k, at https://rekor.example.com: invalid checkpoint signature
set -euo pipefail
stated=$(sed -n 's/^#> //p' "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact \
  @sigstore/verify@3.1.1 @sigstore/bundle@4.0.0 || exit 2
cat >finding.cjs <<'EOF'
const { createHash, generateKeyPairSync, sign } = require('node:crypto');
const { toMessageSignatureBundle } = require('@sigstore/bundle');
const { toSignedEntity, Verifier } = require('@sigstore/verify');

const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const base64 = (bytes) => bytes.toString('base64');
const log = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const logId = sha256(log.publicKey.export({ type: 'spki', format: 'der' }));

// A signed artifact, and the entry that a Rekor would make of it.
const signer = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const artifact = Buffer.from('artifact');
const signature = sign('sha256', artifact, signer.privateKey);
const pem = signer.publicKey.export({ type: 'spki', format: 'pem' });
const body = Buffer.from(
  JSON.stringify({
    apiVersion: '0.0.1',
    kind: 'hashedrekord',
    spec: {
      data: { hash: { algorithm: 'sha256', value: sha256(artifact).toString('hex') } },
      signature: { content: base64(signature), publicKey: { content: base64(Buffer.from(pem)) } },
    },
  }),
);

/** The artifact's bundle, from a log with this host name, in which it is the second of two entries. */
function bundleFrom(hostname) {
  const before = sha256(Buffer.from([0]), Buffer.from('the first'));
  const rootHash = sha256(Buffer.from([1]), before, sha256(Buffer.from([0]), body));
  const note = `${hostname} - 4711\n2\n${base64(rootHash)}\n`;
  const hint = logId.subarray(0, 4);
  const noteSignature = base64(Buffer.concat([hint, sign('sha256', Buffer.from(note), log.privateKey)]));
  const promised = { body: base64(body), integratedTime: 1767225600, logID: logId.toString('hex'), logIndex: 1 };
  const bundle = toMessageSignatureBundle({ digest: sha256(artifact), signature, keyHint: 'key' });
  bundle.verificationMaterial.tlogEntries.push({
    logIndex: '1',
    logId: { keyId: logId },
    kindVersion: { kind: 'hashedrekord', version: '0.0.1' },
    integratedTime: '1767225600',
    inclusionPromise: { signedEntryTimestamp: sign('sha256', Buffer.from(JSON.stringify(promised)), log.privateKey) },
    inclusionProof: {
      logIndex: '1',
      treeSize: '2',
      hashes: [before],
      rootHash,
      checkpoint: { envelope: `${note}\n\u2014 ${hostname} ${noteSignature}\n` },
    },
    canonicalizedBody: body,
  });
  return bundle;
}

const baseURL = 'https://rekor.example.com';
const always = { start: new Date(0), end: new Date(8.64e15) };
const trust = {
  certificateAuthorities: [],
  timestampAuthorities: [],
  ctlogs: [],
  tlogs: [{ baseURL, logID: logId, publicKey: log.publicKey, validFor: always }],
  publicKey: () => ({ publicKey: signer.publicKey, validFor: () => true }),
};
const verifier = new Verifier(trust, { ctlogThreshold: 0 });
for (const hostname of ['rekor.example.com', 'rekor-7d9f5-x2x4k']) {
  let said = 'verified';
  try {
    verifier.verify(toSignedEntity(bundleFrom(hostname), artifact));
  } catch (error) {
    said = error.message;
  }
  console.log(`${hostname}, at ${baseURL}: ${said}`);
}
EOF

seen=$(node finding.cjs || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
