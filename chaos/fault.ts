import { setTimeout as pause } from 'node:timers/promises';
import type { Fault } from './matrix';
import type { Process, Rig } from './rig';

/** A fault that has been injected. */
export interface Injected {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Resolves when the part is as before again: started, going on, or connected. */
  readonly healed: Promise<void>;
}

export interface FaultOptions {
  /** How long a part is stopped or cut off, in milliseconds. */
  readonly forMs: number;
  /** How long a killed part stays away before it is started again: so many milliseconds, or until this has come to pass. */
  readonly restartAfter: number | Promise<unknown>;
}

/** What was sent by a killed process and is on its way is taken as lost after this time, in milliseconds. */
const FORGOTTEN_AFTER_MS = 50;

/** Breaks a part; returns as soon as it is broken. */
export async function inject(
  rig: Rig,
  process: Process,
  fault: Fault,
  { forMs, restartAfter }: FaultOptions,
): Promise<Injected> {
  if (fault !== 'cut' && rig.pidOf(process) === null) {
    throw new Error(`There is no ${process} to ${fault}: it does not run at this moment.`);
  }
  const at = Date.now();
  switch (fault) {
    case 'kill': {
      await rig.kill(process);
      const healed = heard(
        (typeof restartAfter === 'number' ? pause(restartAfter) : restartAfter).then(() =>
          rig.restart(process),
        ),
      );
      if (process === 'blue' || process === 'green') {
        // Before the worker's next command to the slot, as systemd would have it: a stop afterwards is a stop.
        await healed;
      }
      await pause(FORGOTTEN_AFTER_MS);
      return { at, healed };
    }
    case 'stop':
      rig.signal(process, 'SIGSTOP');
      return {
        at,
        healed: heard(pause(forMs).then(() => rig.signal(process, 'SIGCONT'))),
      };
    case 'cut':
      return { at, healed: heard(rig.cut(process, forMs)) };
  }
}

/** Whoever injected the fault waits for its end only later. */
function heard(healed: Promise<void>): Promise<void> {
  healed.catch(() => undefined);
  return healed;
}
