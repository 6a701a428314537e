import { setTimeout as rest } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { MetricMeter } from '@temporalio/common';
import type { Logger } from 'pino';
import { openExecution } from '../activities/steps/lock';
import { lockId, PROGRESS, type Progress } from '../workflows/messages';
import { readGuardian, silenceOf, type Guardian } from './guardian';
import type { GuardedLog } from './guard-schedule';
import type { TemporalTarget } from '../config/temporal-target';
import { connectClient, whileNotAborted, type TemporalClient } from './temporal-connection';

/** How often what is shown is read anew, in milliseconds. */
const REFRESH_MS = 5_000;

/** How long Temporal may take to tell of one log; and of its rotation, which a worker has to answer. Milliseconds. */
const ANSWER_MS = 5_000;
const PROGRESS_MS = 2_000;

/** What could not be read anew for this long is not known any more, in milliseconds. */
const EXPIRES_MS = 60_000;

export interface GaugeRun {
  readonly logger: Logger;
  /** Ends it when aborted. */
  readonly signal: AbortSignal;
  readonly meter: MetricMeter;
  readonly refreshMs?: number;
  readonly now?: () => Date;
}

/**
 * Shows how each log fares, for as long as the worker runs, and says it in the worker's log when nobody looks at one any
 * more. A value states something about a log and not about this worker, so it is asked of Temporal every few seconds,
 * whoever looked or rotated: a worker that learned of it by doing it would show it on, long after that has changed.
 */
export async function keepGauges(
  target: TemporalTarget,
  logs: readonly GuardedLog[],
  run: GaugeRun,
): Promise<void> {
  const { signal, now = () => new Date() } = run;
  const gauges = gaugesOf(run.meter);
  const watched = logs.map((log) => new WatchedLog(log, run.logger, now()));
  let temporal: TemporalClient | undefined;
  while (!signal.aborted) {
    try {
      const { client, connection } = (temporal ??= await connectClient(target));
      await whileNotAborted(connection, signal, () =>
        Promise.all(
          watched.map((log) =>
            connection.withDeadline(Date.now() + ANSWER_MS, () => log.read(client, connection, now)),
          ),
        ),
      );
    } catch {
      // Without Temporal the age of what is known grows, and that is shown.
    }
    watched.forEach((log) => log.show(gauges, now()));
    await rest(run.refreshMs ?? REFRESH_MS, undefined, { signal }).catch(() => undefined);
  }
  await temporal?.close();
}

type Gauges = ReturnType<typeof gaugesOf>;

/** All are floats, because what is not known is shown as NaN. */
function gaugesOf(meter: MetricMeter) {
  const gauge = (name: string, unit: string, description: string) =>
    meter.createGauge(name, 'float', unit, description);
  return {
    held: gauge('rekor_rotate_held', '1', 'Whether a rotation is held and needs a person'),
    takesBack: gauge(
      'rekor_rotate_cancel_takes_back',
      '1',
      'Whether Cancel would take the running rotation back',
    ),
    alarms: gauge(
      'rekor_rotate_alarms',
      '1',
      'How many things the guardian found wrong in its last look, and one more when it looks no more',
    ),
    age: gauge('rekor_rotate_last_look_age_seconds', 's', 'Time since the last look of the guardian ended'),
  };
}

/** What is known of one log, and since when. */
class WatchedLog {
  readonly #log: GuardedLog;
  readonly #logger: Logger;
  readonly #since: Date;
  #guardian: Guardian;
  /** Whether Temporal could be asked for the guardian. */
  #asked = false;
  #rotation: { readonly held: boolean; readonly takesBack: boolean; readonly at: Date } | undefined;
  #silent = false;

  constructor(log: GuardedLog, logger: Logger, since: Date) {
    this.#log = log;
    this.#logger = logger;
    this.#since = since;
    const { everyMs } = log.guard;
    const schedule = { state: 'runs', note: '', madeAt: since, everyMs } as const;
    this.#guardian = { schedule, lastLook: null, failure: null };
  }

  /** Reads what can be read; the rest stays as it was known. */
  async read(client: Client, connection: TemporalClient['connection'], now: () => Date): Promise<void> {
    const { name } = this.#log;
    await Promise.allSettled([
      readGuardian(client, name, this.#guardian).then((guardian) => {
        this.#guardian = guardian;
        this.#asked = true;
      }),
      readRotation(client, connection, name).then((rotation) => {
        this.#rotation = { ...rotation, at: now() };
      }),
    ]);
  }

  show(gauges: Gauges, now: Date): void {
    const labels = { log: this.#log.name };
    const rotation = this.#rotation && isFresh(this.#rotation.at, now) ? this.#rotation : undefined;
    gauges.held.set(rotation ? Number(rotation.held) : NaN, labels);
    gauges.takesBack.set(rotation ? Number(rotation.takesBack) : NaN, labels);
    const { lastLook } = this.#guardian;
    const silent = this.#tellSilence(now);
    const found = lastLook ? lastLook.result.alarms.length : silent || this.#asked ? 0 : NaN;
    gauges.alarms.set(found + Number(silent), labels);
    const looked = lastLook?.endedAt ?? this.#since;
    gauges.age.set(Math.max(now.getTime() - looked.getTime(), 0) / 1000, labels);
  }

  /** Whether nobody looks; says so once, and once when somebody does again. */
  #tellSilence(now: Date): boolean {
    const { name, guard } = this.#log;
    const silence = silenceOf(this.#guardian, { log: name, everyMs: guard.everyMs, since: this.#since }, now);
    if (silence && !this.#silent) {
      const { code, message, remedy } = silence;
      this.#logger.error({ log: name, code }, `ALARM: ${message} ${remedy}`);
    } else if (!silence && this.#silent) {
      this.#logger.info({ log: name }, `the guardian of ${name} looks again`);
    }
    this.#silent = silence !== null;
    return this.#silent;
  }
}

function isFresh(at: Date, now: Date): boolean {
  return now.getTime() - at.getTime() <= EXPIRES_MS;
}

/** Whether what runs of a log is held, and what Cancel would do; rejects when nobody answers for what is open. */
async function readRotation(
  client: Client,
  connection: TemporalClient['connection'],
  log: string,
): Promise<{ readonly held: boolean; readonly takesBack: boolean }> {
  if (!(await openExecution(client, lockId(log)))) {
    return { held: false, takesBack: false };
  }
  const { held, cancelDoes } = await connection.withDeadline(Date.now() + PROGRESS_MS, () =>
    client.workflow.getHandle(lockId(log)).query<Progress>(PROGRESS),
  );
  return { held: held !== null, takesBack: cancelDoes !== 'nothing' };
}
