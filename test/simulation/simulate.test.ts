import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { gateMutantNames, mutantNames, type MutantName } from '../../simulation/mutants';
import { scheduleMutantNames } from '../../simulation/schedule-mutants';

/**
 * The simulation runs in processes of its own, because it replaces their time and their files; so its compiled program is
 * what is tested.
 */
const program = join(__dirname, '../../out/dist/simulation/main.js');

function simulate(...options: string[]): {
  readonly status: number | null;
  readonly lines: readonly string[];
} {
  const { status, stdout } = spawnSync(process.execPath, [program, ...options], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'inherit'],
    // A seed that never ends fails its test, and does not keep the others from running.
    timeout: 900_000,
  });
  return { status, lines: stdout.trimEnd().split('\n') };
}

/** These seeds are from before workers kept anything. */
function expectNoViolation(seed: number, gates: '1' | '2'): void {
  const { lines } = simulate('--seed', String(seed), '--gates', gates, '--intents', 'no');
  expect(lines.at(-1)).toBe('1 seed, 0 violations');
}

beforeAll(() => {
  if (!existsSync(program)) {
    throw new Error('The simulation is not built: node tools/build.mjs');
  }
});

it('breaks no rule in 500 seeds, and reaches every outcome that is not rare', () => {
  const { status, lines } = simulate('--seeds', '500');
  expect(lines.slice(lines.findIndex((line) => line.startsWith('outcomes')))).toEqual([
    expect.stringMatching(/completed \d+/),
    expect.stringContaining('hours of virtual time'),
    '500 seeds, 0 violations',
  ]);
  const outcomes = lines.find((line) => line.startsWith('outcomes')) ?? '';
  for (const outcome of ['completed', 'rolledBack', 'superseded', 'refused', 'skipped', 'rehearsed']) {
    expect(outcomes).toContain(outcome);
  }
  expect(status).toBe(0);
});

it('reaches the outcome that is rarer than one in 500: a rotation that a person has to end', () => {
  const { lines } = simulate('--seed', '8000318');
  expect(lines.find((line) => line.startsWith('outcomes'))).toContain('held');
  expect(lines.at(-1)).toBe('1 seed, 0 violations');
});

it('prints a table that fits a terminal', () => {
  const { lines } = simulate('--seeds', '10');
  const table = lines.slice(
    lines.findIndex((line) => line.startsWith('Faults that were tried')),
    lines.findIndex((line) => line.startsWith('outcomes')),
  );
  expect(Math.max(...table.map((line) => line.length))).toBeLessThanOrEqual(80);
});

it('does the same again for the same seed', () => {
  const once = simulate('--seed', '7');
  expect(once.lines.length).toBeGreaterThan(50);
  expect(simulate('--seed', '7').lines).toEqual(once.lines);
});

it.each([
  [35085, 'a recovery that is planned with the order of somebody else, after Temporal has lost everything'],
  [38046, 'a section that was reset once the rotation was over, and has still to end'],
  [177, 'a rotation on a cluster that was terminated once its copy was settled and gone'],
  [3001140, 'somebody closes the current tree while our own call to close it is under way'],
  [7007454, 'somebody closes the tree that serves and changes what is staged: both are left to a person'],
  [8005708, 'somebody freezes the next tree, and somebody opens it again: the last one stands'],
  [9008965, 'somebody orders a gate that dies before it answers, and has obeyed'],
  [104170, 'a second rotation that is taken back, after the first was terminated once it was through'],
])('takes for right what is right, in seed %i: %s', (seed) => expectNoViolation(seed, '1'));

it.each([
  [349, 'a cluster loses every pod that clients were sent to, and Temporal what it knew'],
  [400038, 'a reset of a rotation on a cluster that was through goes on from there, and closes nothing'],
  [3269, 'a Cancel before the hold, while somebody else closes the current tree'],
  [701672, 'an exposure that lands in its own undo, and Temporal loses everything then'],
  [
    1002303,
    'a Terminate in the settling, when the only pod that clients were sent to is lost and nobody has written',
  ],
  [1002589, 'a gate that was away for longer than its lease is not said to be changed by somebody'],
  [9009074, 'a settle that was broken off by a reset: clients follow the pods of the next release'],
  [5000990, 'somebody writes to the next release: its tree is closed until each instance is proven'],
  [403792, 'no index is asked for that an interrupted rotation still gives back'],
])('holds what a fault that was mended broke, in seed %i: %s', (seed) => expectNoViolation(seed, '1'));

it('takes for right what is right with two gates, in seed 9200724: one obeys late, and goes on by itself', () =>
  expectNoViolation(9200724, '2'));

it.each([
  [15596, 'a gate that was stopped for longer than its lease sends no read to the former release'],
  [9000293, 'a settle that goes on late ends no pods that another try has started'],
  [9004902, 'a gate that starts while the other one is switched is not left where that one was'],
  [9008788, 'what goes forward later lets writes wait in all gates, as an exposure does'],
  [9009751, 'no two gates go by how the other one stood before an order landed'],
  [9004038, 'a scheduled rotation whose critical section is terminated says so'],
  [9000296, 'a gate that came back with an older state, and was told of a switch, was not sent on'],
])('holds for two gates what a fault that was mended broke, in seed %i: %s', (seed) =>
  expectNoViolation(seed, '2'),
);

/** Only a quarter of the seeds have schedules. One gate or two: most faults are about neither. */
const optionsFor = (mutant: MutantName): readonly string[] => [
  ...['--seeds', scheduleMutantNames.some((name) => name === mutant) ? '2000' : '500'],
  ...['--gates', gateMutantNames.some((name) => name === mutant) ? '2' : '1'],
  ...['--mutant', mutant],
];

describe('a fault in the code itself is found within 500 seeds with what it is about (H37)', () => {
  it.each([...mutantNames])('%s', (mutant) => {
    const { status, lines } = simulate(...optionsFor(mutant), '--first');
    expect(lines.at(-1)).toMatch(/^\d+ seeds?, [1-9]\d* violations?$/);
    expect(status).toBe(1);
    // What replays the seed replays the violation.
    const [, seed = ''] = /--seed (\d+)/.exec(lines.join('\n')) ?? [];
    expect(simulate(...optionsFor(mutant), '--seed', seed).status).toBe(1);
  });
});
