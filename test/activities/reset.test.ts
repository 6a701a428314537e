import type { Attempt } from '../../activities/attempt';
import { discard, stop } from '../../activities/steps/next-release';
import { createNextTree, retireNextTree } from '../../activities/steps/next-tree';
import type { LogSystems } from '../../activities/systems';
import { markOf } from '../../workflows/model/mark';

const identity = { log: 'production', rotation: 'r', attempt: 1, number: 7 };
const release = { mark: 'r/1', current: 'blue', next: 'green' };
const order = { identity, release } as unknown as Parameters<typeof stop>[1];
const attempt = { signal: new AbortController().signal } as unknown as Attempt;
const urls: Record<string, string> = { blue: 'http://127.0.0.1:1', green: 'http://127.0.0.1:2' };

/** A log whose tree 300 was made by this very attempt; `serving` is the slot that the gate sends to. */
function systemsServing(serving: 'blue' | 'green', done: string[]): LogSystems {
  const active = serving === 'green' ? '300' : '200';
  const note =
    (what: string) =>
    (...args: unknown[]): Promise<void> => {
      done.push(`${what} ${args.filter((arg) => typeof arg === 'string').join(' ')}`);
      return Promise.resolve();
    };
  return {
    log: 'production',
    gate: { state: () => Promise.resolve({ upstream: urls[serving] }) },
    trillian: {
      listTrees: () => Promise.resolve([{ treeId: '300', state: 'ACTIVE', description: markOf(identity) }]),
      initLog: note('initLog'),
      setState: note('setState'),
      createTree: note('createTree'),
    },
    installation: {
      read: () => Promise.resolve({ activeTreeId: active, inactiveTreeIds: [] }),
      instances: (name: string) => [{ name, url: urls[name] }],
      stop: note('stop'),
      discard: note('discard'),
    },
  } as unknown as LogSystems;
}

describe('a rotation that is reset after it has completed', () => {
  it('does not adopt the tree that it made, which now serves (H7)', async () => {
    const done: string[] = [];
    await expect(createNextTree(systemsServing('green', done), identity, attempt)).rejects.toMatchObject({
      refusal: { code: 'CHANGED_BY_SOMEONE' },
    });
    expect(done).toEqual([]);
  });

  it('does not freeze that tree, nor stop the slot that serves, when it takes itself back (H7)', async () => {
    const done: string[] = [];
    const systems = systemsServing('green', done);
    await stop(systems, order, attempt);
    await retireNextTree(systems, identity, attempt);
    expect(done).toEqual([]);
    await discard(systems, order, attempt);
    expect(done).toEqual(['discard ']);
  });

  it('does both when another slot serves, as after any failure', async () => {
    const done: string[] = [];
    const systems = systemsServing('blue', done);
    await stop(systems, order, attempt);
    await retireNextTree(systems, identity, attempt);
    expect(done).toEqual(['stop green', 'setState 300 FROZEN']);
  });
});
