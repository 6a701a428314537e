import { planRotation } from '../../workflows/model/plan';
import {
  podsOfHalves,
  podsWhileStaged,
  roomInWords,
  SHORTEST_RECREATE_MS,
  strategies,
  type PlannedRoom,
} from '../../workflows/model/room';
import { aFoundLog } from './found-log';

const room = (strategy: PlannedRoom['strategy'], pods: number): PlannedRoom => ({
  ...{ strategy, pods, of: 'Deployment rekor-server', probesMs: 10_000 },
});

function planWith(taken: PlannedRoom, criticalSectionMs: number, asked: object = {}) {
  const found = aFoundLog();
  const timing = { ...found.timing, criticalSectionMs };
  return planRotation(
    { log: 'production', ...asked },
    { log: 'production', checks: [], found: { ...found, timing, room: taken } },
  );
}

const codesOf = (result: ReturnType<typeof planRotation>): readonly string[] =>
  'refusals' in result ? result.refusals.map(({ code }) => code) : [];

describe('room that a next release takes', () => {
  it('is never more than what the current one has, but where it has its own', () => {
    for (const strategy of strategies) {
      for (const pods of [1, 2, 3, 4, 7]) {
        const { current, next } = podsWhileStaged(strategy, pods);
        expect(current + next).toBe(strategy === 'blue-green' ? 2 * pods : pods);
        const halves = podsOfHalves(pods);
        expect([halves.current + halves.next, halves.current >= halves.next]).toEqual([pods, true]);
      }
    }
  });

  it('is said in its plan: which requests fail, when, and for how long at most', () => {
    const words = (of: PlannedRoom): string => roomInWords(of, 20_000).join('; ');
    expect(words(room('rolling', 3))).toContain('Deployment rekor-server has 2 pods in place of 3');
    expect(words(room('rolling', 3))).toContain('no write has to fail');
    const one = words(room('recreate', 1));
    for (const said of [
      'reads fail until clients are there, for 20 s at most, and writes wait',
      'until Deployment rekor-server serves again; after 100 s somebody is told',
      'in settle the pod of the next release ends before that of Deployment rekor-server comes',
      'for which its probes take 10 s; after 600 s somebody is told',
      'nothing is rehearsed',
    ])
      expect(one).toContain(said);
    expect(words(room('recreate', 2))).toContain('in settle each release has half of the pods');
  });

  it('is a warning where requests fail, and part of the plan', () => {
    const result = planWith(room('recreate', 1), SHORTEST_RECREATE_MS);
    expect(result).toMatchObject({ plan: { room: { strategy: 'recreate' } } });
    expect(result.checks.find(({ code }) => code === 'ROOM_TAKEN')).toMatchObject({
      ...{ state: 'warning', reason: 'REQUESTS_WILL_FAIL' },
    });
    const rolling = planWith(room('rolling', 2), 2_500);
    expect(rolling.checks.find(({ code }) => code === 'ROOM_TAKEN')?.state).toBe('ok');
  });

  it('is refused in a section that is too short, with what was found and what is allowed', () => {
    const result = planWith(room('recreate', 1), SHORTEST_RECREATE_MS - 1);
    expect(result).toMatchObject({
      refusals: [
        { code: 'SECTION_TOO_SHORT', message: expect.stringMatching(/9999 ms.*10000 ms/) as string },
      ],
    });
    expect(codesOf(planWith(room('rolling', 2), 500))).toEqual([]);
  });

  it('is rehearsed only where nothing that serves ends for it', () => {
    expect(codesOf(planWith(room('recreate', 1), 20_000, { rehearse: true }))).toEqual([
      'CANNOT_BE_REHEARSED',
    ]);
    const rolling = planWith(room('rolling', 2), 2_500, { rehearse: true });
    expect(codesOf(rolling)).toEqual([]);
    expect(rolling.checks.find(({ code }) => code === 'MAY_BE_REHEARSED')?.state).toBe('ok');
  });
});
