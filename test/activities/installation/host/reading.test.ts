import fc from 'fast-check';
import { rmSync, writeFileSync } from 'node:fs';
import { hostInstallation } from '../../../../activities/installation/host/host';
import { RefusalError } from '../../../../activities/errors/refusal-error';
import { alteredList, plainList } from '../generated-lists';
import type { Change } from '../../../../workflows/model/installation';
import { shellLine } from '../../../../workflows/model/shell-line';
import {
  CURRENT,
  EARLIER,
  LIST,
  BLUE,
  GREEN,
  environment,
  file,
  read,
  files,
  contents,
  ran,
  options,
  orderOf,
  refusalOf,
  stateOf,
  slotBlue,
  slotGreen,
  withTwoSlots,
} from './two-slots';

withTwoSlots();

describe('reading the host', () => {
  it('takes the slot that the gate sends to as the current one, with every digit of its trees', async () => {
    expect(await stateOf(`${BLUE}/`)).toEqual({
      current: slotBlue,
      next: slotGreen,
      replaced: slotGreen,
      currentInstances: [{ name: 'blue', url: BLUE, field: 'installation.slots.blue.url' }],
      nextInstances: [{ name: 'green', url: GREEN, field: 'installation.slots.green.url' }],
      activeTreeId: CURRENT,
      inactiveTreeIds: [EARLIER],
      nextIsRunning: false,
      unfinishedOn: { current: null, next: null },
    });
  });

  it('finds leftovers that run in the next slot', async () => {
    writeFileSync(file('green.runs'), '');
    expect((await stateOf(BLUE)).nextIsRunning).toBe(true);
  });

  it('gives another fingerprint after any change of any of the four files', async () => {
    const fingerprints = [(await orderOf()).fingerprint];
    expect(fingerprints[0]).toMatch(/^[0-9a-f]{64}$/);
    writeFileSync(file('green.yaml'), ''); // an empty file is not a missing one
    fingerprints.push((await orderOf()).fingerprint);
    for (const name of files) {
      writeFileSync(file(name), `${read(name) ?? ''}\n# a comment\n`);
      fingerprints.push((await orderOf()).fingerprint);
    }
    expect(new Set(fingerprints).size).toBe(6);
  });

  it('refuses what it cannot read, naming the file', async () => {
    const reading = async () => await refusalOf(async () => [await stateOf(BLUE), await orderOf()]);
    expect((await refusalOf(stateOf('http://127.0.0.1:9'))).code).toBe('SENT_ELSEWHERE');
    writeFileSync(file('green.env'), 'PORT=3002\n');
    expect(await reading()).toMatchObject({ code: 'ENVIRONMENT_FILE_INVALID' });
    rmSync(file('green.env'));
    expect(await reading()).toMatchObject({
      code: 'FILE_UNREADABLE',
      message: `The file ${file('green.env')} cannot be read or written: it does not exist.`,
    });
    writeFileSync(file('blue.yaml'), `- treeID: "${EARLIER}"\n`);
    writeFileSync(file('green.env'), environment('0', '3002'));
    expect((await reading()).code).toBe('SHARDING_FILE_INVALID');
    writeFileSync(file('blue.yaml'), `- treeID: ${CURRENT}\n`);
    expect((await reading()).code).toBe('SHARDING_FILE_LISTS_ACTIVE');
    writeFileSync(file('blue.yaml'), Buffer.from([0xff, 0xfe, 0x00]));
    expect((await reading()).message).toContain('it is not UTF-8 text');
    writeFileSync(file('blue.yaml'), LIST);
    writeFileSync(file('blue.env'), environment('0', '3001'));
    expect((await reading()).code).toBe('ENVIRONMENT_FILE_INVALID');
  });

  it('knows what serves, whatever the files of the other slot hold: an undo needs no more', async () => {
    writeFileSync(file('green.env'), 'PORT=3002\n');
    writeFileSync(file('green.yaml'), '{');
    expect(await stateOf(BLUE)).toMatchObject({ current: slotBlue, activeTreeId: CURRENT });
    expect((await refusalOf(orderOf())).code).toBe('ENVIRONMENT_FILE_INVALID');
  });

  it('refuses slots that share a file', async () => {
    const { slots, ...rest } = options();
    const blue = slots['blue'];
    if (!blue) throw new Error('no slot blue');
    const shared = { ...rest, slots: { blue, green: { ...blue, url: GREEN } } };
    expect((await refusalOf(() => Promise.resolve().then(() => hostInstallation(shared)))).code).toBe(
      'FILE_USED_TWICE',
    );
  });
});

