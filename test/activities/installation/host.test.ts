import { execFileSync } from 'node:child_process';
import {
  existsSync,
  promises as fs,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RefusalError } from '../../../activities/refusal-error';
import { hostInstallation } from '../../../activities/installation/host';
import type { HostOptions, SlotOptions } from '../../../activities/installation/host';
import type { ReleaseOrder } from '../../../workflows/model/installation';

const CURRENT = '1949066653115536561';
const NEXT = '9223372036854775807';
const EARLIER = '6826284441047790130';
const LIST = `# shards\n- treeID: ${EARLIER}\n  signingConfig: {fileSignerPassword: hunter2} # Tr0ub4dor\n`;
const NEXT_LIST = `${LIST}- treeID: ${CURRENT}\n`;
const BLUE = 'http://127.0.0.1:3001';
const GREEN = 'http://127.0.0.1:3002';
const environment = (treeId: string, port: string) =>
  `# ${port}\nPORT=${port}\nTREE_ID=${treeId}\nPASSWORD="s3cret"\n`;

let folder: string;
const signal = new AbortController().signal;
const file = (name: string) => join(folder, name);
const read = (name: string) => (existsSync(file(name)) ? readFileSync(file(name), 'utf8') : null);
const files = ['blue.env', 'blue.yaml', 'green.env', 'green.yaml'] as const;
const contents = () => files.map(read);
const ran = () => (read('commands') ?? '').trim().split('\n').filter(Boolean);
const shell = (script: string) => ['/bin/sh', '-c', script];

function slotOptions(name: string, url: string): SlotOptions {
  const note = (verb: string) => shell(`echo "${verb} ${name}" >> "${file('commands')}"`);
  return {
    url,
    environmentFile: file(`${name}.env`),
    shardingFile: file(`${name}.yaml`),
    commands: {
      start: note('start'),
      stop: note('stop'),
      status: shell(`test -e "${file(`${name}.runs`)}" || exit 3`),
      enable: note('enable'),
      disable: note('disable'),
    },
  };
}

function options(commands: Partial<SlotOptions['commands']> = {}): HostOptions {
  const green = slotOptions('green', GREEN);
  return {
    log: 'production',
    treeIdVariable: 'TREE_ID',
    slots: {
      blue: slotOptions('blue', `${BLUE}/`),
      green: { ...green, commands: { ...green.commands, ...commands } },
    },
  };
}

async function orderOf(mark = 'r1/1'): Promise<ReleaseOrder> {
  const { current, next, fingerprint } = await hostInstallation(options()).read(BLUE, signal);
  const inactive = [{ treeId: EARLIER, length: 10 }];
  return { mark, current, next, currentTreeId: CURRENT, nextTreeId: NEXT, inactive, fingerprint };
}

async function refusalOf(
  act: Promise<unknown> | (() => Promise<unknown>),
): Promise<{ code: string; message: string }> {
  const error = await (typeof act === 'function' ? act() : act).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof RefusalError) return error.refusal;
  throw new Error('it was not refused', { cause: error });
}

/** Lets the n-th change of a folder (rename or removal of a whole file) be the last thing that happens before a crash. */
function crashAfterChange(n: number): () => void {
  let changes = 0;
  const realRename = fs.rename.bind(fs);
  const realRemove = fs.rm.bind(fs);
  const counted = () => {
    changes += 1;
    if (changes === n) throw new Error('crash');
  };
  const rename = jest.spyOn(fs, 'rename').mockImplementation(async (from, to) => {
    if (changes >= n) throw new Error('crash');
    await realRename(from, to);
    counted();
  });
  const remove = jest.spyOn(fs, 'rm').mockImplementation(async (path, removal) => {
    if (changes >= n) throw new Error('crash');
    await realRemove(path, removal);
    if (!String(path).includes('.rekor-rotate-')) counted();
  });
  return () => {
    rename.mockRestore();
    remove.mockRestore();
  };
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slots-'));
  writeFileSync(file('blue.env'), environment(CURRENT, '3001'), { mode: 0o640 });
  writeFileSync(file('blue.yaml'), LIST, { mode: 0o644 });
  writeFileSync(file('green.env'), environment('0', '3002'), { mode: 0o600 });
});

afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

