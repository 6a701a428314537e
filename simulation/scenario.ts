import type { IfNextFails } from '../workflows/model/decision';
import { approvalsRequired, type ApprovalsRequired } from '../workflows/model/approval';
import { instructionNames, type InstructionName } from '../workflows/model/instruction';
import { isRehearsed, type Strategy } from '../workflows/model/room';
import { Random } from './random';
import type { Fault, FaultName } from './faults';
import { drawSchedules, type SchedulesScenario } from './schedule-scenario';
import { callsOf, type AimedStep } from './steps';

/** How the log is run. */
export type InstallationName = 'host' | 'kubernetes';

/** Everything that a seed decides before a run begins. */
export interface Scenario {
  readonly seed: number;
  /** Nothing goes wrong. */
  readonly quiet: boolean;
  readonly installation: InstallationName;
  /** How the pods of a copy get room in a cluster. */
  readonly strategy: Strategy;
  /** No gate stands before it: its Service leads clients. */
  readonly withoutGate: boolean;
  readonly workers: 1 | 2;
  /** Whether a worker keeps what it begins in a critical section, for the one after it. */
  readonly keepsIntents: boolean;
  /** How many gates stand before it, where any does. */
  readonly gates: 1 | 2;
  readonly faults: readonly Fault[];
  readonly withDatabase: boolean;
  readonly ifNextFails: IfNextFails;
  /** Writes of clients each second, through the gate. */
  readonly writesPerSecond: number;
  /** So often a look at the metrics meets a QueueLeaf of another log. */
  readonly strangers: number;
  /** Writers go past the gate to the current Rekor all the time, and the database is slow: every race is wide open. */
  readonly racy: boolean;
  /** Whether the guardian recovers by itself. */
  readonly recovers: boolean;
  /** What a person does with a rotation that is held. */
  readonly person: 'retry' | 'skip' | 'giveUp';
  /** The log was rotated before, by the same code and without a fault. */
  readonly rotatedBefore: boolean;
  /** What is asked for is a rehearsal. */
  readonly rehearses: boolean;
  /** A second rotation is started when the first has ended. */
  readonly again: boolean;
  readonly resetReachesChildren: boolean;
  readonly operators: OperatorsScenario;
  /** The log's schedules, which start its rotation; null: somebody starts it by hand. */
  readonly schedules: SchedulesScenario | null;
}

/** What the people do who start a rotation and approve it. */
export interface OperatorsScenario {
  readonly approvals: ApprovalsRequired;
  /** How often somebody deploys while it waits, so that its plan changes. */
  readonly deploys: 0 | 1 | 2;
  /** How often an approval is of a plan that is not asked for any more. */
  readonly stale: number;
  /** For so long after it is started it is not to begin; milliseconds. */
  readonly beginsAfterMs: number;
  /** What somebody tells it some time or other. */
  readonly tells: InstructionName | null;
  /** When that is, after the rotation was started; milliseconds. */
  readonly tellsAfterMs: number;
}

/** Where a rotation goes forward, and how often a fault is aimed there. */
const forwardSteps = {
  preflight: 2,
  createTree: 4,
  stage: 4,
  hold: 5,
  start: 4,
  freeze: 7,
  verify: 7,
  expose: 5,
  confirm: 4,
  settle: 5,
  soak: 3,
} satisfies Partial<Record<AimedStep, number>>;

/** Where it takes back, goes forward after all, or is recovered. */
const behindSteps = {
  'undo verify': 5,
  'undo freeze': 5,
  'undo hold': 4,
  'undo start': 4,
  'undo stage': 4,
  'undo createTree': 4,
  'look back': 3,
  forward: 3,
  recover: 2,
  guard: 1,
} satisfies Partial<Record<AimedStep, number>>;

/** Once the next tree holds an entry of a client. */
const usedSteps = { forward: 6, 'undo verify': 4, supersede: 3, confirm: 1, stage: 1 } satisfies Partial<
  Record<AimedStep, number>
