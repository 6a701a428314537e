import { counted } from '../workflows/model/counted';
import type { GateInserted, GateMoved, PastGateEnd, PastGateSeen } from '../workers/inserted-gate';
import { wrap } from './text';

/** What a person is told of a gate that is inserted, and taken out. */

/** Where clients are led now. */
export function movedText({ service, changed }: GateMoved): string {
  return changed
    ? `${service} leads new connections of clients to the write gate now.`
    : `${service} leads to the write gate already. Nothing has been changed.`;
}

/** How the wait stands, on one line. */
export function seenText(
  { quietForMs, passedLately, throughGate, unread }: PastGateSeen,
  wantedMs: number,
): string {
  if (unread) return `Nothing could be counted: ${unread.message}`;
  const lately = `In the last ${seconds(wantedMs)} ${counted(passedLately, 'write')} passed the gate`;
  return `${lately}, and ${throughGate} came through it since the beginning. None has passed for ${seconds(quietForMs)}.`;
}

/** How it ended, and what to do then. */
export function insertedText(
  { log, service, waited }: GateInserted,
  wantedMs: number,
  columns: number,
): string {
  const paragraphs =
    waited === null
      ? [
          `Nobody has waited for connections that clients have kept: what is written over them still passes the gate.`,
          `Run \`rekor-rotate gate insert ${log}\` again to see whether any does.`,
        ]
      : waited.quiet
        ? [
            `For ${seconds(waited.quietForMs)} no write has reached Rekor past the gate. ${counted(waited.throughGate, 'write')} came through it.`,
            ...(waited.throughGate === 0
              ? ['Nobody has written anything: a connection that is kept, and idle, may still pass it.']
              : []),
            `Rotate now: \`rekor-rotate rotate ${log}\`. Then take the gate out: \`rekor-rotate gate remove ${log}\`.`,
          ]
        : [stillPassing(waited, wantedMs), whatToDo(log, service)];
  return paragraphs.flatMap((text) => wrap(text, columns)).join('\n');
}

function stillPassing({ passedLately, passed, tookMs, unread }: PastGateEnd, wantedMs: number): string {
  if (unread) {
    return `After ${seconds(tookMs)} it is not known what passes the gate. ${unread.message} ${unread.remedy}`;
  }
  return `After ${seconds(tookMs)} writes may still pass the gate: ${counted(passedLately, 'write')} in the last ${seconds(wantedMs)}, and ${passed} in all. A rotation now would fail those that pass it meanwhile: Rekor answers them with an error, because their tree is frozen. No index is ever given twice.`;
}

function whatToDo(log: string, service: string): string {
  return `They come over connections that clients or an ingress have kept since before, or not by ${service} at all. The gate stays inserted. Restart whoever keeps them, or wait, and run \`rekor-rotate gate insert ${log}\` again.`;
}

/** The end of `gate remove`. */
export function removedText({ service, changed }: GateMoved, columns: number): string {
  const text = changed
    ? `${service} leads to Rekor again, exactly as before. Connections that clients have kept still come through the gate: let it run until they have ended.`
    : `${service} leads to Rekor. Nothing was inserted there.`;
  return wrap(text, columns).join('\n');
}

function seconds(milliseconds: number): string {
  return `${Math.floor(milliseconds / 1000)} s`;
}