describe('describing a rotation', () => {
  it('says which lines and commands will change, and changes nothing', async () => {
    writeFileSync(file('green.yaml'), LIST);
    const before = contents();
    const { changes } = await orderOf();
    const of = (kind: Change['kind']) => changes.filter((change) => change.kind === kind);
    const nextTree = 'TREE_ID=<next tree>';
    expect(of('file').map(({ step, target, removed, added }) => ({ step, target, removed, added }))).toEqual([
      { step: 'stage', target: file('green.yaml'), removed: [], added: [`- treeID: ${CURRENT}`] },
      { step: 'stage', target: file('green.env'), removed: ['TREE_ID=0'], added: [nextTree] },
      { step: 'settle', target: file('blue.yaml'), removed: [], added: [`- treeID: ${CURRENT}`] },
      { step: 'settle', target: file('blue.env'), removed: [`TREE_ID=${CURRENT}`], added: [nextTree] },
    ]);
    const { blue, green } = options().slots;
    const line = (command: readonly string[] = []) => shellLine(command);
    expect(of('command').map(({ step, target }) => ({ step, target }))).toEqual([
      { step: 'stage', target: line(green?.commands.start) },
      { step: 'stage', target: line(green?.commands.stop) },
      { step: 'start', target: line(green?.commands.start) },
      { step: 'settle', target: line(green?.commands.enable) },
      { step: 'settle', target: line(blue?.commands.disable) },
      { step: 'settle', target: line(blue?.commands.stop) },
    ]);
    expect(contents()).toEqual(before);
    expect(ran()).toEqual([]);
  });

  it('shows no password of a file that it would write (H28)', async () => {
    const said = JSON.stringify([await stateOf(BLUE), await orderOf()]);
    for (const secret of ['hunter2', 'Tr0ub4dor', 's3cret']) expect(said).not.toContain(secret);
    expect(said).toContain('fileSignerPassword: <hidden>');
  });

  it('tells no secret that is planted anywhere in the list of either slot, and none in what it refuses (H28)', async () => {
    const told = async (): Promise<unknown> => {
      try {
        return [await stateOf(BLUE), await orderOf()];
      } catch (error) {
        if (error instanceof RefusalError) return [error.refusal, error.stack, String(error.cause)];
        throw error;
      }
    };
    const planted = fc.constantFrom('Pl4nted', ' "Pl4nted"', '\n    Pl4nted: 1\n', '# Pl4nted\n');
    const place = fc.double({ min: 0, max: 1, noNaN: true });
    const list = fc.oneof(
      plainList.map(({ text }) => text),
      alteredList,
    );
    let described = 0;
    await fc.assert(
      fc.asyncProperty(
        list,
        planted,
        place,
        fc.constantFrom('blue', 'green'),
        async (text, put, at, slot) => {
          const where = Math.floor(at * text.length);
          writeFileSync(file('blue.yaml'), LIST);
          writeFileSync(file('green.yaml'), LIST);
          writeFileSync(file(`${slot}.yaml`), text.slice(0, where) + put + text.slice(where));
          const said = await told();
          described += Array.isArray(said) && said.length === 2 ? 1 : 0;
          expect(JSON.stringify(said)).not.toContain('Pl4nted');
        },
      ),
      { numRuns: 150 },
    );
    expect(described).toBeGreaterThan(0);
  });
});
