import { withoutCredentials } from '../without-credentials';
import type { Text, Words } from './text';

/** What a gate was told of sockets that it was passed. */
interface Passed {
  readonly fds: string | undefined;
  readonly pid: string | undefined;
}

const told = (variable: string, value: string | undefined): string =>
  value === undefined ? `${variable} is not set` : `${variable}="${value}"`;

/** What is wrong with the gate. */
export const gateRefusals = {
  GATE_TOKEN_REFUSED: (found: { log: string; url: string }): Text => ({
    message: `The write gate of ${found.log} at ${found.url} refuses the token of the configuration.`,
    remedy:
      'Let logs.NAME.gate.token name the file or variable with the token that the gate was started with.',
  }),
  GATE_AWAY: (found: { log: string; url: string }): Text => ({
    message: `The write gate of ${found.log} at ${found.url} does not answer, while other gates of the log do.`,
    remedy:
      'A rotation needs all gates in logs.NAME.gate.members. Bring it back; or stop it and take it out of the list, as docs/gate.md says.',
  }),
  GATE_UNINFORMED: (found: { log: string; url: string }): Text => ({
    message: `The write gate of ${found.log} at ${found.url} serves nobody: it does not know the last order that the other gates of the log were given.`,
    remedy:
      'See that all gates in logs.NAME.gate.members run and reach each other. Its GET /readyz says which of them do not answer; docs/gate.md says what to do when one is gone for good.',
  }),
  SENT_ELSEWHERE: (found: { log: string; instances: readonly string[]; known: readonly string[] }): Text => ({
    message: `Clients of ${found.log} are sent to ${found.instances.join(', ')}, which are not the instances of one release of its configuration (${found.known.join(', ')}).`,
    remedy: 'Make the addresses under logs.NAME.installation those that clients are sent to.',
  }),
  GATE_IS_HOLDING: (found: { log: string; number: number; by?: 'gate' | 'service' | undefined }): Text => ({
    message:
      found.by === 'service'
        ? `Order ${found.number} in the Lease of ${found.log} has not ended: another rotation is in its critical section.`
        : `The write gate of ${found.log} holds writes for order ${found.number}: another rotation is in its critical section.`,
    remedy:
      found.by === 'service'
        ? 'Wait until it has ended.'
        : 'Wait until it has ended; the gate lets writes go by itself when its lease ends.',
  }),
  WRITES_WILL_FAIL: (found: { log: string; which: string }): Text => ({
    message: `Nothing holds the writes of ${found.log} in a rotation. ${found.which}`,
    remedy: 'Put a write gate before Rekor, as docs/gate.md says; or rotate when few entries come.',
  }),
  GATE_NOT_CONFIGURED: (found: { log: string }): Text => ({
    message: `The configuration of ${found.log} has no write gate: logs.${found.log}.gate is absent.`,
    remedy:
      'Give it that section, as docs/gate.md says, before a gate is started; without one nothing of a gate runs for this log.',
  }),
  GATE_NOT_INSERTED: (found: Words<'log' | 'service'>): Text => ({
    message: `${found.service}, by which clients reach ${found.log}, does not lead to the write gate: a rotation would hold no write, and fail those that come meanwhile.`,
    remedy: `Insert the gate first: \`rekor-rotate gate insert ${found.log}\`. Take it out when the rotation has ended: \`rekor-rotate gate remove ${found.log}\`.`,
  }),
  GATE_NEVER_INSERTED: (found: Words<'log'>): Text => ({
    message: `The write gate of ${found.log} is not one that is inserted for a rotation: logs.${found.log}.gate.insertedAt is absent.`,
    remedy:
      'Nothing has to be inserted where clients always come through the gate. Else name their Service there, as docs/kubernetes.md says.',
  }),
  GATE_NOT_INSERTABLE: (found: Words<'log' | 'service' | 'reason'>): Text => ({
    message: `${found.service}, by which clients reach ${found.log}, cannot be led to the write gate: ${found.reason}. Nothing has been changed.`,
    remedy:
      'Mend that, then insert the gate again; docs/kubernetes.md says what the three Services have to be.',
  }),
  GATE_NOT_READY: (found: Words<'log' | 'gate' | 'reason'>): Text => ({
    message: `${found.gate} of ${found.log} could not serve its clients: ${found.reason}. Nothing has been changed.`,
    remedy: 'Start the gate as docs/gate.md says, wait until it serves the log, then insert it again.',
  }),
  GATE_IN_USE: (found: Words<'log' | 'service' | 'reason'>): Text => ({
    message: `${found.service} goes on leading clients of ${found.log} to the write gate: ${found.reason}.`,
    remedy: `Let the rotation end, or run \`rekor-rotate recover ${found.log}\` where it was interrupted; then take the gate out again.`,
  }),
  GATE_COUNTS_NO_CALLS: (found: Words<'log'>): Text => ({
    message: `The write gate of ${found.log} does not say how many writes it has sent to Rekor, so nobody can tell what passes it: it is of another version.`,
    remedy: 'Start the gate with the same version of rekor-rotate as this.',
  }),
  QUANTILE_UNKNOWN: (found: { log: string; reason: string }): Text => ({
    message: `What few writes are for ${found.log} cannot be known from its past, because ${found.reason}.`,
    remedy:
      'Give lull.writesPerMinute in place of lull.quantile; `rekor-rotate quiet-hours NAME` shows what the log says of its hours.',
  }),
  GATE_STATE_UNREADABLE: (found: { file: string; reason: string }): Text => ({
    message: `The write gate cannot use its state file ${found.file}: ${found.reason}.`,
    remedy:
      'Restore it from a backup; or move it away and start the gate with --first-instance naming the Rekor that serves now.',
  }),
  GATE_INSTANCES_MISSING: (found: { file: string; given?: string | undefined }): Text => ({
    message:
      found.given === undefined
        ? `The write gate does not know which Rekor to send to: there is no state file ${found.file} yet.`
        : `The write gate cannot send to "${withoutCredentials(found.given)}", and there is no state file ${found.file} yet.`,
    remedy:
      'Start it once with --first-instance http://HOST:PORT, the Rekor that serves now; afterwards it remembers.',
  }),
  GATE_ADDRESS_UNUSABLE: (found: { field: string; address: string; reason: string }): Text => ({
    message: `The write gate cannot listen on ${found.address} (logs.NAME.gate.${found.field}): ${found.reason}.`,
    remedy:
      'If the gate of this log runs already, leave it at that: a log has one gate. Otherwise end what listens there, or change the field.',
  }),
  GATE_SOCKETS_UNUSABLE: (found: Words<'reason'> & Passed): Text => ({
    message: `The write gate cannot use the sockets that it was passed (${told('LISTEN_FDS', found.fds)}, ${told('LISTEN_PID', found.pid)}): ${found.reason}.`,
    remedy:
      'Pass it both sockets as the units in deploy/systemd do, by a process that becomes the gate itself (exec). Without these variables it listens by itself.',
  }),
  GATE_ORDER_REFUSED: (found: { number: number; has: number; mode: string; by?: string }): Text =>
    found.has === found.number
      ? {
          message: `${found.by ?? 'The write gate'} does not hold writes for order ${found.number} any more (${found.mode}): the lease of that hold has ended.`,
          remedy: 'The attempt is taken back. If it repeats, see whether the gate was away or started again.',
        }
      : {
          message: `${found.by ?? 'The write gate'} refuses order ${found.number}: it follows order ${found.has} (${found.mode}).`,
          remedy: 'A later attempt or another rotation owns the log; this one takes itself back.',
        },
} as const;
