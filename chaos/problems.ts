import { activeTrees, differences, type LogState } from '../harness/log-state';

/** The state of a log once a rotation has ended. */
export interface EndState extends LogState {
  /** Workflows that are open under the log's lock or below it. */
  readonly openWorkflows: readonly string[];
}

/** Outcomes after which another tree takes the writes than before. */
const movedOn = new Set(['completed', 'superseded']);
/** Outcomes after which everything is as it was, but for retired trees. */
const asBefore = new Set(['rolledBack', 'refused']);

/** What is not as it must be at the end of a rotation with this outcome, a line each. */
export function problemsIn(before: LogState, after: EndState, outcome: string): string[] {
  return [
    ...treeProblems(before, after),
    ...gateProblems(after),
    ...fileProblems(before, after),
    ...outcomeProblems(before, after, outcome),
    ...after.openWorkflows.map((workflowId) => `the workflow ${workflowId} is still open`),
  ];
}

function treeProblems(before: LogState, { trees, shards }: LogState): string[] {
  const problems: string[] = [];
  const active = activeTrees({ trees });
  const inactive = inactiveOf(shards);
  if (active.length !== 1 || active[0] !== shards.active) {
    problems.push(`ACTIVE trees are [${active.join(', ')}], served as active is ${shards.active}`);
  }
  for (const { tree_id, tree_state, description } of trees) {
    if (tree_id === shards.active) continue;
    if (tree_state !== 'FROZEN') {
      problems.push(`tree ${tree_id} is ${tree_state}, not FROZEN`);
    }
    if (!inactive.includes(tree_id) && !description.startsWith('rekor-rotate ')) {
      problems.push(`tree ${tree_id} is no shard any more`);
    }
  }
  const present = new Set(trees.map(({ tree_id }) => tree_id));
  for (const { tree_id } of before.trees) {
    if (!present.has(tree_id)) problems.push(`tree ${tree_id} is gone`);
  }
  return problems;
}

function gateProblems({ gate, runningSlots }: LogState): string[] {
  const problems = gate.mode === 'pass' ? [] : [`the gate is in mode ${gate.mode}`];
  return runningSlots.join() === gate.slot
    ? problems
    : [...problems, `the gate sends to ${gate.slot}, but what runs is [${runningSlots.join(', ')}]`];
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
    const one = [...inactiveOf(before.shards), before.shards.active];
    const other = [...inactiveOf(after.shards), after.shards.active];
    const kept = one.every((treeId, position) => other[position] === treeId);
    return kept && other.length > one.length
      ? []
      : [`${outcome}, but the shards [${one.join(', ')}] became [${other.join(', ')}]`];
  }
  return asBefore.has(outcome) ? differences(before, after).map((what) => `${outcome}, but ${what}`) : [];
}

/** The trees of the inactive shards, in served order. */
function inactiveOf({ inactive }: LogState['shards']): string[] {
  return inactive.map((shard) => shard.replace(/:.*/, ''));
}
