import { nextOpen, windowsOf } from '../../schedules/windows';
import { Random } from '../../simulation/random';
import { drawSchedules, type ScheduleScenario } from '../../simulation/schedule-scenario';

const MINUTE_MS = 60_000;

/** What is open in each minute of two hours, by the simulation's own word and by the code that it judges. */
function openIn({ policy, open }: ScheduleScenario, from: number) {
  const minutes = Array.from({ length: 120 }, (_, minute) => from + minute * MINUTE_MS + 1);
  const spans = minutes.map((time) => {
    const next = nextOpen(windowsOf(policy), time);
    return next && next.opensAt <= time ? next : null;
  });
  const own = minutes.map(
    (time) => open.find((span) => span.opensAt <= time && time < span.closesAt) ?? null,
  );
  return { spans, own };
}

it('knows by itself when windows are open, about each change of clocks and each midnight that seeds draw', () => {
  let open = 0;
  for (let seed = 1; seed <= 120; seed += 1) {
    const scenario = drawSchedules(new Random(seed), false);
    for (const schedule of scenario?.schedules ?? []) {
      const { spans, own } = openIn(schedule, (scenario?.beginsAt ?? 0) - 30 * MINUTE_MS);
      const apart = spans.findIndex((span, minute) => (span === null) !== (own[minute] === null));
      expect([seed, schedule.policy, apart]).toEqual([seed, schedule.policy, -1]);
      open += own.filter((span) => span !== null).length;
      // What is open day and night is another window each day, and here it is one.
      if (schedule.policy.windows) expect([seed, spans]).toEqual([seed, own]);
    }
  }
  expect(open).toBeGreaterThan(300);
});
