import type { Stage } from './backend';

/** Something that is done to a Trillian and its Rekors, and what must be seen. */
export interface Script {
  readonly name: string;
  readonly act: (stage: Stage) => Promise<void>;
  /** Seen on the real ones; the simulation has to show the same. */
  readonly seen: readonly string[];
}

const UNKNOWN_TREE = '4611686018427387905';
const states = ['ACTIVE', 'DRAINING', 'FROZEN'] as const;

/** What the simulation's Trillian and Rekor must do as the real ones: each runs on both. */
export const scripts: readonly Script[] = [
  {
    name: 'what each state allows',
    act: async (stage) => {
      for (const state of states) {
        const tree = await stage.tree();
        await stage.queue(tree, 'known');
        await stage.until(async () => (await stage.size(tree)) === 1);
        await stage.set(tree, state);
        const answers = [
          await stage.queue(tree),
          await stage.queue(tree, 'known'),
          await stage.leaves(tree, 0, 5),
          await stage.initLog(tree),
          await stage.state(tree),
        ];
        stage.saw(`${state}: ${answers.join(', ')}`);
      }
    },
    seen: [
      'ACTIVE: queued, duplicate, 1 leaves, OK, ACTIVE',
      'DRAINING: PERMISSION_DENIED, PERMISSION_DENIED, 1 leaves, OK, DRAINING',
      'FROZEN: PERMISSION_DENIED, PERMISSION_DENIED, 1 leaves, OK, FROZEN',
    ],
  },
  {
    name: 'every change of state is allowed',
    act: async (stage) => {
      const tree = await stage.tree();
      for (const from of states) {
        for (const to of states) {
          await stage.set(tree, from);
          stage.saw(`${from} to ${to}: ${await stage.set(tree, to)}`);
        }
      }
    },
    seen: states.flatMap((from) => states.map((to) => `${from} to ${to}: ${to}`)),
  },
  {
    name: 'a tree that is unknown or deleted',
    act: async (stage) => {
      stage.saw(`unknown: ${await stage.state(UNKNOWN_TREE)}, ${await stage.queue(UNKNOWN_TREE)}`);
      const tree = await stage.tree();
      stage.saw(
        `deleted: ${await stage.delete(tree)}, listed ${await stage.listed(tree)}, ${await stage.queue(tree)}`,
      );
    },
    seen: ['unknown: TREE_UNKNOWN, TREE_UNKNOWN', 'deleted: OK, listed false, TREE_UNKNOWN'],
  },
  {
    name: 'a QueueLeaf that has looked at the state comes in after FROZEN (H2)',
    act: async (stage) => {
      const tree = await stage.tree();
      const unblock = await stage.backend.blockLeaves();
      const late = stage.queue(tree);
      await stage.until(async () => (await stage.inFlight()) === 1);
      stage.saw(`in flight 1, queued ${await stage.queued(tree)}`);
      stage.saw(`${await stage.set(tree, 'DRAINING')}, then ${await stage.set(tree, 'FROZEN')}`);
      await unblock();
      stage.saw(`the late one: ${await late}`);
      await stage.until(async () => (await stage.inFlight()) === 0);
      await stage.backend.rest(400);
      stage.saw(`size ${await stage.size(tree)}, queued ${await stage.queued(tree)}`);
      await stage.set(tree, 'DRAINING');
      await stage.until(async () => (await stage.queued(tree)) === 0);
      stage.saw(`DRAINING again: size ${await stage.size(tree)}`);
    },
    seen: [
      'in flight 1, queued 0',
      'DRAINING, then FROZEN',
      'the late one: queued',
      'size 0, queued 1',
      'DRAINING again: size 1',
    ],
  },
  {
    name: 'a signer pass that has begun integrates after FROZEN (H1)',
    act: async (stage) => {
      const tree = await stage.tree();
      await stage.queue(tree);
      await stage.until(async () => (await stage.size(tree)) === 1);
      const unblock = await stage.backend.blockPasses();
      await stage.queue(tree);
      await stage.backend.rest(400);
      await stage.set(tree, 'DRAINING');
      await stage.set(tree, 'FROZEN');
      stage.saw(`FROZEN: size ${await stage.size(tree)}, queued ${await stage.queued(tree)}`);
      await unblock();
      await stage.until(async () => (await stage.queued(tree)) === 0);
      stage.saw(`${await stage.state(tree)}: size ${await stage.size(tree)}`);
    },
    seen: ['FROZEN: size 1, queued 1', 'FROZEN: size 2'],
  },
  {
    name: 'FROZEN keeps its queue',
    act: async (stage) => {
      const tree = await stage.tree();
      const goOn = await stage.backend.stopSigner();
      await stage.queue(tree);
      await stage.queue(tree);
      await stage.set(tree, 'FROZEN');
      await goOn();
      await stage.backend.rest(500);
      stage.saw(`FROZEN: size ${await stage.size(tree)}, queued ${await stage.queued(tree)}`);
      await stage.set(tree, 'ACTIVE');
      await stage.until(async () => (await stage.queued(tree)) === 0);
      stage.saw(`ACTIVE again: size ${await stage.size(tree)}`);
    },
    seen: ['FROZEN: size 0, queued 2', 'ACTIVE again: size 2'],
  },
  {
    name: 'the signer passes over DRAINING trees and not over FROZEN ones',
    act: async (stage) => {
      const tree = await stage.tree();
      await stage.set(tree, 'DRAINING');
      await stage.until(async () => (await stage.passes(tree)) > 0);
      const before = await stage.passes(tree);
      await stage.backend.rest(600);
      stage.saw(`DRAINING: ${(await stage.passes(tree)) > before + 1 ? 'passes' : 'none'}`);
      await stage.set(tree, 'FROZEN');
      await stage.backend.rest(300);
      const frozen = await stage.passes(tree);
      await stage.backend.rest(600);
      stage.saw(`FROZEN: ${(await stage.passes(tree)) > frozen ? 'passes' : 'none'}`);
    },
    seen: ['DRAINING: passes', 'FROZEN: none'],
  },
  {
    name: 'how Rekor starts',
    act: async (stage) => {
      const { backend } = stage;
      const [active, inactive] = [await stage.tree(), await stage.tree()];
      const started = async (name: string, treeId: string, list: readonly string[]): Promise<void> => {
        const rekor = await backend.rekor(treeId, list);
        const log = await rekor?.log();
        const answer = log
          ? `serves, size ${log.size}, ${log.inactive.length} inactive`
          : 'answers with an error';
        stage.saw(`${name}: ${rekor ? answer : 'ends'}`);
      };
      await started('no inactive tree', active, []);
      await started('one inactive tree', active, [inactive]);
      await started('an unknown active tree', UNKNOWN_TREE, []);
      await started('an unknown inactive tree', active, [UNKNOWN_TREE]);
      await stage.delete(inactive);
      await started('a deleted inactive tree', active, [inactive]);
    },
    seen: [
      'no inactive tree: serves, size 0, 0 inactive',
      'one inactive tree: serves, size 0, 1 inactive',
      'an unknown active tree: answers with an error',
      'an unknown inactive tree: ends',
      'a deleted inactive tree: ends',
    ],
  },
  {
    name: 'indexes over shards of 2, 0 and 1',
    act: async (stage) => {
      const { backend } = stage;
      const trees = [await stage.tree(), await stage.tree(), await stage.tree(), await stage.tree()];
      const [first = '', empty = '', third = '', active = ''] = trees;
      const named = (treeId: string | undefined): string =>
        ['first', 'empty', 'third', 'active'][trees.indexOf(treeId ?? '')] ?? 'none';
      const one = await backend.rekor(first, []);
      stage.saw(`first: ${(await one?.post('a'))?.index}, ${(await one?.post('b'))?.index}`);
      const three = await backend.rekor(third, [first, empty]);
      stage.saw(`third: ${(await three?.post('c'))?.index}`);
      const last = await backend.rekor(active, [first, empty, third]);
      stage.saw(
        `active: ${(await last?.post('d'))?.index}, the same again ${(await last?.post('a'))?.index}`,
      );
      for (let index = 0; index <= 5; index += 1) {
        const entry = await last?.at(index);
        stage.saw(`index ${index}: ${entry ? `leaf ${entry.leaf} of ${named(entry.treeId)}` : 'nothing'}`);
      }
    },
    seen: [
      'first: 0, 1',
      'third: 2',
      'active: 3, the same again 4',
      'index 0: leaf 0 of first',
      'index 1: leaf 1 of first',
      'index 2: leaf 0 of third',
      'index 3: leaf 0 of active',
      'index 4: leaf 1 of active',
      'index 5: nothing',
    ],
  },
  {
    name: 'a process that was started too early gives an index again',
    act: async (stage) => {
      const { backend } = stage;
      const [current, next] = [await stage.tree(), await stage.tree()];
      const blue = await backend.rekor(current, []);
      stage.saw(`blue gives ${(await blue?.post('a'))?.index}`);
      const green = await backend.rekor(next, [current]);
      stage.saw(`blue gives ${(await blue?.post('b'))?.index}`);
      stage.saw(`green gives ${(await green?.post('c'))?.index}`);
      const shard = (await green?.log())?.inactive[0];
      stage.saw(`green has loaded ${shard?.loaded ?? '?'} of ${shard?.live ?? '?'}`);
      const entry = await green?.at(1);
      stage.saw(`green has at 1: ${entry?.treeId === next ? 'its own entry' : 'the entry of blue'}`);
    },
    seen: [
      'blue gives 0',
      'blue gives 1',
      'green gives 1',
      'green has loaded 1 of 2',
      'green has at 1: its own entry',
    ],
  },
  {
    name: 'what a write is answered by the state of its tree',
    act: async (stage) => {
      const tree = await stage.tree();
      const rekor = await stage.backend.rekor(tree, []);
      const status = async (name: string): Promise<number | undefined> => (await rekor?.post(name))?.status;
      stage.saw(`ACTIVE: ${await status('a')}, the same again ${await status('a')}`);
      await stage.set(tree, 'DRAINING');
      stage.saw(`DRAINING: ${await status('b')}, the same again ${await status('a')}`);
      await stage.set(tree, 'FROZEN');
      stage.saw(`FROZEN: ${await status('b')}, a read ${(await rekor?.at(0))?.leaf}`);
      await stage.set(tree, 'ACTIVE');
      stage.saw(`ACTIVE again, without a restart: ${await status('b')}`);
    },
    seen: [
      'ACTIVE: 201, the same again 409',
      'DRAINING: 500, the same again 500',
      'FROZEN: 500, a read 0',
      'ACTIVE again, without a restart: 201',
    ],
  },
];

/** Runs a script; what it saw. */
export async function run(script: Script, stage: Stage): Promise<readonly string[]> {
  await script.act(stage);
  return stage.seen;
}