>;

/** When nobody carries on. */
const recoveredSteps = {
  recover: 5,
  guard: 2,
  'undo verify': 3,
  'undo freeze': 3,
  'undo hold': 3,
  'undo start': 2,
  'undo stage': 3,
  'undo createTree': 3,
  forward: 1,
  'look back': 1,
} satisfies Partial<Record<AimedStep, number>>;

const weights: Readonly<Record<FaultName, number>> = {
  'fails before': 5,
  'fails after': 7,
  'times out': 4,
  'comes late': 16,
  'is slow': 3,
  'fails for good': 6,
  'lands after the end': 3,
  'answer lost': 6,
  'worker killed': 7,
  'worker stopped': 5,
  'worker cut off': 5,
  cancel: 5,
  terminate: 6,
  reset: 8,
  'Temporal lost': 4,
  'Temporal down': 3,
  'gate dies': 4,
  'current Rekor dies': 3,
  'current Rekor misreads': 4,
  'next Rekor dies': 4,
  'host reboots': 3,
  'Trillian down': 3,
  'signer stops': 3,
  'quota exhausted': 3,
  'slow database': 3,
  'other database': 2,
  'late leaf': 4,
  'writer to current': 3,
  'writer to next': 4,
  'tree changed': 3,
  'slot changed': 3,
  'gate changed': 3,
  'stale deploy': 0,
  // Of a cluster alone, and aimed by themselves.
  'pod lost': 0,
  'pods scaled': 0,
  'API server down': 0,
  // Of several gates alone.
  'gates die': 0,
  'gate put back': 0,
  'gate stopped': 0,
  'gate cut off': 0,
  'gates cut apart': 0,
};

/** What a rehearsal goes through. */
const rehearsedSteps = {
  preflight: 1,
  createTree: 3,
  stage: 3,
  rehearse: 8,
  'undo stage': 4,
  'undo createTree': 3,
  recover: 2,
  guard: 1,
} satisfies Partial<Record<AimedStep, number>>;

/** What surely ends an attempt. */
const strong = {
  'fails for good': 5,
  'answer lost': 4,
  'worker killed': 4,
  'worker stopped': 3,
  cancel: 4,
  'times out': 3,
} satisfies Partial<Record<FaultName, number>>;

const afterTheEnd: readonly FaultName[] = [
  'reset',
  'reset',
  'reset',
  'gate dies',
  'current Rekor dies',
  'next Rekor dies',
  'host reboots',
  'stale deploy',
  'stale deploy',
  'worker killed',
  'Temporal lost',
  'tree changed',
  'terminate',
];

const strategyWeights = { 'blue-green': 4, rolling: 3, recreate: 3 } satisfies Record<Strategy, number>;

/** What was drawn, where there is such a strategy: on a host there is none, and `recreate` needs a gate. */
function strategyFor(
  chosen: Strategy,
  { installation, withoutGate }: Pick<Scenario, 'installation' | 'withoutGate'>,
): Strategy {
  if (installation !== 'kubernetes') return 'blue-green';
  return withoutGate && chosen === 'recreate' ? 'rolling' : chosen;
}

/** What is not drawn, but as whoever runs the seed wants it. */
export type Chosen = Partial<Pick<Scenario, 'workers' | 'gates' | 'keepsIntents'>>;

