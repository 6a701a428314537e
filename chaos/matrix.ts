import { moments, type Moment } from '../harness/moments';
import { gateNames, type GateName, type Gates } from '../lab/lab';
import { stepNames } from '../workflows/rotation';
import type { StepName } from '../workflows/model/steps';

/** What breaks, when, and how: the cells of the matrix, and what is known of them beforehand. */

/** What a rotation depends on. `current` and `next` are the Rekor instances of those releases. */
export const parts = [
  'worker',
  'temporal',
  'log-server',
  'signer',
  'database',
  'current',
  'next',
  'gate',
] as const;
export type Part = (typeof parts)[number];

/**
 * `kill`: SIGKILL, and started again at once, as by systemd. `stop`: SIGSTOP, and SIGCONT some seconds later. `cut`: its
 * network takes everything and answers nothing for half of that time, and refuses connections for the other half.
 */
export const faults = ['kill', 'stop', 'cut'] as const;
export type Fault = (typeof faults)[number];

export interface Cell {
  readonly part: Part;
  readonly step: StepName;
  readonly moment: Moment;
  readonly fault: Fault;
  /** How many workers live when it happens. */
  readonly workers: 1 | 2;
  /** How many gates stand side by side; absent: one. */
  readonly gates?: Gates;
  /** Which of two gates is hit, where one is. */
  readonly gate?: GateName;
}

export interface Selection {
  readonly parts?: readonly Part[];
  readonly steps?: readonly StepName[];
  readonly moments?: readonly Moment[];
  readonly faults?: readonly Fault[];
}

/**
 * The cells of a selection, step by step; what is not named is taken whole. Cells without a process to hit are left out. Of two
 * gates one is hit, and the other one the next time.
 */
export function cellsOf(selection: Selection, workers: 1 | 2, gates: Gates = 1): Cell[] {
  const cells = (selection.steps ?? stepNames).flatMap((step) =>
    (selection.parts ?? parts).flatMap((part) =>
      (selection.moments ?? moments).flatMap((moment) =>
        (selection.faults ?? faults)
          .map((fault) => ({ part, step, moment, fault, workers }))
          .filter((cell) => runsThen(cell)),
      ),
    ),
  );
  if (gates === 1) return cells;
  let turn = 0;
  return cells.map((cell) => {
    if (cell.part !== 'gate') return { ...cell, gates };
    const gate = gateNames[turn++ % gates];
    return { ...cell, gates, ...(gate && { gate }) };
  });
}

/**
 * Whether the part runs at that moment, so that there is a process to kill or to stop. Its network can always be cut: the
 * next release then starts, or the current one is stopped, while it cannot be reached.
 */
export function runsThen({ part, step, moment, fault }: Cell): boolean {
  if (fault === 'cut') {
    return true;
  }
  if (part === 'next') {
    return !(
      step === 'createTree' ||
      (step === 'stage' && moment !== 'middle') ||
      step === 'hold' ||
      (step === 'start' && moment !== 'end') ||
      (step === 'freeze' && moment === 'start')
    );
  }
  if (part === 'current') {
    return !((step === 'settle' && moment === 'end') || step === 'soak');
  }
  return true;
}

/** Cells that may end `held`, each with the reason why no program can decide there. */
export const mayEndHeld: readonly { readonly cells: Partial<Cell>; readonly why: string }[] = [];

/** Why this cell may wait for a person; null when it may not. */
export function reasonToHold(cell: Cell): string | null {
  const listed = mayEndHeld.find(({ cells }) =>
    Object.entries(cells).every(([name, value]) => cell[name as keyof Cell] === value),
  );
  return listed?.why ?? null;
}

/**
 * How long the log may take no write after a fault, in milliseconds: with one worker, which is restarted at once, and with
 * another one alive.
 */
export const writableWithinMs = { 1: 30_000, 2: 15_000 } as const;

export function nameOf({ part, step, moment, fault, workers, gates = 1, gate = 'gate' }: Cell): string {
  const broken = part === 'gate' ? gate : part;
  const besides = gates === 1 ? '' : ` and ${gates} gates`;
  return `${fault} ${broken} at ${step}/${moment} with ${workers} worker${workers === 1 ? '' : 's'}${besides}`;
}
