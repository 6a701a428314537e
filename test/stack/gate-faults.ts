import { gateNames, type GateName } from '../../lab/lab';
import { Random } from '../../simulation/random';
import type { StepName } from '../../workflows/model/steps';

/** What happens to one of two gates in a rotation. */
export interface GateFault {
  readonly seed: number;
  readonly gate: GateName;
  /** Caught there: see harness/moments.ts. */
  readonly step: StepName;
  /** SIGKILL, or SIGTERM. */
  readonly ends: 'killed' | 'stopped';
  /** How long it stays away once it has ended. Milliseconds. */
  readonly awayMs: number;
  /** Whether it comes back with the state that it had before the rotation. */
  readonly stale: boolean;
}

/** The steps in which an order, or the lack of one, decides where a gate sends. */
const steps: readonly StepName[] = [
  'stage',
  'hold',
  'start',
  'freeze',
  'verify',
  'expose',
  'confirm',
  'settle',
];

export function gateFault(seed: number): GateFault {
  const random = new Random(seed);
  return {
    seed,
    gate: random.pick(gateNames),
    step: random.pick(steps),
    ends: random.pick(['killed', 'stopped']),
    awayMs: random.chance(0.5) ? 0 : random.whole(200, 2_000),
    stale: random.chance(0.5),
  };
}

/** What kinds of faults there are among these: each is one word of each pair. */
export function formsAmong(faults: readonly GateFault[]): ReadonlySet<string> {
  return new Set(
    faults.flatMap(({ gate, ends, awayMs, stale }) => [
      gate,
      `${ends}, ${stale ? 'stale' : 'as it ended'}`,
      awayMs === 0 ? 'at once' : 'later',
    ]),
  );
}
