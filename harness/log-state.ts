import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { StoredTree } from './trillian-trees';

/** Everything of a log that a rotation may change, as the systems themselves say it; times and versions are not in it. */
export interface LogState {
  readonly trees: readonly StoredTree[];
  readonly gate: { readonly mode: string; readonly slot: string };
  /** Slots whose Rekor runs. */
  readonly runningSlots: readonly string[];
  /** The files beside the slots' configuration, by name, with their content; none of processes. */
  readonly files: Readonly<Record<string, string>>;
  /** What the log says of its shards from its public address; of inactive ones `<tree>: <size>`. */
  readonly shards: { readonly active: string; readonly inactive: readonly string[] };
}

/** The trees that take writes: never more than one of a log's (DESIGN, "What may never happen", rule 3). */
export function activeTrees({ trees }: Pick<LogState, 'trees'>): string[] {
  return trees.filter(({ tree_state }) => tree_state === 'ACTIVE').map(({ tree_id }) => tree_id);
}

/**
 * What is not as before, a line each. Trees of undone attempts may have come: each of them must carry a mark and be FROZEN.
 */
export function differences(before: LogState, after: LogState): string[] {
  const found: string[] = [];
  const compare = (what: string, one: unknown, other: unknown): void => {
    const [was, is] = [JSON.stringify(one), JSON.stringify(other)] as (string | undefined)[];
    if (was !== is) {
      found.push(`${what} is not as before: ${was ?? 'absent'} became ${is ?? 'absent'}`);
    }
  };
  compare('the gate', before.gate, after.gate);
  compare('which slot runs', before.runningSlots, after.runningSlots);
  compare('what is served', before.shards, after.shards);
  for (const name of new Set([...Object.keys(before.files), ...Object.keys(after.files)])) {
    compare(`the file ${name}`, before.files[name], after.files[name]);
  }
  for (const tree of before.trees) {
    compare(`tree ${tree.tree_id}`, tree, after.trees.find(byId(tree)));
  }
  for (const tree of after.trees.filter((one) => !before.trees.some(byId(one)))) {
    if (tree.tree_state !== 'FROZEN' || tree.description === '') {
      found.push(`tree ${tree.tree_id} has come, ${tree.tree_state} and marked "${tree.description}"`);
    }
  }
  return found;
}

function byId({ tree_id }: StoredTree): (other: StoredTree) => boolean {
  return (other) => other.tree_id === tree_id;
}

interface LogInfo {
  readonly treeID: string;
  readonly inactiveShards?: readonly { readonly treeID: string; readonly treeSize: number }[] | null;
}

/** Asks a log at its public address for its shards. */
export async function shardsAt(publicUrl: string): Promise<LogState['shards']> {
  const info = (await (await fetch(`${publicUrl}/api/v1/log`)).json()) as LogInfo;
  return {
    active: info.treeID,
    inactive: (info.inactiveShards ?? []).map(({ treeID, treeSize }) => `${treeID}: ${treeSize}`),
  };
}

/** Process records, locks and logs change while nothing is changed; everything else is configuration, or was left over. */
const ofProcesses = /\.(pid|lock|log)$/;

/** The files of a folder by their names, with their content. */
export function contentsOf(directory: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(directory)
      .filter((name) => !ofProcesses.test(name) && statSync(join(directory, name)).isFile())
      .sort()
      .map((name) => [name, readFileSync(join(directory, name), 'utf8')]),
  );
}
