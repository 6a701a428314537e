import { execFile } from 'node:child_process';
import { linkSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import {
  copyOf,
  onlyLog,
  readConfiguration,
  writeConfiguration,
  type ConfigurationFile,
  type LogSection,
} from '../../harness/configuration';
import { examineNextSlot } from '../../activities/installation/host/examination/next-slot';
import { examineProcess } from '../../activities/installation/host/examination/serving-process';
import type { ExaminedHost } from '../../activities/installation/host/examination/examined-host';
import { inDatabase } from '../../harness/database';
import { exhaustQuota } from '../../harness/queued-leaves';
import { PATIENCE_MS, until } from '../../harness/waiting';
import { workerProcess } from '../../harness/worker-process';
import { slotFiles, type SlotName } from '../../lab/files';
import { MOST_QUEUED_LEAVES } from '../../lab/start-part';
import { ensureBinaries } from '../../tools/binaries';
import { isFailed, type Check, type CheckCode } from '../../workflows/model/checks';
import type { RefusalCode } from '../../workflows/model/refusals';
import { run as commandLine } from '../../cli/program';
import { recordingTerminal, saidBy } from '../cli/recording-terminal';
import { commandsOf, wordsOf } from '../docs/markdown';
import { expectAsBefore, expectOutcome } from './outcome';
import { useLog } from './use-log';

/** A guardian that looks often, so that what it saw is soon seen mended. */
const log = useLog({ guard: { every: '10s', recover: false } });

/** The first answer that is something, however busy the machine is. */
const eventually = <Found>(look: () => Promise<Found | null | false>): Promise<Found> =>
  until('what the doctor says', PATIENCE_MS, look);

const run = promisify(execFile);

/** Nobody listens on port 1 of a machine of today. */
const NOBODY = '127.0.0.1:1';

interface Said {
  readonly code: number;
  readonly wouldBegin: boolean;
  readonly checks: readonly Check[];
  readonly writesWait: { readonly probablyMs: number | null; readonly atMostMs: number };
  readonly lastRotation: { readonly stageMs: number | null } | null;
}

/** The doctor's own configuration: that of the worker, through the proxies, with a change. */
function configured(
  change: (section: LogSection, whole: ConfigurationFile) => void = () => undefined,
): string {
  const [worker] = log.workers;
  const changed = copyOf(readConfiguration(worker?.configurationFile ?? ''));
  change(onlyLog(changed).section, changed);
  const file = join(log.newDirectory(), 'doctor.yaml');
  writeConfiguration(file, changed);
  return file;
}

async function doctor(file: string): Promise<Said> {
  const { code, output, errors } = await saidBy(['doctor', log.name, '--json', '-c', file]);
  if (output === '') throw new Error(errors);
  return { code, ...(JSON.parse(output) as Omit<Said, 'code'>) };
}

async function temporalCli(...words: string[]): Promise<void> {
  const { temporal } = await ensureBinaries(() => undefined);
  const { address } = readConfiguration(log.lab.files.configuration).temporal;
  await run(temporal, words, {
    env: { PATH: process.env['PATH'], HOME: '/nowhere', TEMPORAL_ADDRESS: address },
  });
}

/** The `temporal` command that a remedy has in code quotes, typed as it stands. */
async function typed({ remedy }: Check): Promise<void> {
  const [, command = ''] = /`temporal ([^`]+)`/.exec(remedy) ?? [];
  await temporalCli(...command.split(' '));
}

function only(checks: readonly Check[], code: CheckCode, state: Check['state'] = 'warning'): Check {
  const found = checks.filter((check) => check.code === code);
  expect(found.map((check) => check.state)).toEqual([state]);
  return found[0] as Check;
}

/** What log servers have counted of calls that change something: of Rekor's, and of anybody's. */
async function changesCounted(): Promise<string[]> {
  const [page = ''] = readConfigurationOfLab().trillian.logServerMetrics;
  const text = await (await fetch(page)).text();
  return text
    .split('\n')
    .filter((line) => /^log_rpc_requests\{.*(QueueLeaf|CreateTree|UpdateTree|DeleteTree|InitLog)"/.test(line))
    .sort();
}

function readConfigurationOfLab(): LogSection {
  return onlyLog(readConfiguration(log.lab.files.configuration)).section;
}

const READS = /^(Get|List)/;

/** Whatever the doctor was shown, it has changed nothing, and nothing has been counted that would. */
let before: { readonly state: unknown; readonly counted: readonly string[] };

async function nothingWasChanged(): Promise<void> {
  expect(log.trillian.calls.filter(({ method }) => !READS.test(method))).toEqual([]);
  expect(log.gate.calls.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([]);
  expect(log.slots.calls()).toEqual([]);
  expect(await log.snapshot()).toEqual(before.state);
  expect(await changesCounted()).toEqual(before.counted);
}

async function fromHere(): Promise<void> {
  log.clearFaults();
  before = { state: await log.snapshot(), counted: await changesCounted() };
}

/** One thing that is wrong, and what mends it. */
interface Wrong {
  readonly check: CheckCode;
  readonly reason: RefusalCode;
  readonly state?: 'warning' | 'refused';
  readonly found: RegExp;
  readonly fix: RegExp;
  /** In the doctor's configuration. */
  readonly change?: (section: LogSection, whole: ConfigurationFile) => void | Promise<void>;
  /** Does in that configuration what the remedy says. Without it, what cannot be done on this machine is put back as it was. */
  readonly obeys?: (section: LogSection, check: Check) => void | Promise<void>;
  /** In what it is about; gives what mends that, by the words of the remedy. */
  readonly breaks?: (serving: {
    current: SlotName;
    next: SlotName;
    activeTreeId: string;
  }) => Promise<(check: Check) => unknown>;
}

const secret = (text: string): { file: string } => {
  const file = join(log.newDirectory(), 'secret');
  writeFileSync(file, `${text}\n`, { mode: 0o600 });
  return { file };
};

/** The commands of the lab itself, of which that of the next slot has a flag more. */
async function startsNextWith(section: LogSection, flag: string): Promise<void> {
  const { next } = await log.serving();
  const itself = readConfigurationOfLab().installation.slots;
  for (const [name, slot] of Object.entries(section.installation.slots)) {
    const { start = [] } = itself[name] ?? {};
    slot.start = start.with(1, scriptWith(name === next ? flag : '', start[1]));
  }
}

/** Each slot by the script of the lab. */
function startsBothAlike(section: LogSection): void {
  for (const [name, slot] of Object.entries(section.installation.slots)) {
    const start = readConfigurationOfLab().installation.slots[name]?.start ?? [];
    slot.start = start.with(1, scriptWith('', start[1]));
  }
}

/** Each slot by a command that exits with 0 when it runs, and with 3 when not. */
function statusesTell(section: LogSection): void {
  for (const [name, slot] of Object.entries(section.installation.slots)) {
    slot.status = [...(readConfigurationOfLab().installation.slots[name]?.status ?? [])];
  }
}

/**
 * A copy of the script that starts a slot, with a flag more. What is given to Rekor only with some keys is left out: a
 * configuration file may hold any flag, so the doctor could not tell.
 */
function scriptWith(flag: string, script = ''): string {
  const file = join(log.newDirectory(), 'slot.sh');
  const last = '--enable_retrieve_api=false';
  const always = readFileSync(script, 'utf8').replaceAll(/^ *\$\{\w+:\+.*\n/gm, '');
  expect(always).not.toContain('--config');
  writeFileSync(file, always.replace(last, `${last} ${flag}`));
  return file;
}

/** Past the proxy, behind which the process is not seen. */
const seesLogServer = (section: LogSection): void => {
  section.trillian.logServerMetrics = readConfigurationOfLab().trillian.logServerMetrics;
};

/** Leaves of a tree that is no more; the statement of the remedy removes them. */
async function fillQueue(leaves: number): Promise<(check: Check) => Promise<unknown>> {
  const database = readFileSync(log.lab.files.databaseUrl, 'utf8').trim();
  await exhaustQuota(database, leaves);
  return ({ remedy }) => inDatabase(database, /`(DELETE [^`]+)`/.exec(remedy)?.[1] ?? '');
}

