import type { AuditedLog } from './audited-log';
import type { AuditCode } from './model/catalogue';
import type { Findings } from './model/finding';

/** What a rotation that is under way looks like, for as long as it takes. */
const ofRotation: ReadonlySet<AuditCode> = new Set([
  'INSTANCE_STALE',
  'PROCESSES_DIFFER',
  'LENGTH_STALE',
  'LENGTHS_DIFFER',
  'ENTRY_AFTER_END',
]);

/** Milliseconds before all is asked again. */
const PAUSE_MS = 5000;

/** What is found, once more after a pause where it looks like a rotation that is under way. */
export async function settled<Result extends { readonly findings: Findings }>(
  ask: () => Promise<Result>,
  log: AuditedLog | undefined,
  signal: AbortSignal,
): Promise<Result> {
  const result = await ask();
  if (!result.findings.counts.some(([code]) => ofRotation.has(code))) return result;
  await log?.pause(PAUSE_MS, signal);
  return await ask();
}
