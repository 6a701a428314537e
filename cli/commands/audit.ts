import { openAddress, type NamedAddress } from '../../audit/addresses';
import { audit as auditOf } from '../../audit/audit';
import { readCheckpoints } from '../../audit/kept-checkpoints';
import type { Reading } from '../../audit/model/chosen-leaves';
import { readTrustedKeys } from '../../audit/trusted-keys';
import { loadConfiguration, logNamed } from '../../config/load';
import { canonicalUrl } from '../../workflows/model/base-url';
import { auditForPrograms, type AuditReport, unaskedOf } from '../audit/report';
import { auditText } from '../audit/text';
import { CommandError } from '../errors';
import { exitCodes } from '../exit-codes';
import { isUrl, logUrlProblem } from '../log-url';
import { readOptionFiles } from '../option-files';
import type { Terminal } from '../terminal';
import { wholeNumbersOf } from '../whole-number';
import { version } from '../../activities/version';

export interface AuditOptions {
  readonly config?: string;
  readonly all?: boolean;
  readonly last?: string;
  readonly sample: string;
  readonly sinceCheckpoint?: readonly string[];
  readonly key?: readonly string[];
  readonly clockDifference?: string;
  readonly json?: boolean;
}

/** What is to be audited, and by what. */
interface Wanted {
  readonly sample: number;
  readonly reading: Reading;
  readonly clockDifferenceMs: number | undefined;
  readonly checkpoints: ReturnType<typeof readCheckpoints>;
  readonly trustedKeys: ReturnType<typeof readTrustedKeys>;
}

interface Target {
  readonly log: string | null;
  readonly addresses: readonly NamedAddress[];
  readonly clockDifferenceMs: number;
}

/** Rekor serves whole seconds, and two clocks are never quite the same. */
const CLOCK_DIFFERENCE_MS = 1000;

const MOST = 1_000_000_000;

/** From one word about the reading to the next; milliseconds. */
const PROGRESS_MS = 5000;

/**
 * `audit LOG|URL...`: whether a log holds what it promises, read from the log itself. Exits with 7 when a fault was found,
 * and with 5 when an address could not be asked.
 */
export async function audit(
  named: readonly string[],
  options: AuditOptions,
  terminal: Terminal,
): Promise<number> {
  const wanted = wantedFrom(named, options);
  const target = targetOf(named, options);
  const report = await read(target, wanted, terminal);
  terminal.out(
    options.json ? JSON.stringify(auditForPrograms(report), null, 2) : auditText(report, terminal.columns),
  );
  if (report.audit.findings.faults > 0) return exitCodes.attention.code;
  return (
    unaskedOf(report).length > 0 || report.audit.instances === 0 ? exitCodes.unreachable : exitCodes.done
  ).code;
}

async function read(target: Target, wanted: Wanted, terminal: Terminal): Promise<AuditReport> {
  const { log, addresses } = target;
  const { reading, checkpoints, trustedKeys } = wanted;
  const opened = addresses.map((address) => openAddress(address, `rekor-rotate/${version()} audit`));
  let saidAt = Date.now();
  try {
    const found = await auditOf({
      ...{ addresses: opened, sample: wanted.sample, reading, checkpoints, trustedKeys },
      clockDifferenceMs: wanted.clockDifferenceMs ?? target.clockDifferenceMs,
      signal: terminal.interrupted,
      onProgress: (done, of) => {
        if (!terminal.redraws || Date.now() - saidAt < PROGRESS_MS) return;
        saidAt = Date.now();
        terminal.err(`${done.toLocaleString('en-US')} of ${of.toLocaleString('en-US')} entries ...`);
      },
    });
    return {
      ...{ log, addresses: addresses.map(({ url }) => url), reading, audit: found },
      hasCheckpoints: checkpoints.length > 0,
      hasKeys: trustedKeys.length > 0,
      requests: opened.reduce((sum, { sent }) => sum + sent(), 0),
    };
  } catch (error) {
    if (!terminal.interrupted.aborted) throw error;
    throw new CommandError('Stopped. Nothing has been changed.', exitCodes.detached, { cause: error });
  } finally {
    await Promise.all(opened.map(({ close }) => close()));
  }
}

function targetOf(named: readonly string[], options: AuditOptions): Target {
  const [log = ''] = named;
  if (isUrl(log)) {
    const urls = [...new Set(named.map(canonicalUrl))];
    return {
      ...{ log: null, clockDifferenceMs: CLOCK_DIFFERENCE_MS },
      addresses: urls.map((url) => ({ url, optional: false })),
    };
  }
  const { publicUrl, tls, installation, trillian } = logNamed(loadConfiguration(options.config), log);
  const authorities = tls && { authorities: tls.caFile };
  // Pods have addresses that no configuration names; the guardian looks at each of them.
  const slots = installation.kind === 'host' ? Object.values(installation.slots) : [];
  const ownAddresses = slots.map(({ url }) => ({ url, optional: true, ...authorities }));
  return {
    log,
    clockDifferenceMs: Math.max(CLOCK_DIFFERENCE_MS, trillian.clockDifferenceMs),
    addresses: [{ url: canonicalUrl(publicUrl), optional: false, ...authorities }, ...ownAddresses],
  };
}

/** What is asked for; ends the command with all that is wrong with it at once. */
function wantedFrom(named: readonly string[], options: AuditOptions): Wanted {
  const problems: string[] = [];
  const whole = wholeNumbersOf(problems);
  const { all, last, clockDifference } = options;
  if (all && last !== undefined) problems.push('--all reads more than --last; give one of them');
  const wanted: Wanted = {
    sample: whole('--sample', options.sample, 0, 100_000),
    reading: readingFrom(all, last === undefined ? undefined : whole('--last', last, 1, MOST)),
    clockDifferenceMs:
      clockDifference === undefined
        ? undefined
        : whole('--clock-difference', clockDifference, 0, 3600) * 1000,
    checkpoints: readOptionFiles('--since-checkpoint', options.sinceCheckpoint, readCheckpoints, problems),
    trustedKeys: readOptionFiles('--key', options.key, readTrustedKeys, problems),
  };
  problems.push(...namedProblems(named));
  if (problems.length > 0) {
    const text = problems.length === 1 ? `${problems.join('')}.` : ['This is wrong:', ...problems].join('\n');
    throw new CommandError(text, exitCodes.usage);
  }
  return wanted;
}

function readingFrom(all: boolean | undefined, last: number | undefined): Reading {
  if (all) return { kind: 'all' };
  return last === undefined ? { kind: 'sample' } : { kind: 'last', entries: last };
}

function namedProblems(named: readonly string[]): string[] {
  if (named.length > 1 && !named.every(isUrl)) {
    return ['one log of the configuration, or the URLs of one log can be audited at a time; name either'];
  }
  return named.filter(isUrl).flatMap((url) => logUrlProblem(url) ?? []);
}