const wrong: readonly Wrong[] = [
  {
    check: 'TRILLIAN_ANSWERS',
    reason: 'TRILLIAN_UNREACHABLE',
    found: /at 127\.0\.0\.1:1 does not answer/,
    fix: /trillian\.address/,
    change: (section) => void (section.trillian.address = NOBODY),
    obeys: (section) => void (section.trillian.address = log.section.trillian.address),
  },
  {
    check: 'TRAFFIC_ANSWERS',
    reason: 'GATE_UNREACHABLE',
    found: /http:\/\/127\.0\.0\.1:1 does not answer/,
    fix: /gate\.admin/,
    change: (section) => void (section.gate.admin = NOBODY),
    obeys: (section) => void (section.gate.admin = log.section.gate.admin),
  },
  {
    check: 'TRAFFIC_ANSWERS',
    reason: 'GATE_TOKEN_REFUSED',
    found: /refuses the token/,
    fix: /gate\.token/,
    change: (section) => void (section.gate.token = secret('not-the-token')),
    obeys: (section) => void (section.gate.token = { file: log.lab.files.gateToken }),
  },
  {
    check: 'LOG_SERVERS_MEASURED',
    reason: 'METRICS_UNREACHABLE',
    found: /127\.0\.0\.1:1\/metrics cannot be read/,
    fix: /logServerMetrics/,
    change: (section) => void (section.trillian.logServerMetrics = [`http://${NOBODY}/metrics`]),
    obeys: (section) =>
      void (section.trillian.logServerMetrics = readConfigurationOfLab().trillian.logServerMetrics),
  },
  {
    check: 'DATABASE_SHOWS_TREE',
    reason: 'DATABASE_UNREACHABLE',
    found: /database of lab does not answer/,
    fix: /trillian\.database/,
    change: (section) =>
      void (section.trillian.database = {
        ...{ kind: 'postgresql', host: '127.0.0.1', port: 1, database: 'trillian', user: 'a' },
        password: secret('b'),
      }),
    // "Or leave it out."
    obeys: (section) => {
      delete section.trillian.database;
    },
  },
  {
    check: 'LOG_CAN_BE_VERIFIED',
    reason: 'HOST_NAME_UNRESOLVED',
    found: /rekor\.invalid/,
    fix: /DNS/,
    change: (section) => void (section.publicUrl = 'https://rekor.invalid'),
  },
  {
    check: 'HOST_NAME_EXPECTED',
    reason: 'HOSTNAME_DIFFERS',
    found: /signed as "127\.0\.0\.1".*"rekor\.example\.com"/,
    fix: /mend the field/,
    change: (section) => void (section.hostname = 'rekor.example.com'),
    obeys: (section, { found }) => void (section.hostname = /signed as "([^"]+)"/.exec(found)?.[1] ?? ''),
  },
  {
    check: 'CURRENT_TREE_ACTIVE',
    reason: 'CURRENT_TREE_NOT_ACTIVE',
    found: /is DRAINING/,
    fix: /set it ACTIVE/,
    breaks: async ({ activeTreeId }) => {
      await log.trees.setState(activeTreeId, 'DRAINING');
      return () => log.trees.setState(activeTreeId, 'ACTIVE');
    },
  },
  {
    check: 'NEXT_IDLE',
    reason: 'NEXT_IS_RUNNING',
    found: /running already/,
    fix: /Stop it/,
    breaks: async ({ next }) => {
      await log.byHand(next, 'start');
      return () => log.byHand(next, 'stop');
    },
  },
  {
    check: 'PUBLIC_WRITES_PASS_GATE',
    reason: 'PUBLIC_ADDRESS_PAST_GATE',
    found: /does not come through the write gate of lab/,
    fix: /gate\.listen/,
    change: async (section) => {
      section.publicUrl = log.rekor[(await log.serving()).current].url;
    },
  },
  {
    check: 'PUBLIC_WRITES_PASS_GATE',
    reason: 'PUBLIC_ADDRESS_ANSWERS_ITSELF',
    state: 'warning',
    found: /is answered 403; Rekor itself answers 400/,
    fix: /log of the ingress/,
    breaks: () => {
      publicLog()
        .when({ method: 'POST', path: /entries$/ })
        .answer({ status: 403 });
      return Promise.resolve(() => publicLog().clear());
    },
  },
  {
    check: 'LARGE_ENTRIES_PASS',
    reason: 'LARGE_ENTRIES_STOPPED',
    state: 'warning',
    found: /of 1250000 bytes.*is answered 413; Rekor itself answers 400/,
    fix: /client_max_body_size/,
    breaks: () => {
      const tooLarge = (body: string): boolean => body.length > 1_048_576;
      publicLog()
        .when({ method: 'POST', path: /entries$/, where: tooLarge })
        .answer({ status: 413 });
      return Promise.resolve(() => publicLog().clear());
    },
  },
  {
    check: 'LARGE_HEADERS_PASS',
    reason: 'LARGE_HEADERS_STOPPED',
    state: 'warning',
    found: /with 71\d\d bytes of headers.*is answered 431; Rekor itself answers 400/,
    fix: /large_client_header_buffers/,
    breaks: () => {
      publicLog()
        .when({
          method: 'POST',
          path: /entries$/,
          where: (_, headers) => JSON.stringify(headers).length > 4_096,
        })
        .answer({ status: 431 });
      return Promise.resolve(() => publicLog().clear());
    },
  },
  {
    check: 'QUEUE_WITHIN_QUOTA',
    reason: 'QUEUE_NEAR_QUOTA',
    state: 'warning',
    found: /3000 leaves of all logs wait .* refuses more than 5000\./,
    fix: /raise --pg_max_unsequenced_rows/,
    change: seesLogServer,
    breaks: () => fillQueue(3_000),
  },
  {
    check: 'QUEUE_WITHIN_QUOTA',
    reason: 'QUEUE_NEAR_QUOTA',
    found: /5000 leaves of all logs wait .* refuses more than 5000\./,
    fix: /raise --pg_max_unsequenced_rows/,
    change: seesLogServer,
    breaks: () => fillQueue(MOST_QUEUED_LEAVES),
  },
  {
    check: 'SEARCH_INDEX_SHARED',
    reason: 'SEARCH_INDEX_DIFFERS',
    state: 'warning',
    found: /differ in --search_index\.storage_provider\./,
    fix: /the same flags/,
    change: (section) => startsNextWith(section, '--search_index.storage_provider=mysql'),
    obeys: startsBothAlike,
  },
  {
    check: 'NEXT_STARTS_ALIKE',
    reason: 'NEXT_DIFFERS',
    state: 'warning',
    found: /slot \w+ \(\S+\), which the rotation would start, .*differ in --enabled_entry_types\./,
    fix: /the same arguments/,
    change: (section) => startsNextWith(section, '--enabled_entry_types=hashedrekord'),
    obeys: startsBothAlike,
  },
  {
    check: 'OPERATIONS_ON',
    reason: 'OPERATION_SWITCHED_OFF',
    found: /operation createLogEntry is switched off/,
    fix: /--enabled_api_endpoints list createLogEntry/,
    breaks: ({ current }) => {
      log.rekor[current].when({ method: 'POST', path: /entries$/ }).answer({ status: 501 });
      return Promise.resolve(() => log.rekor[current].clear());
    },
  },
  {
    check: 'CLOCKS_AGREE',
    reason: 'CLOCKS_DIFFER',
    state: 'warning',
    found: /The clock of Rekor at 127\.0\.0\.1:\d+ is ahead of that of .*, by at least 3[56]\d{5} ms/,
    fix: /chronyc/,
    breaks: ({ current }) => {
      const date = new Date(Date.now() + 3_600_000).toUTCString();
      log.rekor[current].when({ method: 'HEAD', path: /ping/ }).answer({ status: 200, headers: { date } });
      return Promise.resolve(() => log.rekor[current].clear());
    },
  },
  {
    check: 'COMMANDS_FOUND',
    reason: 'COMMAND_MISSING',
    found: /slots\.blue\.disable is not there.*no-such-program/,
    fix: /on the PATH/,
    change: (section) =>
      void Object.assign(section.installation.slots['blue'] ?? {}, { disable: ['no-such-program'] }),
    obeys: (section) => void Object.assign(section.installation.slots['blue'] ?? {}, { disable: ['true'] }),
  },
  {
    check: 'STATUS_TELLS',
    reason: 'STATUS_MISLEADS',
    state: 'warning',
    found: /says that it does not run, but a Rekor answers/,
    fix: /exit with 0 when it runs/,
    change: async (section) => {
      const slot = section.installation.slots[(await log.serving()).current];
      if (slot) slot.status = ['false'];
    },
    obeys: statusesTell,
  },
  {
    check: 'STATUS_TELLS',
    reason: 'STATUS_MISLEADS',
    state: 'warning',
    found: /says that it runs .*but no Rekor answers/,
    fix: /docker compose ps/,
    change: async (section) => {
      const slot = section.installation.slots[(await log.serving()).next];
      if (slot) slot.status = ['true'];
    },
    obeys: statusesTell,
  },
  {
    check: 'FILES_REPLACEABLE',
    reason: 'FILE_NOT_REPLACEABLE',
    found: /its folder \S+not-there is not there/,
    fix: /may write in the folder/,
    change: async (section) => {
      const slot = section.installation.slots[(await log.serving()).next];
      if (slot) slot.shardingFile = join(log.newDirectory(), 'not-there', 'sharding.yaml');
    },
  },
  {
    check: 'FILES_KEEP_ACCESS',
    reason: 'FILE_LOSES_ACCESS',
    state: 'warning',
    found: /has 2 names \(hard links\)/,
    fix: /symbolic link/,
    breaks: ({ next }) => {
      const file = log.section.installation.slots[next]?.environmentFile ?? '';
      const other = join(log.newDirectory(), 'other.env');
      linkSync(file, other);
      return Promise.resolve(async ({ remedy }: Check) => {
        const [, command = ''] = /`(ln -sf [^`]+) OTHER`/.exec(remedy) ?? [];
        const [program = '', ...words] = command.split(' ');
        await run(program, [...words, other]);
      });
    },
  },
];

function publicLog() {
  const [worker] = log.workers;
  if (!worker) throw new Error('there is no worker');
  return worker.publicLog;
}

beforeAll(async () => {
  // The guardian looks at once when its worker starts, but not before.
  await eventually(async () => (await doctor(configured())).code === 0);
});

beforeEach(() => fromHere());

it('finds a log in good order ready, says how long writes would wait, and changes nothing', async () => {
  const warnings: Error[] = [];
  process.on('warning', (warning) => warnings.push(warning));
  const said = await doctor(configured());
  expect(said).toMatchObject({ code: 0, wouldBegin: true, lastRotation: null });
  expect(warnings).toEqual([]);
  expect(said.checks.filter(isFailed)).toEqual([]);
  expect(said.writesWait.probablyMs).toBeGreaterThan(0);
  await nothingWasChanged();
});

describe('finds one thing that is wrong, by its code, says what was found and what to do', () => {
  it.each(wrong)(
    '$check: $reason',
    async ({ check: code, reason, state = 'refused', found, fix, change, breaks, obeys }) => {
      const mend = await breaks?.(await log.serving());
      if (mend) before = { state: await log.snapshot(), counted: await changesCounted() };
      log.trillian.forgetCalls();
      const file = configured();
      const changed = readConfiguration(file);
      await change?.(onlyLog(changed).section, changed);
      writeConfiguration(file, changed);
      const said = await doctor(file);
      const failed = said.checks.find((check) => check.code === code && isFailed(check));
      expect(failed).toMatchObject({ code, state, reason });
      expect(failed?.found.replace(/\s+/g, ' ')).toMatch(found);
      expect(failed?.remedy).toMatch(fix);
      const refused = said.checks.some((check) => check.state === 'refused');
      expect([said.code, said.wouldBegin]).toEqual([refused ? 3 : 7, !refused]);
      await nothingWasChanged();

      await mend?.(failed as Check);
      await obeys?.(onlyLog(changed).section, failed as Check);
      writeConfiguration(file, changed);
      // What its guardian saw meanwhile, it has to see mended.
      const after = await eventually(async () => {
        const now = await doctor(obeys ? file : configured());
        const others = now.checks.filter((check) => isFailed(check) && check.code !== 'GUARDIAN_LOOKS');
        return now.code === 0 || others.length > 0 ? now : null;
      });
      expect(after.checks.filter(isFailed)).toEqual([]);
      expect(after.code).toBe(0);
    },
  );
});

describe('of Temporal', () => {
  it('exits with 5 when it is not reached and all else is right', async () => {
    const said = await doctor(configured((_, whole) => (whole.temporal.address = NOBODY)));
    expect(said.checks.filter(isFailed)).toMatchObject([
      { code: 'TEMPORAL_ANSWERS', reason: 'TEMPORAL_UNREACHABLE' },
    ]);
    expect(said.code).toBe(5);
    await nothingWasChanged();
  });

  it('leads to a namespace in which everything is there, by what it says to do', async () => {
    const file = configured((_, whole) => (whole.temporal.namespace = 'another'));
    const none = await doctor(file);
    expect(only(none.checks, 'TEMPORAL_ANSWERS', 'refused')).toMatchObject({
      reason: 'TEMPORAL_NAMESPACE_UNKNOWN',
    });
    expect(none.code).toBe(3);

    await temporalCli('operator', 'namespace', 'create', '--namespace', 'another');
    const empty = await eventually(async () => {
      const said = await doctor(file);
      return said.checks.some(({ code }) => code === 'WORKER_POLLS') && said;
    });
    expect(only(empty.checks, 'WORKER_POLLS', 'refused')).toMatchObject({
      reason: 'NO_WORKER',
      found: expect.stringContaining('No worker polls the task queue rekor-rotate') as string,
    });
    expect(only(empty.checks, 'GUARDIAN_LOOKS')).toMatchObject({ reason: 'GUARDIAN_SILENT' });
    const attributes = only(empty.checks, 'ATTRIBUTES_REGISTERED');
    expect(attributes).toMatchObject({ reason: 'SEARCH_ATTRIBUTES_MISSING' });
    await nothingWasChanged();

    await typed(attributes);
    await eventually(async () => {
      const { checks } = await doctor(file);
      return checks.some(({ code, state }) => code === 'ATTRIBUTES_REGISTERED' && state === 'ok');
    });
    const worker = workerProcess('another-worker', file, dirname(file));
    worker.start();
    try {
      await eventually(async () => (await doctor(file)).code === 0);
    } finally {
      await worker.stop();
    }
  });

  it('warns of a schedule that is set dangerously, until it is deleted', async () => {
    await log.temporal.schedule.create({
      scheduleId: 'by-hand',
      spec: { intervals: [{ every: '365d' }] },
      policies: { catchupWindow: '365d' },
      action: {
        ...{
          type: 'startWorkflow',
          workflowType: 'rotateLog',
          workflowId: 'by-hand',
          taskQueue: 'rekor-rotate',
        },
        args: [{ log: log.name }],
      },
    });
    const said = await eventually(async () => {
      const found = await doctor(configured());
      return found.code === 7 && found;
    });
    const dangerous = said.checks.filter(({ code }) => code === 'SCHEDULES_SAFE');
    expect(dangerous.map(({ found }) => found)).toEqual([
      expect.stringMatching(/by-hand is set dangerously\. It starts rotateLog without a window/),
      expect.stringMatching(/by-hand is set dangerously\. After an outage it makes up for/),
    ]);
    await typed(dangerous[0] as Check);
    await eventually(async () => (await doctor(configured())).code === 0);
  });

  it('says that a rotation runs, and looks at nothing that it has changed so far', async () => {
    const held = log.slots.hold((await log.serving()).next, 'start');
    const rotating = log.rotate();
    await held.reached;
    const said = await doctor(configured());
    expect(said.checks.find(({ code }) => code === 'NO_ROTATION_RUNS')).toMatchObject({
      reason: 'ROTATION_IN_PROGRESS',
    });
    expect(said.checks.some(({ code }) => code === 'TRILLIAN_ANSWERS')).toBe(false);
    expect(said.code).toBe(3);
    held.release();
    expectOutcome(await rotating, 'completed');
  });
});

it('knows after a rotation how long one takes, and sees the checkpoints of Rekor that is new enough (H29)', async () => {
  expectOutcome(await log.rotate(), 'completed');
  const said = await eventually(async () => {
    const found = await doctor(configured());
    return found.lastRotation && found;
  });
  expect(said.lastRotation?.stageMs).toBeGreaterThan(0);
  expect(only(said.checks, 'CHECKPOINTS_KEPT', 'ok').found).toMatch(
    /the same [12] checkpoints? of inactive shards/,
  );
});

describe('at a terminal', () => {
  const watching = (words: readonly string[]) => {
    const terminal = recordingTerminal();
    const ended = commandLine([...words, '-c', configured()], terminal);
    const says = (what: string, times = 1) =>
      eventually(() => Promise.resolve(terminal.output.split(what).length > times));
    return { terminal, ended, says };
  };

  const documented = commandsOf('docs/doctor.md');
  it.each(documented.filter((line) => !line.includes('--rehearse')))(
    'does what docs/doctor.md says: %s',
    async (line) => {
      const words = wordsOf(line.replace('production', log.name)).slice(1);
      const { terminal, ended, says } = watching(words);
      await says(words.includes('--json') ? '"wouldBegin": true' : 'Yes: a rotation of lab would begin');
      terminal.interrupt();
      expect([await ended, terminal.errors]).toEqual([0, '']);
      await nothingWasChanged();
    },
  );

  it('rehearses after its look, and says what a rotation would cost', async () => {
    const [line = ''] = documented.filter((one) => one.includes('--rehearse'));
    const words = wordsOf(line.replace('production', log.name)).slice(1);
    const before = await log.snapshot();
    const { terminal, ended } = watching([...words, '--yes']);
    expect([await ended, terminal.errors]).toEqual([0, expect.stringContaining('Started as workflow')]);
    expect(terminal.output).toContain('Yes: a rotation of lab would begin');
    expect(terminal.output).toContain('The rehearsal of lab is over, and was taken back.');
    expect(terminal.output).toContain('the entries on their way');
    expectAsBefore(before, await log.snapshot());
  });

  it('watches, and says only what has changed', async () => {
    const { current } = await log.serving();
    const { terminal, ended, says } = watching(['doctor', log.name, '--watch', '5']);
    await says('Yes: ');
    const date = new Date(Date.now() + 3_600_000).toUTCString();
    log.rekor[current].when({ method: 'HEAD', path: /ping/ }).answer({ status: 200, headers: { date } });
    await says('(CLOCKS_DIFFER)');
    log.rekor[current].clear();
    await says('No two clocks are seen', 2);
    terminal.interrupt();
    expect(await ended).toBe(0);
    expect(terminal.output.split("Trillian's log server at")).toHaveLength(2);
  });
});

describe('of systemd', () => {
  /** systemctl as it answers for a unit; there is no systemd in most places where tests run. */
  function systemctl(shown: string): string {
    const file = join(log.newDirectory(), 'systemctl');
    writeFileSync(file, `#!/bin/sh\n[ "$1" = show ] || exit 1\nprintf '${shown}'\n`, { mode: 0o755 });
    return file;
  }

  async function startedBy(shown: string): Promise<Check | undefined> {
    const program = systemctl(shown);
    const file = configured((section) => {
      for (const slot of Object.values(section.installation.slots))
        slot.start = [program, 'start', 'rekor@x'];
      section.rotation = { ...section.rotation, attempts: 3, pauseBetweenAttempts: '2s' };
    });
    return (await doctor(file)).checks.find(({ code }) => code === 'STARTS_ALLOWED');
  }

  it('warns of a start limit that the attempts of a rotation reach, until it is raised as it says', async () => {
    const limits = (burst: number) =>
      `LoadState=loaded\\nStartLimitIntervalUSec=10s\\nStartLimitBurst=${burst}\\n`;
    const low = await startedBy(limits(5));
    expect(low).toMatchObject({ state: 'warning', reason: 'START_LIMIT_TOO_LOW' });
    expect(low?.found).toContain(
      'lets rekor@x start 5 times in 10 s, and the attempts of a rotation may start it 9 times',
    );
    const [, burst = ''] = /StartLimitBurst=(\d+)/.exec(low?.remedy ?? '') ?? [];
    expect(await startedBy(limits(Number(burst)))).toMatchObject({ state: 'ok' });
  });

  it('warns of slots that it would not start alike', async () => {
    const unit = (slot: string, more: string): string =>
      systemctl(
        `ExecStart={ path=/r ; argv[]=/r serve --port=\\044{PORT} --list=/${slot}.yaml${more} ; ignore_errors=no }\\n`,
      );
    const alike = async (more: string): Promise<Check | undefined> => {
      const file = configured((section) => {
        for (const [slot, { start }] of Object.entries(section.installation.slots))
          start.splice(0, start.length, unit(slot, slot === 'green' ? more : ''), 'start', `rekor@${slot}`);
      });
      return (await doctor(file)).checks.find(({ code }) => code === 'UNITS_ALIKE');
    };
    const differ = await alike(' --search_index.storage_provider=mysql');
    expect(differ).toMatchObject({ state: 'warning', reason: 'UNITS_DIFFER' });
    expect(differ?.found).toContain('They differ in --search_index.storage_provider.');
    expect(await alike('')).toMatchObject({ state: 'ok' });
  });

  it('refuses a unit that systemd does not have', async () => {
    const none = await startedBy('LoadState=not-found\\nStartLimitIntervalUSec=10s\\nStartLimitBurst=5\\n');
    expect(none).toMatchObject({ state: 'refused', reason: 'UNIT_NOT_LOADED' });
    expect(none?.remedy).toContain('systemctl daemon-reload');
  });
});

