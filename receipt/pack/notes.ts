import { createPublicKey } from 'node:crypto';
import { parseCheckpoint } from '../../activities/verification/checkpoint';
import {
  type Audience,
  endedTrees,
  keyChangeOf,
  notices,
  type KeyChange,
} from '../../workflows/model/downstream';
import type { Receipt } from '../schema';

/** What each reader of a log is told of a rotation, with the log's values, as Markdown to be sent on. */

/** What is told to these, under a title, with what else they need. */
export function noteFor(
  receipt: Receipt,
  title: string,
  audiences: readonly Audience[],
  ...more: readonly string[]
): string {
  const told = noticesOf(receipt).filter((notice) => audiences.includes(notice.for));
  const list = told.map(({ text }) => `- ${text}`).join('\n');
  return `${[`# ${receipt.log}: ${title}`, list, ...more].join('\n\n')}\n`;
}

/** For monitors: the signed ends, against which a checkpoint of theirs can be held. */
export function monitorsNote(receipt: Receipt): string {
  const { shards, ended } = receipt;
  const ends = shards.filter(({ treeId }) => ended.includes(treeId));
  return noteFor(
    receipt,
    'for monitors',
    ['everyone', 'monitors'],
    ...ends.map(
      ({ treeId, checkpoint }) => `The last checkpoint of tree ${treeId}:\n\n${fenced(checkpoint)}`,
    ),
  );
}

/** For witnesses: what a log is known by. */
export function witnessesNote(receipt: Receipt): string {
  const { address, next, keys, firstLeaf } = receipt;
  const { hostname } = parseCheckpoint(firstLeaf.checkpoint);
  const pem = keys.find(({ logId }) => logId === next.logId)?.publicKey ?? '';
  const values = [
    `origin: ${hostname} - ${next.treeId}`,
    `url: ${address}/api/v1/log?treeID=${next.treeId}`,
    `public key: ${noteKey(hostname, next.logId, pem)}`,
  ].join('\n');
  return noteFor(
    receipt,
    'for witnesses',
    ['everyone', 'witnesses'],
    `The new log:\n\n${fenced(`${values}\n`)}`,
    `An early checkpoint of it:\n\n${fenced(firstLeaf.checkpoint)}`,
  );
}

/** From which index on another key signs; undefined where none does. */
export function keyChangeIn({ shards, ended, next }: Receipt): KeyChange | undefined {
  const keys = new Map([...shards, next].map(({ treeId, logId }) => [treeId, logId]));
  return keyChangeOf(endedTrees(shards, ended.length), next, (treeId) => keys.get(treeId));
}

function noticesOf(receipt: Receipt) {
  const { shards, ended, next, handover } = receipt;
  const keyChange = keyChangeIn(receipt);
  const roots = new Map(shards.map(({ treeId, rootHash }) => [treeId, rootHash]));
  const lengths = shards.map(({ treeId, length }) => ({ treeId, length }));
  return notices({
    ended: endedTrees(lengths, ended.length).map((tree) => {
      const rootHash = roots.get(tree.treeId);
      return rootHash === undefined ? tree : { ...tree, rootHash };
    }),
    ...{ nextTreeId: next.treeId, firstIndex: next.firstIndex, handover: handover !== null },
    ...(keyChange && { keyChange }),
  });
}

/** In the form that witnesses write keys of Rekor in: a type, which is 2, before its DER (transparency-dev: formats/note). */
function noteKey(hostname: string, logId: string, pem: string): string {
  const der = createPublicKey(pem).export({ type: 'spki', format: 'der' });
  return `${hostname}+${logId.slice(0, 8)}+${Buffer.concat([Buffer.of(2), der]).toString('base64')}`;
}

function fenced(text: string): string {
  return `\`\`\`\n${text}\`\`\``;
}
