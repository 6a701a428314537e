import type { InstallationState } from '../../../../workflows/model/installation';
import type { Attempts } from '../../installation';
import type { SlotFiles } from '../slot-pair';
import type { SlotCommands } from '../slot-commands';

/** A slot as it is configured. */
export interface ExaminedSlot extends SlotFiles {
  readonly name: string;
  readonly url: string;
  readonly commands: SlotCommands;
}

/** A log that runs in two slots on this host. */
export interface ExaminedHost {
  readonly log: string;
  readonly slots: readonly ExaminedSlot[];
  readonly state: InstallationState;
  readonly attempts: Attempts;
  /** The rehearsal of an attempt starts the next release a second time. */
  readonly startsTwice?: boolean;
  readonly signal: AbortSignal;
}