describe('of the Rekor process that serves', () => {
  async function examined(
    shardingFile: (real: string) => string,
    serves?: SlotName,
  ): Promise<readonly Check[]> {
    const current = serves ?? (await log.serving()).current;
    const { url, shardingFile: real } = readConfigurationOfLab().installation.slots[current] ?? {};
    const slot = { name: current, url, shardingFile: shardingFile(real ?? '') };
    return await examineProcess({
      ...{ log: log.name, slots: [slot], state: { current: { id: current, name: `slot ${current}` } } },
    } as unknown as ExaminedHost);
  }

  it('sees that it reads the file that a rotation writes, by whatever name', async () => {
    const link = join(log.newDirectory(), 'sharding.yaml');
    expect(await examined((real) => real)).toMatchObject([{ code: 'PROCESS_AS_CONFIGURED', state: 'ok' }]);
    expect(
      await examined((real) => {
        symlinkSync(real, link);
        return link;
      }),
    ).toMatchObject([{ state: 'ok' }]);
  });

  it('refuses a file that it does not read, and names both', async () => {
    const other = join(log.newDirectory(), 'sharding.yaml');
    writeFileSync(other, '');
    const [check] = await examined(() => other);
    expect(check).toMatchObject({ state: 'refused', reason: 'SHARDING_FILE_NOT_READ' });
    const { current } = await log.serving();
    expect(check?.found).toContain(slotFiles(log.lab.files, current).sharding);
    expect(check?.found).toContain(other);
  });

  it('is started as the next one would be, until that is told another index', async () => {
    const { current, next } = await log.serving();
    const { slots } = readConfigurationOfLab().installation;
    const looked = async (start: readonly string[] = []): Promise<readonly Check[]> =>
      await examineNextSlot({
        slots: [
          { name: current, url: slots[current]?.url, commands: { start: slots[current]?.start } },
          { name: next, commands: { start } },
        ],
        ...{ state: { current: { id: current }, next: { id: next } }, signal: new AbortController().signal },
      } as unknown as ExaminedHost);
    const start = slots[next]?.start ?? [];
    const alike = await looked(start.with(1, scriptWith('', start[1])));
    // The stand-in for a start script gives away only some of what the other flags come to.
    expect(alike).toMatchObject([
      { code: 'SEARCH_INDEX_SHARED', state: 'ok' },
      { code: 'NEXT_STARTS_ALIKE', state: 'notSeen' },
    ]);
    expect(alike[0]?.found).toMatch(
      /^Rekor \w+ \(process \d+\) and slot \w+ .* are given the same search index/,
    );
    const [differ] = await looked(start.with(1, scriptWith('--redis_server.port=6380', start[1])));
    expect(differ).toMatchObject({ state: 'warning', reason: 'SEARCH_INDEX_DIFFERS' });
    expect(differ?.found).toContain('They differ in --redis_server.port.');
  });

  it('refuses a key, and warns of attestations, that end with the process', async () => {
    const { next } = await log.serving();
    const { rekorServer } = await ensureBinaries(() => undefined);
    const flags = '--enable_attestation_storage --attestation_storage_bucket=mem://';
    const program = join(log.newDirectory(), 'rekor-server');
    writeFileSync(program, `#!/bin/sh\nexec '${rekorServer}' "$@" ${flags}\n`, { mode: 0o755 });
    const { environment } = slotFiles(log.lab.files, next);
    const asBefore = readFileSync(environment, 'utf8');
    writeFileSync(
      environment,
      `${asBefore.replace(/^SIGNER_KEY=.*$/m, 'SIGNER_KEY=memory')}REKOR_SERVER=${program}\n`,
    );
    await log.byHand(next, 'start');
    try {
      const checks = await eventually(async () => {
        const found = await examined((real) => real, next);
        return found.some(({ state }) => state !== 'notSeen') && found;
      });
      expect(checks).toMatchObject([
        { state: 'refused', reason: 'SIGNER_IN_MEMORY' },
        { state: 'warning', reason: 'ATTESTATIONS_IN_MEMORY' },
      ]);
    } finally {
      await log.byHand(next, 'stop');
      writeFileSync(environment, asBefore);
    }
  });
});
