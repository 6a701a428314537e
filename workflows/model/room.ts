import { counted } from './counted';

/** How the pods of a next release get their room, where that of the current one is in a cluster (`installation.strategy`). */

export const strategies = ['blue-green', 'rolling', 'recreate'] as const;
export type Strategy = (typeof strategies)[number];

/** One that takes the room from the current release. */
export type TakingStrategy = Exclude<Strategy, 'blue-green'>;

/** How many pods each of the two releases has. */
export interface PodsOfBoth {
  readonly current: number;
  readonly next: number;
}

/** From `stage` until writes wait; `pods`: how many the current release has without a rotation. */
export function podsWhileStaged(strategy: Strategy, pods: number): PodsOfBoth {
  switch (strategy) {
    case 'blue-green':
      return { current: pods, next: pods };
    case 'rolling':
      return podsOfHalves(pods);
    case 'recreate':
      return { current: pods, next: 0 };
  }
}

/** Both together have as many as the current one alone: while a copy gives its place to what it is settled into, for example. */
export function podsOfHalves(pods: number): PodsOfBoth {
  return { current: Math.ceil(pods / 2), next: Math.floor(pods / 2) };
}

/** What a plan has of the room that is taken from the current release. */
export interface PlannedRoom {
  readonly strategy: TakingStrategy;
  /** The current release, for people. */
  readonly of: string;
  /** How many pods that has. */
  readonly pods: number;
  /** How long its probes keep a pod from being sent anything that serves already; milliseconds. */
  readonly probesMs: number;
}

/**
 * The shortest critical section in which `recreate` may be tried. On the lab's cluster, with the image there, one took 2.1 s: 1.5 s
 * of it until the current pod had ended, that of the copy had come, and its Rekor was started. Others have slower nodes, images
 * to pull, and pods that take their time to end. Milliseconds.
 */
export const SHORTEST_RECREATE_MS = 10_000;

/** After so long without pods that run a step tells somebody, and goes on waiting; milliseconds. */
export const PODS_AWAITED_MS = { giveBack: 100_000, settle: 600_000 } as const;

/** Whether its start is rehearsed: not where that would end the pods that serve. */
export function isRehearsed(strategy: Strategy): boolean {
  return strategy !== 'recreate';
}

/** What it costs clients, in whole sentences; `criticalSectionMs`: the most that a rotation may take of it. */
export function roomInWords(
  { strategy, of, pods, probesMs }: PlannedRoom,
  criticalSectionMs: number,
): readonly string[] {
  const { current, next } = podsOfHalves(pods);
  if (strategy === 'rolling') {
    return [
      `${of} has ${counted(current, 'pod')} in place of ${pods} from stage on, and the next release ${next}`,
      'no write has to fail; a read that reaches a pod which ends is cut off, as whenever a Deployment is scaled down',
      'all pods are back when the rotation has ended',
    ];
  }
  const inSeconds = (ms: number): string => `${ms / 1000} s`;
  return [
    `in start the ${counted(pods, 'pod')} of ${of} ${pods === 1 ? 'ends' : 'end'} before those of the next release come: reads fail until clients are there, for ${inSeconds(criticalSectionMs)} at most, and writes wait`,
    `what is not through by then is taken back: reads fail, and writes wait or get 503, until ${of} serves again; after ${inSeconds(PODS_AWAITED_MS.giveBack)} somebody is told`,
    next > 0
      ? 'in settle each release has half of the pods, and no request has to fail'
      : `in settle the pod of the next release ends before that of ${of} comes: reads fail, and writes wait or get 503, until it is ready, for which its probes take ${inSeconds(probesMs)}; after ${inSeconds(PODS_AWAITED_MS.settle)} somebody is told`,
    'nothing is rehearsed, and images are pulled only when the next release starts',
  ];
}
