import { statSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder } from '../../config/cache-folder';
import { loadConfiguration, logNamed } from '../../config/load';
import { rotation } from '../../config/schema';
import { replaceFile } from '../../files/atomic-file';
import { keptConnections } from '../../activities/clients/kept-connections';
import { knownEntriesIn } from '../../quiet-hours/known-entries';
import { AT_A_TIME, type QuietHours, quietHoursOf } from '../../quiet-hours/quiet-hours';
import { RekorLog } from '../../quiet-hours/rekor-log';
import { LogRequests, LogUnreadable, MustStop } from '../../activities/clients/log-requests';
import { zoneNamed, zoneProblem } from '../../schedules/local-time';
import { canonicalUrl } from '../../workflows/model/base-url';
import { CommandError } from '../errors';
import { exitCodes } from '../exit-codes';
import { isUrl, logUrlProblem } from '../log-url';
import { quietHoursPage } from '../quiet-hours/page';
import { type QuietHoursReport, reportForPrograms } from '../quiet-hours/report';
import { quietHoursSvg } from '../quiet-hours/svg';
import { quietHoursText } from '../quiet-hours/text';
import type { Terminal } from '../terminal';
import { wholeNumbersOf } from '../whole-number';
import { version } from '../../activities/version';

export interface QuietHoursOptions {
  readonly config?: string;
  readonly weeks: string;
  readonly hours: string;
  readonly requests: string;
  readonly timeZone?: string;
  readonly svg?: string;
  readonly html?: string;
  readonly json?: boolean;
  /** False with --no-cache. */
  readonly cache: boolean;
}

/** The log that is read, and what a rotation of it would hold. */
interface Target extends Pick<QuietHoursReport, 'log' | 'url' | 'holdMs'> {
  readonly authorities?: Parameters<typeof keptConnections>[2];
}

interface Wanted {
  readonly weeks: number;
  readonly hours: number;
  readonly mostRequests: number;
  readonly timeZone: string;
}

/** From an answer to the next request of one of the lanes; milliseconds. */
const PAUSE_MS = 50;

/** From one word about the reading to the next; milliseconds. */
const PROGRESS_MS = 5000;

/**
 * `quiet-hours LOG|URL`: in which hours of the week a log takes few writes, read from the log itself. Exits with 3 when that
 * cannot be known, or the log cannot be read.
 */
export async function quietHours(
  named: string,
  options: QuietHoursOptions,
  terminal: Terminal,
): Promise<number> {
  const wanted = wantedFrom(options, named);
  const target = targetOf(named, options);
  const found = await read(target, wanted, options, terminal);
  const { timeZone, hours } = wanted;
  const { log, url, holdMs } = target;
  const kept = options.cache && found.notKept === null;
  const report: QuietHoursReport = { log, url, timeZone, hours, holdMs, kept, found };
  await write(options.svg, quietHoursSvg(report), terminal);
  await write(options.html, quietHoursPage(report), terminal);
  terminal.out(
    options.json
      ? JSON.stringify(reportForPrograms(report), null, 2)
      : quietHoursText(report, terminal.columns, terminal.colours),
  );
  return (found.unknown === null ? exitCodes.done : exitCodes.refused).code;
}

