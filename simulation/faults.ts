import type { AimedStep } from './steps';

/** What goes wrong with a call, or with the worker that makes it. */
export const callFaults = [
  'fails before',
  'fails after',
  'times out',
  'comes late',
  'is slow',
  'fails for good',
  'lands after the end',
  'answer lost',
  'worker killed',
  'worker stopped',
  'worker cut off',
] as const;
export type CallFault = (typeof callFaults)[number];

/** What goes wrong elsewhere at that moment. */
const otherFaults = [
  'cancel',
  'terminate',
  'reset',
  'Temporal lost',
  'Temporal down',
  'gate dies',
  'current Rekor dies',
  'current Rekor misreads',
  'next Rekor dies',
  'host reboots',
  'Trillian down',
  'signer stops',
  'quota exhausted',
  'slow database',
  'other database',
  'late leaf',
  'writer to current',
  'writer to next',
  'tree changed',
  'slot changed',
  'gate changed',
  'stale deploy',
  'pod lost',
  'pods scaled',
  'API server down',
  'gates die',
  'gate put back',
  'gate stopped',
  'gate cut off',
  'gates cut apart',
] as const;

/** What can happen without any call; a worker can be killed at any time. */
export type ElsewhereFault = (typeof otherFaults)[number] | 'worker killed';

/** Everything that goes wrong, in the words of the coverage table. */
export const faultNames = [...callFaults, ...otherFaults] as const;
export type FaultName = (typeof faultNames)[number];

export function isCallFault(name: FaultName): name is CallFault {
  return callFaults.some((fault) => fault === name);
}

/** One thing that goes wrong, once: at the call with this number, counted from 0, of this step. */
export interface Fault {
  readonly name: FaultName;
  readonly step: AimedStep;
  readonly call: number;
  /** Chooses among the forms of a fault; in [0, 1). */
  readonly form: number;
}
