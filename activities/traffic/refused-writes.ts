import type { PlannedTraffic } from './traffic';

/**
 * From the exposure until the pods that served before have ended, in milliseconds: whoever ends them is asked for it at once,
 * waits until new connections follow, and Rekor ends within a second or two of being told to. A client that keeps its connection
 * busy may hold on to it for as long as its pod is given to end.
 */
const FORMER_END_MS = 5_000;

/**
 * Which writes fail where nothing holds them, and how many to expect, in whole sentences.
 *
 * @param followsMs from a move until no new connection ends where it led before.
 */
export async function refusedWrites(
  { criticalSectionMs, writesPerSecond }: PlannedTraffic,
  followsMs: number,
): Promise<string> {
  const perSecond = await writesPerSecond();
  const longestMs = criticalSectionMs + followsMs + FORMER_END_MS;
  return [
    `Rekor answers every write with 500 from the closing of the current tree until the next one is open: for at most ${seconds(criticalSectionMs)} in each attempt.`,
    `New connections may end at the former pods for ${seconds(followsMs)} more.`,
    `Connections that clients keep open stay there until these pods have ended, some ${seconds(FORMER_END_MS)} after that: what is written over them fails, and what is read over them lacks new entries.`,
    'A request that is under way when a pod ends may fail, too: once then, and once when the copy ends.',
    perSecond === null
      ? 'The log has too few entries to say how many that will be.'
      : `Of late there were ${perSecond.toPrecision(2)} writes a second: expect up to ${Math.ceil((perSecond * longestMs) / 1000)} to fail in each attempt.`,
  ].join(' ');
}

function seconds(ms: number): string {
  return `${ms / 1000} s`;
}
