import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { z } from 'zod';
import type { TreeHead, TreeId } from '../workflows/model/log';
import { parseJson } from './clients/parse-json';
import type { IntegratedLeaf } from './clients/trillian';

/** The end of a tree, which its handover leaf commits to. */
export type TreeEnd = TreeHead & { readonly treeId: TreeId };

export interface HandoverLeaf {
  /** A canonical hashedrekord entry, as Rekor itself would store it. */
  readonly value: Buffer;
  /** What Trillian recognises a duplicate by: it follows from the mark and the text alone, not from the key. */
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
 * The handover leaf of one attempt, to be queued through Trillian (H4). Its key is made here and thrown away: the
 * commitment is the digest, and the signature is there because a hashedrekord has one.
 *
 * Called twice it makes two values with one identity hash, of which Trillian keeps the first. So which of them is in
 * the tree is read from the tree, never remembered.
 *
 * @param mark `<rotation>/<attempt>`.
 */
export function handoverLeaf(end: TreeEnd, mark: string): HandoverLeaf {
  const text = handoverText(end);
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const value = canonicalEntry({
    digest: sha256(text).toString('hex'),
    signature: sign('sha256', Buffer.from(text), privateKey).toString('base64'),
    publicKey: Buffer.from(publicKey.export({ type: 'spki', format: 'pem' })).toString('base64'),
  });
  return {
    value,
    identityHash: sha256(`rekor-rotate handover leaf v1\n${mark}\n${text}`),
    extraData: Buffer.from(text),
    // RFC 6962, section 2.1: a leaf is hashed behind a zero byte.
    leafHash: sha256(Buffer.concat([Buffer.from([0]), value])).toString('hex'),
  };
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