async function read(
  { url, authorities }: Target,
  { mostRequests, weeks, hours, timeZone }: Wanted,
  { cache }: QuietHoursOptions,
  terminal: Terminal,
): Promise<QuietHours> {
  const { interrupted: signal } = terminal;
  const { transport, close } = keptConnections(url, AT_A_TIME, authorities);
  const userAgent = `rekor-rotate/${version()} quiet-hours`;
  const requests = new LogRequests(url, transport, { mostRequests, pauseMs: PAUSE_MS, userAgent });
  terminal.err(`Reading ${url}, with at most ${mostRequests} requests ...`);
  let saidAt = Date.now();
  const onProgress = (): void => {
    if (Date.now() - saidAt < PROGRESS_MS) return;
    saidAt = Date.now();
    terminal.err(`${requests.sent} requests so far ...`);
  };
  try {
    const found = await quietHoursOf({
      ...{ log: new RekorLog(requests), requests, weeks, hours, timeZone, signal, onProgress },
      ...(cache && { known: knownEntriesIn(path.join(cacheFolder(), 'quiet-hours'), url) }),
      now: Math.floor(Date.now() / 1000),
    });
    if (found.notKept !== null) {
      terminal.err(`What was read could not be kept in ${cacheFolder()}: ${messageOf(found.notKept)}.`);
    }
    return found;
  } catch (error) {
    if (signal.aborted) {
      throw new CommandError('Stopped. Nothing has been changed.', exitCodes.detached);
    }
    if (error instanceof MustStop) {
      const text = `The log at ${url} asks for more patience than we have. Nothing is known of it yet; try again later.`;
      throw new CommandError(text, exitCodes.refused, { cause: error });
    }
    if (error instanceof LogUnreadable) {
      const text = `${error.message} Check that this is the public address of a Rekor v1 log, and that it can be reached from here.`;
      throw new CommandError(text, exitCodes.refused, { cause: error });
    }
    throw error;
  } finally {
    await close();
  }
}

function targetOf(named: string, options: QuietHoursOptions): Target {
  if (isUrl(named)) {
    return {
      log: null,
      url: canonicalUrl(named),
      holdMs: rotation.shape.criticalSection.parse(undefined).ms,
    };
  }
  const { publicUrl: url, tls, rotation: timing } = logNamed(loadConfiguration(options.config), named);
  return {
    ...{ log: named, url, holdMs: timing.criticalSectionMs },
    ...(tls && { authorities: tls.caFile }),
  };
}

/** What is asked for; ends the command with all that is wrong with it at once. */
function wantedFrom(options: QuietHoursOptions, named: string): Wanted {
  const problems: string[] = [];
  const whole = wholeNumbersOf(problems);
  const wanted = {
    weeks: whole('--weeks', options.weeks, 2, 26),
    hours: whole('--hours', options.hours, 1, 24),
    mostRequests: whole('--requests', options.requests, 10, 1500),
    timeZone: zoneNamed(options.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone),
  };
  problems.push(...urlProblems(named), ...zoneProblems(wanted.timeZone));
  problems.push(...fileProblems('--svg', options.svg), ...fileProblems('--html', options.html));
  if (problems.length > 0) {
    const text = problems.length === 1 ? `${problems.join('')}.` : ['This is wrong:', ...problems].join('\n');
    throw new CommandError(text, exitCodes.usage);
  }
  return wanted;
}

function urlProblems(named: string): string[] {
  if (!isUrl(named)) return [];
  const problem = logUrlProblem(named);
  return problem === undefined ? [] : [problem];
}

function zoneProblems(timeZone: string): string[] {
  const allowed = zoneProblem(timeZone);
  return allowed === undefined ? [] : [`--time-zone is ${timeZone}; it must be ${allowed}`];
}

/** A file is written at the end; that it cannot be is said before the log is asked. */
function fileProblems(option: string, file: string | undefined): string[] {
  if (file === undefined) return [];
  const folder = path.dirname(path.resolve(file));
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    return [`${option} is ${file}; there is no folder ${folder}`];
  }
  return statSync(file, { throwIfNoEntry: false })?.isDirectory()
    ? [`${option} is ${file}, which is a folder`]
    : [];
}

async function write(file: string | undefined, content: string, terminal: Terminal): Promise<void> {
  if (file === undefined) return;
  try {
    await replaceFile(file, content);
  } catch (error) {
    throw new CommandError(`${file} could not be written: ${messageOf(error)}.`, exitCodes.failed, {
      cause: error,
    });
  }
  terminal.err(`Written: ${file}`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
