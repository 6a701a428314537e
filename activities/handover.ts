import { createHash, createPublicKey } from 'node:crypto';
import { p256 } from '@noble/curves/nist';
import { z } from 'zod';
import type { TreeHead, TreeId } from '../workflows/model/log';
import { parseJson } from './clients/parse-json';
import type { IntegratedLeaf } from './clients/trillian';

/** The end of a tree, which its handover leaf commits to. */
export type TreeEnd = TreeHead & { readonly treeId: TreeId };

export interface HandoverLeaf {
  /** A canonical hashedrekord entry, as Rekor itself would store it. */
  readonly value: Buffer;
  /** What Trillian recognises a duplicate by: the hash of the value, as for every entry of Rekor's. */
  readonly identityHash: Buffer;
  /** The text, beside the leaf: Rekor stores nothing there, so no client's entry can be taken for a handover. */
  readonly extraData: Buffer;
  /** Merkle leaf hash of `value`, lower-case hex: the UUID that Rekor serves the entry by. */
  readonly leafHash: string;
}

/**
 * The text that a handover leaf commits to (H5). Four lines, each ended by a newline, all of it to be rebuilt by
 * anyone from Trillian's data: the format's name, tree id (decimal), size (decimal), root hash (lower-case hex).
 *
 * ```
 * rekor-rotate handover v1
 * tree 6826284441047790130
 * size 42
 * root e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
 * ```
 */
export function handoverText({ treeId, size, rootHash }: TreeEnd): string {
  return `rekor-rotate handover v1\ntree ${treeId}\nsize ${size}\nroot ${rootHash}\n`;
}

/**
 * The handover leaf of a tree's end, to be queued through Trillian (H4). All of it follows from the text: so a leaf that is
 * queued twice is one leaf, and so is one that a client reads and sends to Rekor again. Two equal leaves in a tree would be
 * for good: Rekor then answers neither by UUID nor by entry id (rekor: pkg/trillianclient, "expected 1 proof").
 *
 * It is signed because a hashedrekord is. The key is the text's own, and no secret: the commitment is the digest.
 */
export function handoverLeaf(end: TreeEnd): HandoverLeaf {
  const text = handoverText(end);
  const value = canonicalEntry({ digest: sha256(text).toString('hex'), ...signed(text) });
  // RFC 6962, section 2.1: a leaf is hashed behind a zero byte.
  const leafHash = sha256(Buffer.concat([Buffer.from([0]), value]));
  return {
    value,
    identityHash: leafHash,
    extraData: Buffer.from(text),
    leafHash: leafHash.toString('hex'),
  };
}

/** A signature over a text that comes out the same each time (RFC 6979), by a key that is made of the text. */
function signed(text: string): { readonly signature: string; readonly publicKey: string } {
  const seed = createHash('sha512').update(`rekor-rotate handover key v1\n${text}`).digest();
  const key = p256.utils.randomSecretKey(seed.subarray(0, SEED_BYTES));
  const point = Buffer.from(p256.getPublicKey(key, false));
  const [x, y] = [point.subarray(1, 33), point.subarray(33)];
  const publicKey = createPublicKey({
    key: { kty: 'EC', crv: 'P-256', x: x.toString('base64url'), y: y.toString('base64url') },
    format: 'jwk',
  }).export({ type: 'spki', format: 'pem' });
  const signature = p256.sign(sha256(text), key, { prehash: false, lowS: false }).toBytes('der');
  return {
    signature: Buffer.from(signature).toString('base64'),
    publicKey: Buffer.from(publicKey).toString('base64'),
  };
}

/** Half as much again as the order of the curve has, so that no key is likelier than another (FIPS 186-5, A.2.1). */
const SEED_BYTES = 48;

/** The first signature of a process takes some tens of milliseconds: made for nothing, before a write waits for one. */
export function warmUpHandover(): void {
  signed('');
}

const textForm =
  /^rekor-rotate handover v1\ntree (?<treeId>[1-9]\d*)\nsize (?<size>\d+)\nroot (?<rootHash>[0-9a-f]{64})\n$/;

/**
 * The end that a leaf hands over, whatever has become of that tree since; null for any other leaf. A handover is of the
 * right kind, in canonical form, over the text that stands beside it.
 */
export function readHandover({
  value,
  extraData,
}: Pick<IntegratedLeaf, 'value' | 'extraData'>): TreeEnd | null {
  const text = extraData.toString('utf8');
  const { treeId = '', size, rootHash = '' } = textForm.exec(text)?.groups ?? {};
  const entry = Entry.safeParse(parseJson(value.toString('utf8')));
  if (size === undefined || !entry.success) return null;
  const { data, signature } = entry.data.spec;
  const digest = sha256(text).toString('hex');
  const canonical = canonicalEntry({
    digest,
    signature: signature.content,
    publicKey: signature.publicKey.content,
  });
  return data.hash.value === digest && canonical.equals(value)
    ? { treeId, size: Number(size), rootHash }
    : null;
}

/** Whether two ends of a tree are the same. */
export function sameEnd(one: TreeEnd, other: TreeEnd): boolean {
  return handoverText(one) === handoverText(other);
}

const Entry = z.object({
  apiVersion: z.literal('0.0.1'),
  kind: z.literal('hashedrekord'),
  spec: z.object({
    data: z.object({ hash: z.object({ algorithm: z.literal('sha256'), value: z.string() }) }),
    signature: z.object({ content: z.string(), publicKey: z.object({ content: z.string() }) }),
  }),
});

/**
 * Rekor's canonical form: JSON with sorted keys and no spaces, as RFC 8785 has it (rekor:
 * pkg/types/hashedrekord/v0.0.1/entry.go Canonicalize). The keys below are in that order.
 */
function canonicalEntry(entry: { digest: string; signature: string; publicKey: string }): Buffer {
  const { digest, signature, publicKey } = entry;
  return Buffer.from(
    JSON.stringify({
      apiVersion: '0.0.1',
      kind: 'hashedrekord',
      spec: {
        data: { hash: { algorithm: 'sha256', value: digest } },
        signature: { content: signature, publicKey: { content: publicKey } },
      },
    }),
  );
}

function sha256(data: string | Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}
