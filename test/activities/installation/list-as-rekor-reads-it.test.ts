import fc from 'fast-check';
import { unnamedSigners, withSigners } from '../../../activities/installation/listed-signers';
import { signerParts } from '../../../activities/installation/shard-fields';
import { appendShard, listedShards } from '../../../activities/installation/sharding-file';
import { RefusalError } from '../../../activities/errors/refusal-error';
import { alteredList, plainList } from './generated-lists';
import { rekorListReader, type ReadShard } from './rekor-list-reader';

const path = '/etc/rekor/blue/sharding.yaml';
const ADDED = '4611686018427387904';
const SEED = 20261128;
const PLAIN = 300;
const ALTERED = 2000;

/** What we say that a text lists; undefined where we refuse it. */
function readByUs(text: string): ReadShard[] | undefined {
  try {
    return listedShards(path, text).map(({ treeId, treeLength, signer }) => ({
      ...{ treeId, treeLength },
      signer: signerParts.map((part) => signer?.get(part) ?? ''),
    }));
  } catch (error) {
    if (error instanceof RefusalError) return undefined;
    throw error;
  }
}

const NOBODY = ['', '', '', ''];

/** The text with one more shard; undefined where we refuse to add it. */
function extended(text: string): string | undefined {
  try {
    return appendShard(path, text, ADDED);
  } catch (error) {
    if (error instanceof RefusalError) return undefined;
    throw error;
  }
}

/** Has a sign of each kind that a plain word may have. */
const SIGNER = new Map([
  ['signer', 'awskms:///arn:aws:kms:eu:1:key/2?a=b&c=[d]{e},f:g'],
  ['password', '!%()*+-./0<=>?@A[]^_a|~;&{}'],
  ['tinkKekUri', 'gcp-kms://projects/p/keys/k'],
] as const);
const NAMED = signerParts.map((part) => new Map<string, string>(SIGNER).get(part) ?? '');

/** The text in which each shard names its signer; undefined where we refuse to name one. */
function signed(text: string): string | undefined {
  try {
    const unnamed = unnamedSigners(path, text).map((treeId) => [treeId, SIGNER] as const);
    return withSigners(path, text, new Map(unnamed));
  } catch (error) {
    if (error instanceof RefusalError) return undefined;
    throw error;
  }
}

let readByRekor: Awaited<ReturnType<typeof rekorListReader>>;
beforeAll(async () => {
  readByRekor = await rekorListReader();
});

/** Rekor reads 1e3 as the text 1000; whose signer it is, and what we have written, is what counts. */
function shownShard({ signer, ...shard }: ReadShard) {
  const whose = signer.some((part) => part !== '') ? 'its own' : 'that of the active one';
  return { ...shard, signer: signer.join() === NAMED.join() ? 'as we named it' : whose };
}

/** Each text beside what we and Rekor read from it, where the two differ. */
async function differences(texts: readonly string[], ours: readonly ReadShard[][]): Promise<unknown[]> {
  const theirs = await readByRekor(texts);
  return texts.flatMap((text, index) => {
    const answer = theirs[index];
    const [we, rekor] = [ours[index], answer].map((read) =>
      Array.isArray(read) ? read.map(shownShard) : read,
    );
    return JSON.stringify(we) === JSON.stringify(rekor) ? [] : [{ text, we, rekor }];
  });
}

/** What we take, and what we make of it, is read by Rekor as we say. Returns how many were taken. */
async function expectSameLists(
  texts: readonly string[],
): Promise<{ readonly taken: number; readonly named: number }> {
  const taken = texts.flatMap((text) => {
    const ours = readByUs(text);
    return ours ? [{ text, ours }] : [];
  });
  expect(
    await differences(
      taken.map(({ text }) => text),
      taken.map(({ ours }) => ours),
    ),
  ).toEqual([]);

  const longer = taken.flatMap(({ text, ours }) => {
    const after = extended(text);
    return after === undefined
      ? []
      : [{ after, ours: [...ours, { treeId: ADDED, treeLength: '0', signer: NOBODY }] }];
  });
  expect(
    await differences(
      longer.map(({ after }) => after),
      longer.map(({ ours }) => ours),
    ),
  ).toEqual([]);

  const named = taken.flatMap(({ text, ours }) => {
    const after = signed(text);
    const shards = ours.map((shard) => (shard.signer.some(Boolean) ? shard : { ...shard, signer: NAMED }));
    return after === undefined ? [] : [{ after, ours: shards }];
  });
  expect(
    await differences(
      named.map(({ after }) => after),
      named.map(({ ours }) => ours),
    ),
  ).toEqual([]);
  return { taken: taken.length, named: named.length };
}

describe('a sharding list that we take', () => {
  it('is any that people write, and Rekor reads the same shards from it, also with one more (H9)', async () => {
    const lists = fc.sample(plainList, { seed: SEED, numRuns: PLAIN });
    const wanted = lists.map(({ treeIds, lengths }) =>
      treeIds.map((treeId, index) => ({ treeId, treeLength: lengths[index] })),
    );
    const numbers = (text: string) =>
      readByUs(text)?.map(({ treeId, treeLength }) => ({ treeId, treeLength }));
    expect(lists.map(({ text }) => numbers(text))).toEqual(wanted);
    const { taken, named } = await expectSameLists(lists.map(({ text }) => text));
    expect(taken).toBe(PLAIN);
    expect(named).toBeGreaterThan(PLAIN / 2); // one that has an empty signingConfig is refused
    expect(lists.filter(({ text }) => extended(text) === undefined)).toEqual([]);
  });

  it('is read by Rekor as the same shards, whatever YAML was put into it; else we refuse it', async () => {
    const texts = fc.sample(alteredList, { seed: SEED, numRuns: ALTERED });
    const { taken, named } = await expectSameLists(texts);
    expect(named).toBeGreaterThan(ALTERED / 20);
    expect(taken).toBeGreaterThan(ALTERED / 10); // a reader that refuses everything proves nothing
  });
});
