/** What the command line exits with. The table of `--help` and README is made from these. */
export const exitCodes = {
  done: { code: 0, means: 'done: completed, superseded, planned, or nothing to do or object to' },
  failed: { code: 1, means: 'failed inside; the log of the worker says more' },
  usage: { code: 2, means: 'wrong usage or configuration; nothing was started' },
  refused: { code: 3, means: 'refused, skipped, or answered with no; nothing has been changed' },
  rolledBack: { code: 4, means: 'rolled back; the log serves as before' },
  unreachable: { code: 5, means: 'Temporal cannot be reached, or an address that `audit` asks' },
  held: { code: 6, means: 'held, and given up by a person; the result says what is left' },
  attention: {
    code: 7,
    means: 'somebody is needed: for an alarm, what is held or paused, a warning, or a fault',
  },
  unproven: { code: 8, means: 'a receipt does not hold' },
  detached: { code: 130, means: 'detached by Ctrl-C; a rotation that runs goes on' },
} as const;

/** The table for `--help`. */
export function exitCodeTable(): string {
  const rows = Object.values(exitCodes).map(({ code, means }) => `  ${String(code).padEnd(4)} ${means}`);
  return ['Exit codes:', ...rows].join('\n');
}
