import type { Text } from './text';

/** What keeps a rotation from waiting, or from doing what it is told. */
export const instructionRefusals = {
  NO_LULL: (found: { log: string; until: string; saw: string }): Text => ({
    message: `No lull of ${found.log} came by ${found.until}. ${found.saw}`,
    remedy:
      'Nothing was changed. The next time may be quieter; `rekor-rotate quiet-hours` says when to expect it.',
  }),
  TIME_OVER: (found: { log: string; notAfter: string; now: string }): Text => ({
    message: `The rotation of ${found.log} was not to begin after ${found.notAfter}, and it is ${found.now}: a worker or Temporal was away.`,
    remedy: 'Nothing was changed. Start it again, or let its schedule do so.',
  }),
  TOO_LATE_TO_HOLD: (found: { log: string; holdBy: string; now: string }): Text => ({
    message: `No write of ${found.log} was to wait after ${found.holdBy}, an hour after the end of its time, and it is ${found.now}.`,
    remedy: 'What was prepared is taken back. Start it again, or let its schedule do so.',
  }),
  INSTRUCTION_REFUSED: (found: { update: string; problems: readonly string[] }): Text => ({
    message: `${found.update} was not taken: ${found.problems.join(' ')}`,
    remedy:
      'Nothing has happened. `rekor-rotate status` and the details of the rotation say what it takes now, if anything.',
  }),
} as const;
