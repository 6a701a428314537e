import { defaultFailureConverter, defaultPayloadConverter } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createActivities } from '../../activities';
import { refuse } from '../../activities/errors/refusal-error';
import type { LogSystems } from '../../activities/systems';
import type { OfRun } from '../../workflows/model/actions';
import { refusalCodes } from '../../workflows/model/refusals';

const SECRET = 'Tr0ub4dor';

/** Errors as libraries throw them: they quote addresses, files and answers. */
const foreign = (): readonly unknown[] => {
  const plain = new Error(
    `cannot reach postgresql://trillian:${SECRET}@db\n    at ${SECRET} (/a/${SECRET}:1:1)`,
  );
  const wrapped = new TypeError('fetch failed', { cause: plain });
  return [
    plain,
    wrapped,
    new AggregateError([plain], SECRET),
    Object.assign(new Error(SECRET), { code: '28P01', severity: 'FATAL', detail: SECRET }),
    Object.assign(new Error(`14 UNAVAILABLE: ${SECRET} ECONNREFUSED`), { code: 14, details: SECRET }),
    Object.assign(new Error(SECRET), { code: SECRET, name: SECRET, type: SECRET, input: SECRET }),
    new SyntaxError(`Unexpected token in "${SECRET}"`),
    refuse('COMMAND_FAILED', { purpose: 'start slot blue', command: 'x', reason: 'y' }, wrapped),
    SECRET,
    { message: SECRET },
  ];
};

/** A log all of whose systems fail with this. */
function failingWith(error: unknown): LogSystems {
  const fail = (): never => {
    throw error;
  };
  const part = new Proxy({}, { get: () => fail });
  return new Proxy(
    { log: 'production' },
    {
      get: (target, name) => (name === 'log' ? target.log : part),
    },
  ) as unknown as LogSystems;
}

const order = {
  log: 'production',
  identity: { log: 'production', rotationId: 'r', attempt: 1, number: 1 },
  release: { currentTreeId: '1', nextTreeId: '2', current: 'blue', next: 'green', inactive: [] },
  step: 'undo verify',
};

const asText = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    part instanceof Uint8Array ? Buffer.from(part).toString('utf8') : part,
  );

/** What one activity that meets this error leaves: its failure as it goes to Temporal, or its result; and the worker's log. */
async function leftBy(name: keyof Activities, error: unknown, cancelled = false, run: OfRun = {}) {
  const logged: string[] = [];
  const logger = new DefaultLogger('TRACE', ({ message, meta }) => logged.push(asText([message, meta])));
  const environment = new MockActivityEnvironment({ startToCloseTimeoutMs: 500 }, { logger });
  const activities = createActivities(new Map([['production', failingWith(error)]]), worker);
  if (cancelled) environment.cancel();
  try {
    const act = activities[name].bind(activities) as (asked: unknown) => Promise<unknown>;
    return { result: asText(await environment.run(act, { ...order, ...run })), log: logged.join('\n') };
  } catch (thrown) {
    const failure = defaultFailureConverter.errorToFailure(thrown, defaultPayloadConverter);
    return { failure, result: asText(failure), log: logged.join('\n') };
  }
}

const worker = { taskQueue: 'rekor-rotate', identity: '1@host' };
type Activities = ReturnType<typeof createActivities>;
const names = Object.keys(createActivities(new Map(), worker)) as (keyof Activities)[];

/** What fails for none of these: one says in its result what it could not read, the other asks no system. */
const neverFail: readonly (keyof Activities)[] = ['byHand', 'policyProblems'];

describe('what an activity leaves in a history when it fails', () => {
  it.each(names)('%s: words of the catalogue, and nothing of what lies behind them (H28)', async (name) => {
    let failures = 0;
    for (const error of foreign()) {
      const { failure, result, log } = await leftBy(name, error);
      expect(result).not.toContain(SECRET);
      expect(log).not.toContain(SECRET);
      if (failure === undefined) continue; // what it could not read is said in its result
      failures += 1;
      expect(failure.cause ?? null).toBeNull();
      expect(refusalCodes).toContain(failure.applicationFailureInfo?.type);
    }
    expect(failures).toBeGreaterThan(neverFail.includes(name) ? -1 : 0);
  });

  it('says in the log of the worker what kind of error it was, and where', async () => {
    const [, wrapped] = foreign();
    const { log } = await leftBy('settle', wrapped);
    expect(log).toContain('"kind":"TypeError"');
    expect(log).toContain('test/activities/as-failure.test.ts:');
  });

  it('nothing when it was cancelled (H28)', async () => {
    for (const error of foreign()) {
      const { failure, result } = await leftBy('settle', error, true);
      expect(result).not.toContain(SECRET);
      expect(failure?.canceledFailureInfo).toBeTruthy();
      expect(failure?.cause ?? null).toBeNull();
    }
  });

  it('that it has begun nothing, when it was cancelled before its first step, unless a Reset came before (H7)', async () => {
    const none = '\\"began\\":[]';
    const first = await leftBy('holdToExpose', new Error(), true);
    expect(first.failure?.canceledFailureInfo).toBeTruthy();
    expect(first.result).toContain(none);
    const afterReset = await leftBy('holdToExpose', new Error(), true, { begunIn: 'another run' });
    expect(afterReset.failure?.canceledFailureInfo).toBeTruthy();
    expect(afterReset.result).not.toContain('began');
  });
});
