import { OwnWords } from '../../../../activities/errors/own-words';
import { existsSync, promises as fs, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostInstallation } from '../../../../activities/installation/host/host';
import type { HostOptions, SlotOptions } from '../../../../activities/installation/host/host';
import { readInstallation, type Installation } from '../../../../activities/installation/installation';
import type {
  InstallationState,
  PlannedChanges,
  Replacement,
} from '../../../../workflows/model/installation';

export const CURRENT = '1949066653115536561';
export const NEXT = '9223372036854775807';
export const EARLIER = '6826284441047790130';
export const LIST = `# shards\n- treeID: ${EARLIER}\n  signingConfig: {fileSignerPassword: hunter2} # Tr0ub4dor\n`;
export const NEXT_LIST = `${LIST}- treeID: ${CURRENT}\n`;
export const BLUE = 'http://127.0.0.1:3001';
export const GREEN = 'http://127.0.0.1:3002';
export const environment = (treeId: string, port: string) =>
  `# ${port}\nPORT=${port}\nTREE_ID=${treeId}\nPASSWORD="s3cret"\n`;

export { slotBlue, slotGreen } from '../../../model/two-slots';
export { refusalOf } from '../../refused';

let folder = '';
export const signal = new AbortController().signal;
export const file = (name: string) => join(folder, name);
export const read = (name: string) => (existsSync(file(name)) ? readFileSync(file(name), 'utf8') : null);
export const files = ['blue.env', 'blue.yaml', 'green.env', 'green.yaml'] as const;
export const contents = () => files.map(read);
export const ran = () => (read('commands') ?? '').trim().split('\n').filter(Boolean);
export const shell = (script: string) => ['/bin/sh', '-c', script];

export function slotOptions(name: string, url: string): SlotOptions {
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

export function options(commands: Partial<SlotOptions['commands']> = {}): HostOptions {
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

/** The installation of both slots; the next one's commands may be others. */
export function host(commands?: Partial<SlotOptions['commands']>): Installation {
  return hostInstallation(options(commands));
}

export async function stateOf(serving: string): Promise<InstallationState> {
  return await readInstallation(host(), [serving], signal);
}

/** An attempt that has staged the next release. */
export async function stagedOrder(mark?: string): Promise<Replacement & PlannedChanges> {
  const order = await orderOf(mark);
  await host().stage(order, order, { signal });
  return order;
}

/** What an attempt replaces, with what is planned for it now. */
export async function orderOf(mark = 'r1/1'): Promise<Replacement & PlannedChanges> {
  const { current, next } = await host().roles([BLUE], signal);
  const planned = await host().plan({ current, next }, [CURRENT], signal);
  const inactive = [{ treeId: EARLIER, length: 10 }];
  const trees = { currentTreeId: CURRENT, nextTreeId: NEXT, inactive };
  return { attemptId: mark, current, next, ...trees, patience: host().patience, ...planned };
}

/** Lets the n-th change of a folder (rename or removal of a whole file) be the last thing that happens before a crash. */
export function crashAfterChange(n: number): () => void {
  let changes = 0;
  const realRename = fs.rename.bind(fs);
  const realRemove = fs.rm.bind(fs);
  const counted = () => {
    changes += 1;
    if (changes === n) throw new OwnWords('crash');
  };
  const rename = jest.spyOn(fs, 'rename').mockImplementation(async (from, to) => {
    if (changes >= n) throw new OwnWords('crash');
    await realRename(from, to);
    counted();
  });
  const remove = jest.spyOn(fs, 'rm').mockImplementation(async (path, removal) => {
    if (changes >= n) throw new OwnWords('crash');
    await realRemove(path, removal);
    if (!String(path).includes('.rekor-rotate-')) counted();
  });
  return () => {
    rename.mockRestore();
    remove.mockRestore();
  };
}

/** The folder of both slots, for this test alone. */
export function slotsFolder(): string {
  return folder;
}

/** Gives each test of a file its own two slots: blue serves, and green has never been configured. */
export function withTwoSlots(): void {
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
}
