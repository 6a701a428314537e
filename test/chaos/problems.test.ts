import { problemsIn, type EndState } from '../../chaos/problems';

const mark = 'rekor-rotate log=lab rotation=r attempt=1 number=2';
const tree = (tree_id: string, tree_state: string, description = '') => ({
  tree_id,
  tree_state,
  tree_type: 'LOG',
  display_name: '',
  description,
  max_root_duration: { seconds: '3600', nanos: 0 },
});
const files = (tree: string) => ({
  'blue.env': `TREE_ID=${tree}`,
  'green.env': `TREE_ID=${tree}`,
  'blue-sharding.yaml': '',
  'green-sharding.yaml': '',
});

const before: EndState = {
  trees: [tree('1', 'ACTIVE')],
  gate: { mode: 'pass', slot: 'blue' },
  runningSlots: ['blue'],
  files: { ...files('1'), 'blue.enabled': '' },
  shards: { active: '1', inactive: [] },
  openWorkflows: [],
};

const completed: EndState = {
  trees: [tree('1', 'FROZEN'), tree('2', 'ACTIVE', mark)],
  gate: { mode: 'pass', slot: 'green' },
  runningSlots: ['green'],
  files: { ...files('2'), 'green.enabled': '' },
  shards: { active: '2', inactive: ['1: 7'] },
  openWorkflows: [],
};

const rolledBack: EndState = { ...before, trees: [tree('1', 'ACTIVE'), tree('2', 'FROZEN', mark)] };

describe('the state of a log after a rotation', () => {
  it('has nothing wrong when the rotation completed, or left all as it was', () => {
    expect(problemsIn(before, completed, 'completed')).toEqual([]);
    expect(problemsIn(before, rolledBack, 'rolledBack')).toEqual([]);
    expect(problemsIn(before, before, 'refused')).toEqual([]);
  });

  it.each<[string, EndState, string, string]>([
    [
      'two ACTIVE trees',
      { ...rolledBack, trees: [...before.trees, tree('2', 'ACTIVE', mark)] },
      'rolledBack',
      'ACTIVE trees are [1, 2]',
    ],
    ['no ACTIVE tree', { ...before, trees: [tree('1', 'DRAINING')] }, 'rolledBack', 'ACTIVE trees are []'],
    [
      'a tree that is gone',
      { ...completed, trees: [tree('2', 'ACTIVE', mark)] },
      'completed',
      'tree 1 is gone',
    ],
    [
      'a tree left DRAINING',
      { ...before, trees: [...before.trees, tree('2', 'DRAINING', mark)] },
      'rolledBack',
      'tree 2 is DRAINING',
    ],
    [
      'a gate that holds',
      { ...before, gate: { mode: 'hold', slot: 'blue' } },
      'rolledBack',
      'the gate is in mode hold',
    ],
    [
      'a slot left running',
      { ...before, runningSlots: ['blue', 'green'] },
      'rolledBack',
      'what runs is [blue, green]',
    ],
    [
      'a file left behind',
      { ...completed, files: { ...completed.files, 'green.env.kept': '' } },
      'completed',
      'green.env.kept was left behind',
    ],
    [
      'the wrong slot after a reboot',
      { ...completed, files: { ...files('2'), 'blue.enabled': '' } },
      'completed',
      'after a reboot [blue.enabled]',
    ],
    [
      'a shard that is no longer served',
      { ...completed, shards: { active: '2', inactive: [] } },
      'completed',
      'tree 1 is no shard any more',
    ],
    [
      'a file that was not put back',
      { ...rolledBack, files: { ...before.files, 'green.env': 'TREE_ID=2' } },
      'rolledBack',
      'the file green.env is not as before',
    ],
    ['an open workflow', { ...completed, openWorkflows: ['log-lab'] }, 'completed', 'log-lab is still open'],
  ])('finds %s', (_what, after, outcome, problem) => {
    expect(problemsIn(before, after, outcome)).toContainEqual(expect.stringContaining(problem));
  });
});
