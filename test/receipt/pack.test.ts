import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toTrustMaterial } from '@sigstore/verify';
import { createHash } from 'node:crypto';
import { packOf } from '../../receipt/pack/pack';
import type { Receipt } from '../../receipt/schema';
import { current, next, receiptOf, rotatedLog, type RotatedLog } from './rotated-log';

let rotated: RotatedLog;
let receipt: Receipt;
let pack: ReadonlyMap<string, string>;

beforeAll(async () => {
  rotated = await rotatedLog();
  receipt = receiptOf(rotated);
  pack = packOf(receipt);
});

const textOf = (file: string): string => pack.get(file) ?? '';

describe('the entry for a trusted root', () => {
  const tlogs = () => JSON.parse(textOf('trusted-root-tlogs.json')) as Record<string, unknown>[];

  it('has the key, what it is called, the address, and from when on it is valid', () => {
    const [entry, ...others] = tlogs();
    expect(others).toEqual([]);
    expect(entry).toMatchObject({
      ...{ baseUrl: 'https://rekor.example', hashAlgorithm: 'SHA2_256' },
      publicKey: { keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor: { start: receipt.keys[0]?.since } },
      logId: { keyId: Buffer.from(receipt.next.logId, 'hex').toString('base64') },
    });
  });

  it('is read by Sigstore’s own code, which finds the key of the log in it', () => {
    const root = TrustedRoot.fromJSON({
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
      tlogs: tlogs(),
    });
    const [log] = toTrustMaterial(root).tlogs;
    const der = log?.publicKey.export({ type: 'spki', format: 'der' });
    expect(
      createHash('sha256')
        .update(der ?? '')
        .digest('hex'),
    ).toBe(receipt.next.logId);
    expect(log?.validFor.start.toISOString()).toBe(receipt.keys[0]?.since);
  });

  it('is none for a key that has signed no entry: a period without a start spoils the whole file', () => {
    const keys = receipt.keys.map((key) => ({ ...key, since: null }));
    expect(JSON.parse(packOf({ ...receipt, keys }).get('trusted-root-tlogs.json') ?? '')).toEqual([]);
  });

  it('has the name in the notes as its address where the public address does not', () => {
    const other = { ...receipt, address: 'https://front.example.com' };
    const [entry] = JSON.parse(packOf(other).get('trusted-root-tlogs.json') ?? '') as [
      Record<string, unknown>,
    ];
    expect(entry.baseUrl).toBe('https://rekor.example');
  });
});

describe('the notes', () => {
  it('say to each what the result says, every sentence in one of them', () => {
    const all = [...pack.values()].join('\n');
    for (const sentence of rotated.result.tellDownstream) {
      expect(all).toContain(`- ${sentence}`);
    }
  });

  it('give monitors the signed end of the tree that ended', () => {
    expect(textOf('for-monitors.md')).toContain(receipt.shards.at(-1)?.checkpoint);
    expect(textOf('for-monitors.md')).toContain(`{"${current}": "CHECKPOINT"}`);
  });

  it('give witnesses origin, address, key and an early checkpoint', () => {
    const text = textOf('for-witnesses.md');
    const der = Buffer.from(rotated.pem.split('\n').slice(1, -2).join(''), 'base64');
    const key = Buffer.concat([Buffer.of(2), der]).toString('base64');
    expect(text).toContain(`origin: rekor.example - ${next}\n`);
    expect(text).toContain(`url: https://rekor.example/api/v1/log?treeID=${next}\n`);
    expect(text).toContain(`public key: rekor.example+${receipt.next.logId.slice(0, 8)}+${key}\n`);
    expect(text).toContain(receipt.firstLeaf.checkpoint);
  });

  it('tell the public since when, from which index on, how it ended and how long entries waited', () => {
    const text = textOf('status-page.md');
    const since = new Date(receipt.firstLeaf.integratedTime * 1000).toISOString().replace('.000', '');
    expect(text).toContain(`Since ${since} new entries go to tree ${next}, from index 8 on.`);
    expect(text).toContain(
      `Tree ${current} has ended with 5 entries. Its root hash is \`${receipt.shards.at(-1)?.rootHash}\``,
    );
    expect(text).toContain('New entries waited for 0.4 s at most.');
  });
});