/** Draws what a seed means. */
export function scenarioOf(seed: number, chosen: Chosen = {}): Scenario {
  const random = new Random(seed).stream('scenario');
  const quiet = random.chance(0.04);
  const schedules = drawSchedules(new Random(seed).stream('log schedules'), quiet);
  const rehearsal = new Random(seed).stream('rehearsal');
  const installed = new Random(seed).stream('installation');
  const installation = installed.chance(0.3) ? 'kubernetes' : 'host';
  const drawn = new Random(seed).stream('strategy').weighted(strategyWeights);
  const withoutGate = installation === 'kubernetes' && new Random(seed).stream('gate').chance(0.35);
  const strategy = strategyFor(drawn, { installation, withoutGate });
  const several = new Random(seed).stream('several gates');
  const gates = chosen.gates ?? (several.chance(0.5) ? 2 : 1);
  const ofGates = gates > 1 && !withoutGate ? gateFaults(several) : [];
  const onlyOfGates = ofGates.length > 0 && several.chance(0.3);
  // What a schedule starts is a rotation, and by recreate there is no rehearsal.
  const rehearses = schedules === null && isRehearsed(strategy) && rehearsal.chance(0.1);
  const ofRotation = (): Fault[] =>
    rehearses
      ? someFaults(rehearsal, rehearsedSteps, 3)
      : [
          ...drawFaults(random),
          ...(schedules?.faults ?? []),
          ...(installation === 'kubernetes' ? podFaults(installed) : []),
        ];
  return {
    seed,
    quiet,
    installation,
    strategy,
    withoutGate,
    workers: drawnWorkers(random, chosen),
    keepsIntents: chosen.keepsIntents ?? new Random(seed).stream('intents').chance(0.7),
    gates,
    faults: quiet ? [] : onlyOfGates ? ofGates : [...ofRotation(), ...ofGates],
    withDatabase: random.chance(0.75),
    ifNextFails: random.chance(0.7) ? 'supersede' : 'hold',
    writesPerSecond: random.pick([4, 8, 8, 15]),
    strangers: quiet || random.chance(0.7) ? 0 : random.pick([0.5, 0.9, 0.97]),
    racy: !quiet && random.chance(0.25),
    recovers: random.chance(0.9),
    person: random.weighted({ retry: 6, skip: 2, giveUp: 2 }),
    rotatedBefore: random.chance(0.3),
    again: rehearses ? rehearsal.chance(0.5) : random.chance(0.15),
    rehearses,
    resetReachesChildren: random.chance(0.5),
    operators: quiet ? nobodySays : drawOperators(new Random(seed).stream('operators')),
    schedules,
  };
}

/** Drawn whether or not they are chosen: what is drawn after them stays the same. */
function drawnWorkers(random: Random, { workers }: Chosen): 1 | 2 {
  const drawn = random.chance(0.5) ? 2 : 1;
  return workers ?? drawn;
}

/** Nobody is asked, and nobody says anything. */
export const nobodySays: OperatorsScenario = {
  approvals: 'none',
  deploys: 0,
  stale: 0,
  beginsAfterMs: 0,
  tells: null,
  tellsAfterMs: 0,
};

function drawOperators(random: Random): OperatorsScenario {
  if (random.chance(0.7)) {
    return nobodySays;
  }
  return {
    approvals: random.pick(approvalsRequired),
    deploys: random.pick([0, 0, 1, 2]),
    stale: random.pick([0, 0.3, 0.9]),
    beginsAfterMs: random.chance(0.5) ? 0 : random.between(1_000, 8_000),
    tells: random.chance(0.5) ? random.pick(instructionNames) : null,
    tellsAfterMs: random.between(0, 6_000),
  };
}

