import { knownShard, nextWindows } from '../../cli/schedule/outlook';
import type { SchedulePolicy } from '../../workflows/model/schedule-policy';

const policy: SchedulePolicy = { log: 'production', windows: ['mon-sun 02:00-05:00'], timeZone: 'UTC' };

/** The night of 2 December 2026 is under way. */
const night = Date.UTC(2026, 11, 2, 2);

const happensIn = (since: number | null): string[] =>
  nextWindows(policy, {
    now: night + 3_600_000,
    paused: false,
    fires: Array.from({ length: 400 }, (_, day) => night + day * 86_400_000),
    shard: since === null ? null : { since },
  }).map(({ happens }) => happens);

describe('the outlook of a schedule', () => {
  it('rotates in no window in which the active shard has begun', () => {
    const [tonight, tomorrow] = happensIn(night + 600_000);
    expect(tonight).toBe('nothing: the active shard is of this window already');
    expect(tomorrow).toBe('rotates');
  });

  it.each([null, night - 1])('rotates in one before which it began, as far as is known: %s', (since) => {
    expect(happensIn(since)[0]).toBe('rotates');
  });

  it('knows when the shard began by the last run that saw it', () => {
    const activeSince = new Date(night).toISOString();
    const run = { result: { due: { activeSince } } } as unknown as Parameters<typeof knownShard>[0][number];
    expect(knownShard([{}, run])).toEqual({ since: night });
  });
});
