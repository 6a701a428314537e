import fc from 'fast-check';
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
    return listedShards(path, text).map(({ treeId, treeLength }) => ({ treeId, treeLength }));
  } catch (error) {
    if (error instanceof RefusalError) return undefined;
    throw error;
  }
}

/** The text with one more shard; undefined where we refuse to add it. */
function extended(text: string): string | undefined {
  try {
    return appendShard(path, text, ADDED);
  } catch (error) {
    if (error instanceof RefusalError) return undefined;
    throw error;
  }
}

let readByRekor: Awaited<ReturnType<typeof rekorListReader>>;
beforeAll(async () => {
  readByRekor = await rekorListReader();
});

/** Each text beside what we and Rekor read from it, where the two differ. */
async function differences(texts: readonly string[], ours: readonly ReadShard[][]): Promise<unknown[]> {
  const theirs = await readByRekor(texts);
  return texts.flatMap((text, index) => {
    const [we, rekor] = [ours[index], theirs[index]];
    return JSON.stringify(we) === JSON.stringify(rekor) ? [] : [{ text, we, rekor }];
  });
}

/** What we take, and what we make of it, is read by Rekor as we say. Returns how many were taken. */
async function expectSameLists(texts: readonly string[]): Promise<number> {
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
    return after === undefined ? [] : [{ after, ours: [...ours, { treeId: ADDED, treeLength: '0' }] }];
  });
  expect(
    await differences(
      longer.map(({ after }) => after),
      longer.map(({ ours }) => ours),
    ),
  ).toEqual([]);
  return taken.length;
}

describe('a sharding list that we take', () => {
  it('is any that people write, and Rekor reads the same shards from it, also with one more (H9)', async () => {
    const lists = fc.sample(plainList, { seed: SEED, numRuns: PLAIN });
    const wanted = lists.map(({ treeIds, lengths }) =>
      treeIds.map((treeId, index) => ({ treeId, treeLength: lengths[index] })),
    );
    expect(lists.map(({ text }) => readByUs(text))).toEqual(wanted);
    expect(await expectSameLists(lists.map(({ text }) => text))).toBe(PLAIN);
    expect(lists.filter(({ text }) => extended(text) === undefined)).toEqual([]);
  });

  it('is read by Rekor as the same shards, whatever YAML was put into it; else we refuse it', async () => {
    const texts = fc.sample(alteredList, { seed: SEED, numRuns: ALTERED });
    const taken = await expectSameLists(texts);
    expect(taken).toBeGreaterThan(ALTERED / 10); // a reader that refuses everything proves nothing
  });
});
