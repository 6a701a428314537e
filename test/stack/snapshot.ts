import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { LogSection } from './configuration-copy';
import type { GateAdmin } from '../../harness/gate-admin';
import type { StoredTree, TrillianTrees } from '../../harness/trillian-trees';

/** Everything of a log that must be as before once a rotation was rolled back; times and versions are not in it. */
export interface LogSnapshot {
  readonly trees: readonly StoredTree[];
  /** Each file beside the slots' configuration by its path, with its content. */
  readonly files: Readonly<Record<string, string>>;
  readonly runningSlots: readonly string[];
  readonly gate: { readonly mode: string; readonly upstream: string };
  /** What the log says of its shards from its public address. */
  readonly shards: { readonly active: string; readonly inactive: readonly string[] };
}

interface LogInfo {
  readonly treeID: string;
  readonly inactiveShards?: readonly { readonly treeID: string; readonly treeSize: number }[];
}

export async function snapshotOf(
  log: LogSection,
  gate: GateAdmin,
  trees: TrillianTrees,
): Promise<LogSnapshot> {
  const { mode, upstream } = await gate.state();
  const info = (await (await fetch(`${log.publicUrl}/api/v1/log`)).json()) as LogInfo;
  const slots = Object.entries(log.installation.slots);
  return {
    trees: await trees.list(),
    files: contentsBeside(slots.flatMap(([, slot]) => [slot.environmentFile, slot.shardingFile])),
    runningSlots: slots.filter(([, { status }]) => exitsZero(status)).map(([name]) => name),
    gate: { mode, upstream },
    shards: {
      active: info.treeID,
      inactive: (info.inactiveShards ?? []).map(({ treeID, treeSize }) => `${treeID}: ${treeSize}`),
    },
  };
}

/**
 * Fails with the differences unless the log is as before. Trees of undone attempts may have come: each of them must
 * carry a mark and be FROZEN, and no tree may have gone.
 */
export function expectAsBefore(before: LogSnapshot, after: LogSnapshot): void {
  const known = new Set(before.trees.map(({ tree_id }) => tree_id));
  const retired = after.trees.filter(({ tree_id }) => !known.has(tree_id));
  const unlike = retired.filter((tree) => tree.tree_state !== 'FROZEN' || tree.description === '');
  expect(unlike).toEqual([]);
  expect({ ...after, trees: byId(after.trees.filter(({ tree_id }) => known.has(tree_id))) }).toEqual({
    ...before,
    trees: byId(before.trees),
  });
}

/** The trees that take writes: never more than one of a log's (DESIGN, "What may never happen", rule 3). */
export function activeTrees(snapshot: LogSnapshot): string[] {
  return snapshot.trees.filter(({ tree_state }) => tree_state === 'ACTIVE').map(({ tree_id }) => tree_id);
}

function byId(trees: readonly StoredTree[]): StoredTree[] {
  return [...trees].sort((a, b) => a.tree_id.localeCompare(b.tree_id));
}

/** Process records, locks and logs change while nothing is changed; everything else is configuration, or was left over. */
const ofProcesses = /\.(pid|lock|log)$/;

function contentsBeside(files: readonly string[]): Record<string, string> {
  const directories = new Set(files.map((file) => dirname(file)));
  const paths = [...directories].flatMap((directory) =>
    readdirSync(directory)
      .sort()
      .map((name) => join(directory, name)),
  );
  return Object.fromEntries(
    paths
      .filter((path) => !ofProcesses.test(path) && statSync(path).isFile())
      .map((path) => [path, readFileSync(path, 'utf8')]),
  );
}

function exitsZero([program = '', ...args]: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}
