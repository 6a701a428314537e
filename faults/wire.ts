import { setTimeout as pause } from 'node:timers/promises';

/** The way to a process, for a caller within this one that asks before each message whether it gets through. */
export interface Wire {
  /** Resolves when a message gets through: at once, or when the silence is over. Rejects with `Unreached` while it is refused. */
  through(): Promise<void>;
}

/** A wire that can be cut, as a Link can. */
export interface CuttableWire extends Wire {
  silence(): void;
  refuse(): Promise<void>;
  heal(): Promise<void>;
  /** It is refused for good. */
  end(): Promise<void>;
}

/** The message did not get through, and nobody has seen it. */
export class Unreached extends Error {}

const LOOK_EVERY_MS = 5;

export function cuttableWire(): CuttableWire {
  let state: 'through' | 'silent' | 'refused' = 'through';
  const turn = (to: typeof state): Promise<void> => {
    state = to;
    return Promise.resolve();
  };
  return {
    async through() {
      while (state === 'silent') await pause(LOOK_EVERY_MS);
      if (state === 'refused') throw new Unreached('the connection is refused');
    },
    silence: () => void (state = 'silent'),
    refuse: () => turn('refused'),
    heal: () => turn('through'),
    end: () => turn('refused'),
  };
}
