import type { StoredTree } from '../harness/trillian-trees';

/** Everything of a log that a rotation may change, as the systems themselves say it. */
export interface LogState {
  readonly trees: readonly Pick<StoredTree, 'tree_id' | 'tree_state' | 'description'>[];
  readonly gate: { readonly mode: string; readonly slot: string };
  /** Slots whose Rekor runs. */
  readonly running: readonly string[];
  /** The files beside the slots' configuration, by name; none of processes. */
  readonly files: Readonly<Record<string, string>>;
  /** What the log says of its shards from its public address. */
  readonly served: { readonly active: string; readonly inactive: readonly string[] };
  /** Workflows that are open under the log's lock or below it. */
  readonly openWorkflows: readonly string[];
}

/** Outcomes after which another tree takes the writes than before. */
const movedOn = new Set(['completed', 'superseded']);
/** Outcomes after which everything is as it was, but for retired trees. */
const asBefore = new Set(['rolledBack', 'refused']);

/** What is not as it must be at the end of a rotation with this outcome, a line each. */
export function problemsIn(before: LogState, after: LogState, outcome: string): string[] {
  return [
    ...treeProblems(before, after),
    ...gateProblems(after),
    ...fileProblems(before, after),
    ...outcomeProblems(before, after, outcome),
    ...after.openWorkflows.map((workflowId) => `the workflow ${workflowId} is still open`),
  ];
}

function treeProblems(before: LogState, { trees, served }: LogState): string[] {
  const problems: string[] = [];
  const active = trees.filter(({ tree_state }) => tree_state === 'ACTIVE').map(({ tree_id }) => tree_id);
  if (active.length !== 1 || active[0] !== served.active) {
    problems.push(`ACTIVE trees are [${active.join(', ')}], served as active is ${served.active}`);
  }
  for (const { tree_id, tree_state, description } of trees) {
    if (tree_id === served.active) continue;
    if (tree_state !== 'FROZEN') {
      problems.push(`tree ${tree_id} is ${tree_state}, not FROZEN`);
    }
    if (!served.inactive.includes(tree_id) && !description.startsWith('rekor-rotate ')) {
      problems.push(`tree ${tree_id} is no shard any more`);
    }
  }
  const present = new Set(trees.map(({ tree_id }) => tree_id));
  for (const { tree_id } of before.trees) {
    if (!present.has(tree_id)) problems.push(`tree ${tree_id} is gone`);
  }
  return problems;
}

function gateProblems({ gate, running }: LogState): string[] {
  const problems = gate.mode === 'pass' ? [] : [`the gate is in mode ${gate.mode}`];
  return running.join() === gate.slot
    ? problems
    : [...problems, `the gate sends to ${gate.slot}, but what runs is [${running.join(', ')}]`];
}

function fileProblems(before: LogState, { files, gate }: LogState): string[] {
  const names = (of: Readonly<Record<string, string>>) =>
    Object.keys(of).filter((name) => !name.endsWith('.enabled'));
  const enabled = Object.keys(files).filter((name) => name.endsWith('.enabled'));
  const known = names(before.files);
  return [
    ...names(files)
      .filter((name) => !known.includes(name))
      .map((name) => `the file ${name} was left behind`),
    ...known.filter((name) => !(name in files)).map((name) => `the file ${name} is gone`),
    ...(enabled.join() === `${gate.slot}.enabled`
      ? []
      : [`after a reboot [${enabled.join(', ')}] would hold, but the gate sends to ${gate.slot}`]),
  ];
}

function outcomeProblems(before: LogState, after: LogState, outcome: string): string[] {
  if (movedOn.has(outcome)) {
    const shards = [...before.served.inactive, before.served.active];
    const kept = shards.every((treeId, position) => after.served.inactive[position] === treeId);
    return kept && after.served.active !== before.served.active
      ? []
      : [
          `${outcome}, but [${before.served.inactive.join(', ')}] ${before.served.active} became ` +
            `[${after.served.inactive.join(', ')}] ${after.served.active}`,
        ];
  }
  if (asBefore.has(outcome)) {
    return differences(before, after).map((what) => `${outcome}, but ${what} is not as before`);
  }
  return [];
}

function differences(before: LogState, after: LogState): string[] {
  const differing: string[] = [];
  const compare = (what: string, one: unknown, other: unknown): void => {
    if (JSON.stringify(one) !== JSON.stringify(other)) differing.push(what);
  };
  compare('the gate', before.gate, after.gate);
  compare('which slot runs', before.running, after.running);
  compare('what is served', before.served, after.served);
  for (const [name, content] of Object.entries(before.files)) {
    compare(`the file ${name}`, content, after.files[name]);
  }
  for (const tree of before.trees) {
    const now = after.trees.find(({ tree_id }) => tree_id === tree.tree_id);
    compare(`the state of tree ${tree.tree_id}`, tree.tree_state, now?.tree_state);
  }
  return differing;
}
