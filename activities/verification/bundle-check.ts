import { createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import {
  bundleFromJSON,
  bundleToJSON,
  toMessageSignatureBundle,
  type Bundle,
  type TransparencyLogEntry,
} from '@sigstore/bundle';
import { HashAlgorithm } from '@sigstore/protobuf-specs';
import { toSignedEntity, Verifier, type SignedEntity, type TrustMaterial } from '@sigstore/verify';
import { z } from 'zod';
import { parseJson } from '../clients/parse-json';
import { errorReason } from '../errors/error-reason';
import type { LogEntry } from './log-entry';
import type { LogKey } from './log-key';
import { NotProven } from './not-proven';

/**
 * The second proof of an entry, with Sigstore's own code: a bundle as a client would keep it is made of what the
 * log serves, written as JSON, read back and checked by `@sigstore/verify`: signed entry timestamp, checkpoint
 * signature, Merkle inclusion, and that the bundle's digest and signature are those of the logged body.
 *
 * Not proven here: the signature over the artifact. Rekor keeps the artifact's digest only, and node:crypto
 * verifies signatures over data, not over digests. Rekor checked it when it accepted the entry, and the body that
 * holds it is bound to the leaf, so no rotation can change it. Nor is a certificate's chain: whom a log's
 * entries are signed by is not for a rotation to judge.
 *
 * @param baseUrl the log's address in a client's trusted root, which must have the host name of the log's checkpoints in it.
 *
 * Returns false for an entry that no bundle can be made of: bundles need what Rekor keeps only hashes of for
 * every kind but hashedrekord. Throws NotProven when the bundle does not verify.
 */
export function verifyAsBundle(entry: LogEntry, key: LogKey, baseUrl: string): boolean {
  const record = readHashedRekord(entry.body);
  if (record === null) {
    return false;
  }
  try {
    const bundle = bundleFromJSON(bundleToJSON(toBundle(entry, record)));
    verifierFor(key, baseUrl, record.publicKey).verify(withoutArtifact(toSignedEntity(bundle)));
    return true;
  } catch (error) {
    throw new NotProven('BUNDLE_INVALID', `@sigstore/verify: ${errorReason(error)}`, {
      cause: error,
      detail: String(error),
    });
  }
}

const hashAlgorithms = {
  sha256: HashAlgorithm.SHA2_256,
  sha384: HashAlgorithm.SHA2_384,
  sha512: HashAlgorithm.SHA2_512,
} as const;

/** rekor pkg/types/hashedrekord/v0.0.1/hashedrekord_v0_0_1_schema.json */
const hashedRekord = z.object({
  kind: z.literal('hashedrekord'),
  apiVersion: z.literal('0.0.1'),
  spec: z.object({
    data: z.object({ hash: z.object({ algorithm: z.enum(['sha256', 'sha384', 'sha512']), value: z.hex() }) }),
    signature: z.object({ content: z.base64(), publicKey: z.object({ content: z.base64() }) }),
  }),
});

type HashedRekord = NonNullable<ReturnType<typeof readHashedRekord>>;

function readHashedRekord(body: Buffer) {
  // Rekor decides what a leaf is: one that is no JSON is still proven as a leaf.
  const parsed = hashedRekord.safeParse(parseJson(body.toString('utf8')));
  if (!parsed.success) {
    return null;
  }
  const { data, signature } = parsed.data.spec;
  const pem = Buffer.from(signature.publicKey.content, 'base64').toString();
  try {
    return {
      apiVersion: parsed.data.apiVersion,
      algorithm: hashAlgorithms[data.hash.algorithm],
      digest: Buffer.from(data.hash.value, 'hex'),
      signature: Buffer.from(signature.content, 'base64'),
      publicKey: createPublicKey(pem),
      /** DER, when the entry was signed with a certificate's key. */
      ...(pem.includes('BEGIN CERTIFICATE') && { certificate: new X509Certificate(pem).raw }),
    };
  } catch {
    return null; // a key that node:crypto cannot read cannot be put before @sigstore/verify either
  }
}

function toBundle(entry: LogEntry, record: HashedRekord): Bundle {
  const bundle = toMessageSignatureBundle({
    digest: record.digest,
    signature: record.signature,
    ...(record.certificate ? { certificate: record.certificate } : { keyHint: entry.uuid }),
  });
  bundle.content.messageSignature.messageDigest.algorithm = record.algorithm;
  bundle.verificationMaterial.tlogEntries = [toTransparencyLogEntry(entry, record)];
  return bundle;
}

function toTransparencyLogEntry(entry: LogEntry, record: HashedRekord): TransparencyLogEntry {
  return {
    logIndex: entry.logIndex.toString(),
    logId: { keyId: Buffer.from(entry.logId, 'hex') },
    kindVersion: { kind: 'hashedrekord', version: record.apiVersion },
    integratedTime: entry.integratedTime.toString(),
    inclusionPromise: { signedEntryTimestamp: entry.signedEntryTimestamp },
    inclusionProof: {
      logIndex: entry.proof.leafIndex.toString(),
      rootHash: entry.proof.root,
      treeSize: entry.proof.treeSize.toString(),
      hashes: [...entry.proof.path],
      checkpoint: { envelope: entry.proof.checkpoint },
    },
    canonicalizedBody: entry.body,
  };
}

/** The log's key is trusted, and for the entry itself the key that its body names. */
function verifierFor(key: LogKey, baseUrl: string, entryKey: KeyObject): Verifier {
  const always = { start: new Date(0), end: new Date(8_640_000_000_000_000) };
  const trust: TrustMaterial = {
    certificateAuthorities: [],
    timestampAuthorities: [],
    ctlogs: [],
    tlogs: [
      {
        logID: Buffer.from(key.logId, 'hex'),
        // @sigstore/verify looks the name of a note's signer up in this address (dist/tlog/checkpoint.js).
        baseURL: baseUrl,
        publicKey: key.key,
        validFor: always,
      },
    ],
    publicKey: () => ({ publicKey: entryKey, validFor: () => true }),
  };
  return new Verifier(trust, { tlogThreshold: 1, ctlogThreshold: 0, timestampThreshold: 1 });
}

/** See above: digest and signature are compared with the logged body; the artifact itself is not to be had. */
function withoutArtifact(entity: SignedEntity): SignedEntity {
  const { signature } = entity;
  return {
    ...entity,
    key: { $case: 'public-key', hint: '' },
    signature: {
      signature: signature.signature,
      compareDigest: (digest) => signature.compareDigest(digest),
      compareSignature: (other) => signature.compareSignature(other),
      verifySignature: () => true,
    },
  };
}