function drawFaults(random: Random): Fault[] {
  const some = (steps: Partial<Record<AimedStep, number>>, most: number): Fault[] =>
    someFaults(random, steps, most);
  switch (random.weighted({ forward: 36, behind: 25, used: 13, recovered: 12, database: 4, after: 10 })) {
    case 'forward':
      return some(forwardSteps, 3);
    case 'behind': {
      const at = random.weighted({ hold: 1, start: 1, freeze: 2, verify: 3, expose: 2 });
      return [fault(random, at, random.weighted(strong)), ...some(behindSteps, 2)];
    }
    case 'used': {
      const broken: Fault[] = [
        { ...fault(random, 'verify', 'writer to next'), call: random.whole(0, 8) },
        { ...fault(random, 'expose', random.weighted(strong)), call: 0 },
      ];
      const forGood = random.chance(0.4) ? [fault(random, 'forward', 'fails for good')] : [];
      return [...broken, ...forGood, ...some(usedSteps, 2)];
    }
    case 'recovered': {
      const at = random.weighted({
        createTree: 1,
        stage: 1,
        hold: 2,
        freeze: 3,
        verify: 4,
        expose: 3,
        confirm: 2,
        settle: 2,
      });
      const gone = random.weighted({ terminate: 3, 'Temporal lost': 2 });
      return [fault(random, at, gone), ...some(recoveredSteps, 2)];
    }
    case 'database':
      return [
        fault(random, random.pick(['hold', 'hold', 'freeze']), 'other database'),
        ...some(forwardSteps, 1),
      ];
    case 'after': {
      const before = random.chance(0.4) ? some(forwardSteps, 1) : [];
      const after = Array.from({ length: random.whole(1, 2) }, () =>
        fault(random, 'after the end', random.pick(afterTheEnd)),
      );
      return [...before, ...after];
    }
  }
}

/** Where a cluster has a part in a rotation, and how often one of its own faults is aimed there. */
const clusterSteps = {
  preflight: 1,
  stage: 4,
  start: 4,
  freeze: 2,
  verify: 4,
  expose: 2,
  confirm: 4,
  settle: 8,
  soak: 3,
  'undo start': 2,
  'undo stage': 3,
  recover: 1,
} satisfies Partial<Record<AimedStep, number>>;

const clusterFaults = { 'pod lost': 5, 'pods scaled': 3, 'API server down': 3 } satisfies Partial<
  Record<FaultName, number>
>;

function podFaults(random: Random): Fault[] {
  return Array.from({ length: random.whole(0, 2) }, () =>
    fault(random, random.weighted(clusterSteps), random.weighted(clusterFaults)),
  );
}

/** Where gates have a part in a rotation, and how often a fault of several gates is aimed there. */
const gateSteps = {
  preflight: 2,
  stage: 1,
  hold: 6,
  start: 3,
  freeze: 5,
  verify: 5,
  expose: 12,
  'stand by': 2,
  confirm: 4,
  settle: 3,
  soak: 1,
  forward: 3,
  'undo verify': 3,
  'undo freeze': 3,
  'undo hold': 6,
  'look back': 1,
  recover: 3,
  guard: 2,
  'after the end': 1,
} satisfies Partial<Record<AimedStep, number>>;

const severalGatesFaults = {
  'gate dies': 6,
  'gates die': 3,
  'gate put back': 5,
  'gate stopped': 6,
  'gate cut off': 6,
  'gates cut apart': 3,
} satisfies Partial<Record<FaultName, number>>;

/** Of two gates both begin, then both are switched, then both send: which of these calls a fault is aimed at. */
const exposingCalls: readonly number[] = [0, 1, 2, 2, 3, 3, 4, 5];

/** What comes between two gates when one is told and the other is not. */
const exposingFaults = {
  ...severalGatesFaults,
  'worker killed': 4,
  'worker stopped': 4,
  'is slow': 3,
  'comes late': 2,
} satisfies Partial<Record<FaultName, number>>;

function gateFaults(random: Random): Fault[] {
  return Array.from({ length: random.whole(0, 3) }, () => {
    const step = random.weighted(gateSteps);
    return step === 'expose'
      ? { ...fault(random, step, random.weighted(exposingFaults)), call: random.pick(exposingCalls) }
      : fault(random, step, random.weighted(severalGatesFaults));
  });
}

function someFaults(random: Random, steps: Partial<Record<AimedStep, number>>, most: number): Fault[] {
  return Array.from({ length: random.whole(1, most) }, () =>
    fault(random, random.weighted(steps as Record<AimedStep, number>), random.weighted(weights)),
  );
}

function fault(random: Random, step: AimedStep, name: FaultName): Fault {
  const last = callsOf[step] - 1;
  const call = random.chance(0.35) ? Math.min(random.whole(0, 2), last) : random.whole(0, last);
  return { name, step, call, form: random.number() };
}
