import { MOST_DAYS_AHEAD, type Beginning } from '../workflows/model/beginning';
import { counted } from '../workflows/model/counted';
import type { Lull } from '../workflows/model/lull';
import { readTime, timeProblem, whenText } from './times';

/** The options of `rotate` that say when a rotation may begin. */
export interface BeginningOptions {
  readonly atLull?: boolean;
  readonly below?: string;
  readonly quantile?: string;
  readonly for?: string;
  readonly until?: string;
  readonly atEnd?: string;
}

/** In the quietest quarter of its hours a log comes to rest about every day, so a day is long enough to wait for it. */
const DEFAULTS = { quantile: '0.25', for: '10', until: '24h', atEnd: 'skip' } as const;

/** A rotation that waits for more is better begun in another window. */
const MOST_MINUTES = 24 * 60;

/** What is wrong with these options, a sentence each; empty when nothing is. */
export function beginningProblems(options: BeginningOptions, nowMs: number): string[] {
  const { atLull, below, quantile, until = DEFAULTS.until, atEnd } = options;
  const given = Object.entries({
    ...{ '--below': below, '--quantile': quantile, '--for': options.for },
    ...{ '--until': options.until, '--at-end': atEnd },
  }).filter(([, value]) => value !== undefined);
  if (!atLull) {
    return given.map(([option]) => `${option} says which lull to wait for: say --at-lull, too.`);
  }
  const problems = [
    below !== undefined && quantile !== undefined && 'Say one of --below and --quantile.',
    below !== undefined &&
      !(isNumber(below) && Number(below) >= 0) &&
      `--below is ${below}; allowed is a number of writes a minute, such as 30.`,
    quantile !== undefined &&
      !(isNumber(quantile) && Number(quantile) > 0 && Number(quantile) <= 1) &&
      `--quantile is ${quantile}; allowed is a share of the hours, above 0 and at most 1, such as ${DEFAULTS.quantile}.`,
    options.for !== undefined &&
      !(/^[1-9]\d*$/.test(options.for) && Number(options.for) <= MOST_MINUTES) &&
      `--for is ${options.for}; allowed is a number of minutes, from 1 to ${MOST_MINUTES}.`,
    timeProblem('--until', until, nowMs, MOST_DAYS_AHEAD * 24),
    atEnd !== undefined &&
      atEnd !== 'go' &&
      atEnd !== 'skip' &&
      `--at-end is ${atEnd}; allowed are go and skip.`,
  ];
  return problems.filter((problem) => typeof problem === 'string');
}

/** When a rotation may begin, of options that have no problems; undefined for at once. */
export function beginningOf(options: BeginningOptions, nowMs: number): Beginning | undefined {
  if (!options.atLull) {
    return undefined;
  }
  const { below, quantile = DEFAULTS.quantile, for: minutes = DEFAULTS.for, until, atEnd } = options;
  const notAfter = readTime(until ?? DEFAULTS.until, nowMs);
  const few = below === undefined ? { quantile: Number(quantile) } : { writesPerMinute: Number(below) };
  return {
    ...(notAfter !== undefined && { notAfter }),
    lull: { ...few, forMinutes: Number(minutes) },
    atEnd: atEnd === 'go' ? 'go' : 'skip',
  };
}

/** What it will wait for, for whoever agrees to it; `filed`: its plan is that of a file. */
export function beginningText({ notAfter, lull, atEnd }: Beginning, timeZone: string, filed = false): string {
  const end = notAfter === undefined ? '' : whenText(notAfter, timeZone);
  return [
    `It waits for a lull, until ${end} at most: ${lull ? lullText(lull) : ''}.`,
    `Without one it ${atEnd === 'go' ? 'begins then' : 'ends, skipped'}.`,
    filed
      ? 'It is refused when the log is no longer as the plan file says by then.'
      : 'The plan is made anew when it begins, and may be another one by then.',
  ].join(' ');
}

function lullText({ writesPerMinute, quantile = 1, forMinutes }: Lull): string {
  const few =
    writesPerMinute === undefined
      ? `as few writes as in the quietest ${Math.round(quantile * 1000) / 10} % of its hours`
      : `at most ${counted(writesPerMinute, 'write')} a minute`;
  return `${counted(forMinutes, 'minute')} with ${few}`;
}

function isNumber(text: string): boolean {
  return /^\d+(\.\d+)?$/.test(text);
}
