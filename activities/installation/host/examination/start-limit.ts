import { failedCheck, passedCheck, type Check } from '../../../../workflows/model/checks';
import { counted } from '../../../../workflows/model/counted';
import { refusal } from '../../../../workflows/model/refusals';
import type { Attempts } from '../../installation';
import type { ExaminedHost, ExaminedSlot } from './examined-host';
import { shownOf, startsUnit, type StartsUnit } from './systemd';

/**
 * Each attempt starts the next release in its rehearsal and in the critical section, there once more where it was quicker than
 * the drain; for a new signer it rehearses twice.
 */
const STARTS_OF_AN_ATTEMPT = { usual: 3, ofNewSigner: 4 };

/** What a unit may do, as `systemctl show` tells it. */
export interface UnitLimits {
  readonly loadState: string;
  /** 0: no limit. */
  readonly burst: number;
  /** Milliseconds; Infinity is never over. */
  readonly intervalMs: number;
}

/** Whether systemd would refuse to start a slot as often as a rotation may need it (systemd.unit(5), StartLimitBurst=). */
export async function examineStartLimit(host: ExaminedHost): Promise<Check[]> {
  const checks = await Promise.all(host.slots.map((slot) => ofSlot(slot, host)));
  return checks.flat();
}

async function ofSlot(
  slot: ExaminedSlot,
  { attempts, startsTwice = false, signal }: ExaminedHost,
): Promise<Check[]> {
  const starts = startsUnit(slot.commands.start);
  const limits = starts && (await limitsOf(starts, signal));
  if (!starts || !limits) {
    return [];
  }
  const { unit } = starts;
  if (limits.loadState !== 'loaded') {
    const state = limits.loadState;
    return [failedCheck('STARTS_ALLOWED', refusal('UNIT_NOT_LOADED', { unit, slot: slot.name, state }))];
  }
  const found = {
    unit,
    starts: startsWithin(limits.intervalMs, attempts, startsTwice),
    limit: limitText(limits),
  };
  return isAllowed(limits, found.starts)
    ? [passedCheck('STARTS_ALLOWED', found)]
    : [failedCheck('STARTS_ALLOWED', refusal('START_LIMIT_TOO_LOW', found), 'warning')];
}

async function limitsOf(starts: StartsUnit, signal: AbortSignal): Promise<UnitLimits | undefined> {
  const shown = await shownOf(starts, ['LoadState', 'StartLimitBurst', 'StartLimitIntervalUSec'], signal);
  return shown && unitLimits(shown);
}

/** Reads them, with times as systemd.time(7) has them. Undefined when one is missing. */
export function unitLimits(values: ReadonlyMap<string, string>): UnitLimits | undefined {
  const loadState = values.get('LoadState');
  const burst = values.get('StartLimitBurst');
  const intervalMs = timeSpanMs(values.get('StartLimitIntervalUSec') ?? '');
  return loadState === undefined || burst === undefined || intervalMs === undefined
    ? undefined
    : { loadState, burst: Number(burst), intervalMs };
}

const units: Readonly<Record<string, number>> = {
  ...{ us: 0.001, ms: 1, s: 1_000, min: 60_000, h: 3_600_000 },
  ...{ d: 86_400_000, w: 604_800_000, month: 2_629_800_000, y: 31_557_600_000 },
};

/** A time span as systemd prints it, `1min 30s`, in milliseconds; undefined for anything else. */
export function timeSpanMs(text: string): number | undefined {
  if (text === 'infinity') return Infinity;
  if (text === '0') return 0;
  const parts = text.split(' ').map((part) => {
    const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)([a-z]+)$/.exec(part) ?? [];
    return Number(number || NaN) * (units[unit] ?? NaN);
  });
  const sum = parts.reduce((total, part) => total + part, 0);
  return Number.isNaN(sum) ? undefined : sum;
}

/** How often the attempts of a rotation start a slot within a time; milliseconds. */
export function startsWithin(
  ms: number,
  { attempts, pauseBetweenAttemptsMs }: Attempts,
  startsTwice = false,
): number {
  const within = 1 + Math.floor(ms / Math.max(pauseBetweenAttemptsMs, 1));
  const { usual, ofNewSigner } = STARTS_OF_AN_ATTEMPT;
  return (startsTwice ? ofNewSigner : usual) * Math.min(attempts, within);
}

function isAllowed({ burst, intervalMs }: UnitLimits, starts: number): boolean {
  return burst === 0 || intervalMs === 0 || starts <= burst;
}

function limitText({ burst, intervalMs }: UnitLimits): string {
  if (burst === 0 || intervalMs === 0) return 'as often as it is told to';
  const within = intervalMs === Infinity ? 'and never again' : `in ${intervalMs / 1000} s`;
  return `${counted(burst, 'time')} ${within}`;
}
