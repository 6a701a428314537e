import { setTimeout as wait } from 'node:timers/promises';
import { logNamed, loadConfiguration } from '../../config/load';
import { temporalTarget } from '../../config/temporal-target';
import { diagnose, type Diagnosis } from '../../workers/doctor';
import { unaskable } from '../agreement';
import {
  answer,
  changesSince,
  checkLines,
  diagnosisExitCode,
  diagnosisJson,
  diagnosisText,
} from '../diagnosis';
import { CommandError } from '../errors';
import { exitCodes } from '../exit-codes';
import type { Terminal } from '../terminal';
import { wrap } from '../text';
import { doctorAndRehearse } from './rehearsal';
import { logGiven, type LogCommand } from '../usage';

export interface DoctorOptions {
  readonly config?: string;
  readonly json?: boolean;
  /** Seconds between two looks; true without a number. */
  readonly watch?: string | true;
  /** Then rehearse the rotation, which a worker does. */
  readonly rehearse?: boolean;
  /** Do not ask before that. */
  readonly yes?: boolean;
}

/** A checklist is read, and copied into tickets, at this width at most. */
const COLUMNS = 80;

const EVERY_SECONDS = 30;
const LEAST_SECONDS = 5;
const MOST_SECONDS = 86_400;

/**
 * `doctor LOG`: whether a rotation would begin, and how long writes would wait, before anything is started. Needs no worker and
 * changes nothing. With `--rehearse` a rehearsal follows, unless something is refused. With `--watch` it looks again and again until Ctrl-C, says only what has changed, and exits as the last look
 * would have.
 */
export const doctor: LogCommand<DoctorOptions> = async (name, options, terminal) => {
  const everyMs = 1000 * everySeconds(options.watch);
  const log = logGiven(
    name,
    options,
    options.rehearse && options.watch !== undefined
      ? 'Say --rehearse or --watch, not both: a rehearsal leaves a tree behind each time.'
      : undefined,
    options.rehearse ? unaskable(options.yes, `doctor ${name ?? 'LOG'}`, terminal) : undefined,
  );
  const configuration = loadConfiguration(options.config);
  const configured = logNamed(configuration, log);
  const target = await temporalTarget(configuration.temporal);
  const columns = Math.min(terminal.columns, COLUMNS);
  const look = () => diagnose(target, configured, terminal.interrupted);
  const show = (diagnosis: Diagnosis): void =>
    terminal.out(options.json ? diagnosisJson(diagnosis) : diagnosisText(diagnosis, columns));
  let last = await unlessInterrupted(look(), terminal);
  if (!last) {
    throw new CommandError('No longer looking. Nothing has been changed.', exitCodes.detached);
  }
  if (options.rehearse) {
    return await doctorAndRehearse(last, options, terminal, columns);
  }
  show(last);
  for (;;) {
    const next = options.watch === undefined ? undefined : await nextLook(look, everyMs, terminal);
    if (!next) break;
    const changed = changesSince(last.checks, next.checks);
    const gone = changesSince(next.checks, last.checks).length > 0;
    if (changed.length > 0 || gone) {
      if (options.json) show(next);
      else terminal.out(changesText(next, changed, columns));
    }
    last = next;
  }
  return diagnosisExitCode(last);
};

/** Looks again after a while; undefined once Ctrl-C has come. */
async function nextLook(
  look: () => Promise<Diagnosis>,
  everyMs: number,
  terminal: Terminal,
): Promise<Diagnosis | undefined> {
  const { interrupted } = terminal;
  await wait(everyMs, undefined, { signal: interrupted }).catch(() => undefined);
  return interrupted.aborted ? undefined : await unlessInterrupted(look(), terminal);
}

/** What has changed, when, and the answer as it is now. */
function changesText(next: Diagnosis, changed: Diagnosis['checks'], columns: number): string {
  return [
    '',
    next.at,
    ...changed.flatMap((check) => checkLines(check, columns)),
    ...wrap(answer(next), columns),
  ].join('\n');
}

function everySeconds(watch: DoctorOptions['watch']): number {
  if (watch === undefined || watch === true) return EVERY_SECONDS;
  const seconds = /^\d{1,6}$/.test(watch) ? Number(watch) : NaN;
  if (!(seconds >= LEAST_SECONDS && seconds <= MOST_SECONDS)) {
    throw new CommandError(
      `--watch is "${watch}"; allowed is a whole number of seconds from ${LEAST_SECONDS} to ${MOST_SECONDS}, or nothing, which is ${EVERY_SECONDS}.`,
      exitCodes.usage,
    );
  }
  return seconds;
}

/** Undefined when Ctrl-C came before it had an answer. */
async function unlessInterrupted<Result>(
  result: Promise<Result>,
  { interrupted }: Terminal,
): Promise<Result | undefined> {
  try {
    return await result;
  } catch (error) {
    if (interrupted.aborted) return undefined;
    throw error;
  }
}