describe('reading the host', () => {
  it('takes the slot that the gate sends to as the current one, with every digit of its trees', async () => {
    expect(await hostInstallation(options()).read(`${BLUE}/`, signal)).toEqual({
      current: 'blue',
      next: 'green',
      currentInstances: [{ name: 'blue', url: BLUE }],
      nextInstances: [{ name: 'green', url: GREEN }],
      activeTreeId: CURRENT,
      inactiveTreeIds: [EARLIER],
      nextIsRunning: false,
      keptBy: null,
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
  });

  it('finds leftovers that run in the next slot', async () => {
    writeFileSync(file('green.runs'), '');
    expect((await hostInstallation(options()).read(BLUE, signal)).nextIsRunning).toBe(true);
  });

  it('gives another fingerprint after any change of any of the four files', async () => {
    const fingerprints = [(await orderOf()).fingerprint];
    writeFileSync(file('green.yaml'), ''); // an empty file is not a missing one
    fingerprints.push((await orderOf()).fingerprint);
    for (const name of files) {
      writeFileSync(file(name), `${read(name) ?? ''}\n# a comment\n`);
      fingerprints.push((await orderOf()).fingerprint);
    }
    expect(new Set(fingerprints).size).toBe(6);
  });

  it('refuses what it cannot read, naming the file', async () => {
    const host = hostInstallation(options());
    const reading = async () => await refusalOf(host.read(BLUE, signal));
    expect((await refusalOf(host.read('http://127.0.0.1:9', signal))).code).toBe('GATE_UPSTREAM_UNKNOWN');
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

  it('refuses slots that share a file', async () => {
    const { slots, ...rest } = options();
    const blue = slots['blue'];
    if (!blue) throw new Error('no slot blue');
    const shared = { ...rest, slots: { blue, green: { ...blue, url: GREEN } } };
    expect((await refusalOf(() => Promise.resolve().then(() => hostInstallation(shared)))).code).toBe(
      'SLOTS_SHARE_A_FILE',
    );
  });
});

describe('describing a rotation', () => {
  it('says which lines and commands will change, and changes nothing', async () => {
    writeFileSync(file('green.yaml'), LIST);
    const before = contents();
    const host = hostInstallation(options());
    const changes = await host.describe(await host.read(BLUE, signal), signal);
    const nextTree = 'TREE_ID=<next tree>';
    expect(changes.files.map(({ step, path, removed, added }) => ({ step, path, removed, added }))).toEqual([
      { step: 'stage', path: file('green.yaml'), removed: [], added: [`- treeID: ${CURRENT}`] },
      { step: 'stage', path: file('green.env'), removed: ['TREE_ID=0'], added: [nextTree] },
      { step: 'settle', path: file('blue.yaml'), removed: [], added: [`- treeID: ${CURRENT}`] },
      { step: 'settle', path: file('blue.env'), removed: [`TREE_ID=${CURRENT}`], added: [nextTree] },
    ]);
    const { blue, green } = options().slots;
    expect(changes.commands.map(({ step, command }) => ({ step, command }))).toEqual([
      { step: 'stage', command: green?.commands.start },
      { step: 'stage', command: green?.commands.stop },
      { step: 'start', command: green?.commands.start },
      { step: 'settle', command: green?.commands.enable },
      { step: 'settle', command: blue?.commands.disable },
      { step: 'settle', command: blue?.commands.stop },
    ]);
    expect(contents()).toEqual(before);
    expect(ran()).toEqual([]);
  });

  it('shows no password of a file that it would write (H28)', async () => {
    const host = hostInstallation(options());
    const state = await host.read(BLUE, signal);
    const said = JSON.stringify([state, await host.describe(state, signal)]);
    for (const secret of ['hunter2', 'Tr0ub4dor', 's3cret']) expect(said).not.toContain(secret);
    expect(said).toContain('fileSignerPassword: <hidden>');
  });
});

describe('staging the next release', () => {
  it('gives the next slot the served list with the current tree at its end, and its own environment', async () => {
    await hostInstallation(options()).stage(await orderOf(), signal);
    expect(contents()).toEqual([environment(CURRENT, '3001'), LIST, environment(NEXT, '3002'), NEXT_LIST]);
    expect(statSync(file('green.env')).mode & 0o777).toBe(0o600);
    expect(statSync(file('green.yaml')).mode & 0o777).toBe(0o644);
    expect(statSync(file('green.env.before-rekor-rotate')).mode & 0o777).toBe(0o600);
    expect(ran()).toEqual([]);
  });

  it('writes the list before the tree id, so that the slot never numbers the next tree from 0 (H9)', async () => {
    const order = await orderOf();
    const renamed = jest.spyOn(fs, 'rename');
    await hostInstallation(options()).stage(order, signal);
    const written = renamed.mock.calls
      .map(([, to]) => String(to))
      .filter((to) => !to.endsWith('before-rekor-rotate'));
    expect(written).toEqual([file('green.yaml'), file('green.env')]);
    renamed.mockClear();
    await hostInstallation(options()).stage(order, signal);
    expect(renamed).not.toHaveBeenCalled();
  });

  it.each(files)('refuses when %s was changed after the plan, and touches nothing', async (name) => {
    const order = await orderOf();
    writeFileSync(file(name), `${read(name) ?? ''}# changed\n`);
    const before = contents();
    expect((await refusalOf(hostInstallation(options()).stage(order, signal))).code).toBe(
      'CHANGED_BY_SOMEONE',
    );
    expect(contents()).toEqual(before);
    expect(existsSync(file('green.env.before-rekor-rotate'))).toBe(false);
  });

  it('refuses when what it staged was changed since', async () => {
    const order = await orderOf();
    await hostInstallation(options()).stage(order, signal);
    writeFileSync(file('green.yaml'), '[]');
    expect((await refusalOf(hostInstallation(options()).stage(order, signal))).code).toBe(
      'CHANGED_BY_SOMEONE',
    );
    expect(read('green.yaml')).toBe('[]');
  });

  it.each([1, 2, 3, 4])('goes on or back after a crash behind its write %i', async (n) => {
    const before = contents();
    const order = await orderOf();
    for (const goOn of [true, false]) {
      const recover = crashAfterChange(n);
      await expect(hostInstallation(options()).stage(order, signal)).rejects.toThrow('crash');
      recover();
      const [, , next = '', list = null] = contents();
      expect({ next: next?.includes(NEXT), list }).not.toEqual({ next: true, list: null });
      if (goOn) {
        await hostInstallation(options()).stage(order, signal);
        expect(contents().slice(2)).toEqual([environment(NEXT, '3002'), NEXT_LIST]);
      }
      await hostInstallation(options()).discard(order, signal);
      expect(contents()).toEqual(before);
      expect((await fs.readdir(folder)).sort()).toEqual(['blue.env', 'blue.yaml', 'green.env']);
    }
  });

  it('stops before its next write when it is aborted, and throws the reason', async () => {
    const before = contents();
    const order = await orderOf();
    const reason = new Error('the attempt is over');
    await expect(hostInstallation(options()).stage(order, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(contents()).toEqual(before);
  });

  it('leaves a symbolic link in place and replaces what it names', async () => {
    await fs.rename(file('green.env'), file('real.env'));
    await fs.symlink(file('real.env'), file('green.env'));
    await hostInstallation(options()).stage(await orderOf(), signal);
    expect(read('real.env')).toBe(environment(NEXT, '3002'));
    expect((await fs.lstat(file('green.env'))).isSymbolicLink()).toBe(true);
  });
});

describe('discarding the next release', () => {
  it('does nothing when nothing was staged, or another attempt staged it', async () => {
    const before = contents();
    const order = await orderOf();
    await hostInstallation(options()).discard(order, signal);
    expect(contents()).toEqual(before);
    await hostInstallation(options()).stage(order, signal);
    const staged = contents();
    await hostInstallation(options()).discard({ ...order, mark: 'r1/2' }, signal);
    expect(contents()).toEqual(staged);
  });

  it('puts the tree id back before the list (H9), and may crash behind any of its changes', async () => {
    const before = contents();
    const order = await orderOf();
    for (const n of [1, 2, 3, 4]) {
      await hostInstallation(options()).stage(order, signal);
      const recover = crashAfterChange(n);
      await expect(hostInstallation(options()).discard(order, signal)).rejects.toThrow('crash');
      recover();
      expect(read('green.env')).toBe(environment('0', '3002'));
      await hostInstallation(options()).discard(order, signal);
      expect(contents()).toEqual(before);
      expect(existsSync(file('green.yaml.before-rekor-rotate'))).toBe(false);
    }
  });

  it.each(['green.env', 'green.yaml'])(
    'leaves everything as found when %s was changed by someone',
    async (name) => {
      const order = await orderOf();
      await hostInstallation(options()).stage(order, signal);
      writeFileSync(file(name), `${read(name) ?? ''}# changed\n`);
      const found = contents();
      const refused = await refusalOf(hostInstallation(options()).discard(order, signal));
      expect(refused).toMatchObject({ code: 'CHANGED_BY_SOMEONE' });
      expect(refused.message).toContain(file(name));
      expect(contents()).toEqual(found);
      expect(existsSync(file('green.yaml.before-rekor-rotate'))).toBe(true);
    },
  );
});

describe('an attempt that staged the next release', () => {
  const THIRD = '4611686018427387905';

  it('is known by what it keeps until it is discarded', async () => {
    const host = hostInstallation(options());
    const order = await orderOf();
    expect(await host.keptBy(order, signal)).toBeNull();
    await host.stage(order, signal);
    expect(await host.keptBy(order, signal)).toBe('r1/1');
    expect((await host.read(BLUE, signal)).keptBy).toBe('r1/1');
    await host.discard(order, signal);
    expect((await host.read(BLUE, signal)).keptBy).toBeNull();
  });

  it('finds it as it staged it, whatever other lines of the current slot say meanwhile', async () => {
    const host = hostInstallation(options());
    const order = await orderOf();
    await host.stage(order, signal);
    writeFileSync(file('blue.env'), `${environment(CURRENT, '3001')}MORE=1\n`);
    await expect(host.requireStaged(order, signal)).resolves.toBeUndefined();
  });

  it.each([
    ['green.env', `${environment(NEXT, '3002')}# changed\n`],
    ['green.yaml', `${NEXT_LIST}# changed\n`],
    ['green.yaml', ''],
    ['blue.env', environment('5', '3001')],
    ['blue.yaml', '- treeID: 5\n'],
  ])('refuses to go on when %s was changed by someone, naming it', async (name, changed) => {
    const host = hostInstallation(options());
    const order = await orderOf();
    await host.stage(order, signal);
    writeFileSync(file(name), changed);
    const refused = await refusalOf(host.requireStaged(order, signal));
    expect(refused).toMatchObject({ code: 'CHANGED_BY_SOMEONE' });
    expect(refused.message).toContain(file(name));
  });

  it('refuses to go on where it staged nothing, or another attempt did', async () => {
    const host = hostInstallation(options());
    const order = await orderOf();
    expect((await refusalOf(host.requireStaged(order, signal))).code).toBe('CHANGED_BY_SOMEONE');
    await host.stage(order, signal);
    const other = { ...order, mark: 'r2/1' };
    expect((await refusalOf(host.requireStaged(other, signal))).code).toBe('CHANGED_BY_SOMEONE');
  });

  it('forgets what its rotation kept, and nothing of another one', async () => {
    const host = hostInstallation(options());
    const order = await orderOf();
    await host.stage(order, signal);
    await host.forget({ ...order, mark: 'r2/1' }, signal);
    expect(await host.keptBy(order, signal)).toBe('r1/1');
    // A later attempt of the rotation ends what the first one kept.
    await host.forget({ ...order, mark: 'r1/2' }, signal);
    expect(await host.keptBy(order, signal)).toBeNull();
  });

  /** The next tree took entries in slot green and cannot serve; a third tree follows it (H12). */
  async function superseding(serving: string): Promise<ReleaseOrder> {
    const { current, next, fingerprint } = await hostInstallation(options()).read(serving, signal);
    const inactive = [EARLIER, CURRENT].map((treeId) => ({ treeId, length: 10 }));
    return {
      ...{ mark: 'r1/2', current, next, fingerprint, inactive },
      ...{ currentTreeId: NEXT, nextTreeId: THIRD, supersedes: true },
    };
  }

  it.each([
    ['the slot that never served', BLUE],
    ['the slot that serves', GREEN],
  ])(
    'is superseded beside %s: the third release lists the trees that its slot did not know (H12)',
    async (_, serving) => {
      const host = hostInstallation(options());
      await host.stage(await orderOf(), signal);
      const third = await superseding(serving);
      await host.stage(third, signal);
      await expect(host.requireStaged(third, signal)).resolves.toBeUndefined();
      const list = `${NEXT_LIST}- treeID: ${NEXT}\n`;
      expect(read(`${third.next}.yaml`)).toBe(list);
      expect(read(`${third.next}.env`)).toContain(`TREE_ID=${THIRD}`);
      await host.settle(third, signal);
      expect([read('blue.yaml'), read('green.yaml')]).toEqual([list, list]);
      await host.forget(third, signal);
      expect((await host.read(serving, signal)).keptBy).toBeNull();
    },
  );

  it('is known again when the attempt that was to supersede it is discarded, wherever that crashes (H12)', async () => {
    const host = hostInstallation(options());
    const order = await orderOf();
    await host.stage(order, signal);
    const staged = contents();
    const third = await superseding(BLUE);
    for (const n of [1, 2, 3, 4]) {
      await host.stage(third, signal);
      expect((await host.read(BLUE, signal)).keptBy).toBe('r1/2');
      const recover = crashAfterChange(n);
      await expect(host.discard(third, signal)).rejects.toThrow('crash');
      recover();
      await host.discard(third, signal);
      expect(contents()).toEqual(staged);
      expect((await host.read(BLUE, signal)).keptBy).toBe('r1/1');
      await expect(host.requireStaged(order, signal)).resolves.toBeUndefined();
    }
  });
});

describe('settling', () => {
  const settled = () => [environment(NEXT, '3001'), NEXT_LIST, environment(NEXT, '3002'), NEXT_LIST];

  it('lets both slots start with the next release, the list before the tree id, and only the next one at boot (H9, H33)', async () => {
    const order = await orderOf();
    const host = hostInstallation(options());
    await host.stage(order, signal);
    const renamed = jest.spyOn(fs, 'rename');
    await host.settle(order, signal);
    expect(contents()).toEqual(settled());
    expect(renamed.mock.calls.map(([, to]) => to)).toEqual([file('blue.yaml'), file('blue.env')]);
    expect(ran()).toEqual(['enable green', 'disable blue']);
    await host.settle(order, signal);
    expect(contents()).toEqual(settled());
    // What it replaced is kept until the attempt has ended.
    expect((await host.read(GREEN, signal)).keptBy).toBe('r1/1');
    await host.forget(order, signal);
    expect((await fs.readdir(folder)).filter((name) => name.includes('rekor-rotate'))).toEqual([]);
    const afterwards = await host.read(GREEN, signal);
    expect(afterwards).toMatchObject({
      current: 'green',
      activeTreeId: NEXT,
      inactiveTreeIds: [EARLIER, CURRENT],
    });
  });

  it('comes to the same by hand, with the commands that a person is shown', async () => {
    const order = await orderOf();
    const host = hostInstallation(options());
    await host.stage(order, signal);
    execFileSync('/bin/sh', ['-ec', host.settleByHand(order).join('\n')]);
    expect(contents()).toEqual(settled());
    expect(ran()).toEqual(['enable green', 'disable blue', 'stop blue']);
    expect((await host.read(GREEN, signal)).keptBy).toBeNull();
  });

  it('makes the first sharding files of a log that had none, readable by its Rekor', async () => {
    rmSync(file('blue.yaml'));
    const order = { ...(await orderOf()), inactive: [] };
    const host = hostInstallation(options());
    await host.stage(order, signal);
    expect(statSync(file('green.yaml')).mode & 0o777).toBe(0o644);
    await host.settle(order, signal);
    expect([read('blue.yaml'), read('green.yaml')]).toEqual(Array(2).fill(`- treeID: ${CURRENT}\n`));
  });

  it.each([1, 2])('goes on after a crash behind its change %i', async (n) => {
    const order = await orderOf();
    await hostInstallation(options()).stage(order, signal);
    const recover = crashAfterChange(n);
    await expect(hostInstallation(options()).settle(order, signal)).rejects.toThrow('crash');
    recover();
    await hostInstallation(options()).settle(order, signal);
    expect(contents()).toEqual(settled());
  });

  it.each([
    ['green.env', `${environment(NEXT, '3002')}# changed\n`],
    ['green.yaml', `${NEXT_LIST}# changed\n`],
    ['blue.env', environment('5', '3001')],
    ['blue.yaml', '- treeID: 5\n'],
    ['blue.yaml', `${LIST}# changed\n`],
  ])('refuses when %s was changed by someone, and touches nothing', async (name, changed) => {
    const order = await orderOf();
    await hostInstallation(options()).stage(order, signal);
    writeFileSync(file(name), changed);
    const found = contents();
    expect((await refusalOf(hostInstallation(options()).settle(order, signal))).code).toBe(
      'CHANGED_BY_SOMEONE',
    );
    expect(contents()).toEqual(found);
    expect(ran()).toEqual([]);
  });

  it('carries over what the operator changed in other lines of the current slot meanwhile', async () => {
    const order = await orderOf();
    await hostInstallation(options()).stage(order, signal);
    writeFileSync(file('blue.env'), `${environment(CURRENT, '3001')}MORE=1\n`);
    await hostInstallation(options()).settle(order, signal);
    expect(read('blue.env')).toBe(`${environment(NEXT, '3001')}MORE=1\n`);
  });

  it('refuses a slot that the configuration no longer has', async () => {
    const order = { ...(await orderOf()), next: 'red' };
    expect((await refusalOf(() => hostInstallation(options()).settle(order, signal))).code).toBe(
      'SLOT_UNKNOWN',
    );
  });
});
