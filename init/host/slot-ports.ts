import type { FoundProgram } from '../../programs/found-program';
import { valueOf } from '../../programs/variables';
import type { Slot } from './slot-names';

/** The port that Rekor listens at, of its own. */
export function portOf(rekor: FoundProgram): number {
  return Number(valueOf(rekor, 'port') ?? '3000');
}

/** A port for the second slot, beside that of the first as the host sees it. */
export function otherPort(rekor: FoundProgram): number {
  const { ports } = rekor;
  const port = ports === 'host' ? portOf(rekor) : (ports.get(portOf(rekor)) ?? 3001);
  return port < 65535 ? port + 1 : 3001;
}

/** An example, so it must be none that a slot has, and another for each slot. */
export function freePort(rekor: FoundProgram, slots: readonly Slot[]): number {
  const taken = slots.map((slot) => otherPort(slot.rekor) - 1);
  const free = [3001, 3002, 3003, 3004].filter((port) => !taken.includes(port));
  return free[slots.findIndex((slot) => slot.rekor === rekor)] ?? 3001;
}
