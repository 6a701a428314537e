import { detailsOf } from '../../workflows/details';
import type { Progress } from '../../workflows/messages';
import type { Waiting } from '../../workflows/model/waiting';
import {
  aCompletedResult,
  aHeld,
  aHeldResult,
  aPlannedResult,
  aProgress,
  aRefusedResult,
  aRolledBackResult,
  aSupersededResult,
} from '../cli/results';

function aWaiting(changes: Partial<Waiting> = {}): Waiting {
  return {
    for: 'approvals',
    text: 'It waits for 1 approval of its plan.',
    since: '2026-01-31T03:00:00.123Z',
    until: '2026-01-31T03:20:30Z',
    commands: [],
    ...changes,
  };
}

/** Positions of these texts, each of which has to be there. */
function positions(text: string, ...parts: readonly string[]): number[] {
  return parts.map((part) => {
    expect(text).toContain(part);
    return text.indexOf(part);
  });
}

const ascending = (numbers: readonly number[]): number[] => [...numbers].sort((one, other) => one - other);

describe('the current details', () => {
  const held = detailsOf(aProgress({ phase: 'undo freeze', note: 'Attempt 1 was undone.', held: aHeld() }));

  it('say the state, what Cancel would do, what is held and how to answer before the steps', () => {
    const found = positions(
      held,
      'undo freeze',
      'Cancel takes everything back',
      'Attempt 1 was undone.',
      '**Held: undo freeze**',
      'send the Update `resume`',
      'What is there now:',
      'By hand:',
      'Steps:',
      '- createTree: 42 ms',
    );
    expect(found).toEqual(ascending(found));
  });

  // Temporal's UI 2.42.1 cuts off the last paragraph.
  it.each([
    ['held', held],
    ['running', detailsOf(aProgress())],
    ['ended', detailsOf(aProgress({ phase: 'ended', result: aRolledBackResult() }))],
  ])('end with a blank paragraph: %s', (_, details) => {
    expect(details.split('\n\n').at(-1)).toBe('\u00a0');
  });

  it.each([
    [aCompletedResult(), 'ended: completed'],
    [aSupersededResult(), 'ended: completed with a third tree'],
    [aRolledBackResult(), 'ended: rolled back'],
    [aRefusedResult(), 'ended: refused'],
    [aPlannedResult(), 'ended: planned'],
    [aHeldResult(), 'ended: held, given up'],
  ])('of an ended rotation say in the heading how it ended, then why: %#', (result, how) => {
    const [heading, reason, ...rest] = detailsOf(aProgress({ phase: 'ended', steps: [], result })).split(
      '\n\n',
    );
    expect(heading).toContain(how);
    expect(reason).toBe(result.reason);
    expect(rest.join('\n')).toContain(result.steps.length > 0 ? '- createTree' : '');
  });

  it('of an ended rotation do not repeat in a note what the reason says', () => {
    const result = aRolledBackResult();
    const details = detailsOf(aProgress({ phase: 'ended', note: result.refusals[0]?.message ?? '', result }));
    expect(details.match(/2500 ms were not enough/g)).toHaveLength(1);
  });

  it('tell the first digits of a hash in a sentence, which is too wide there, and all of it in what is copied', () => {
    const hash = '0123456789abcdef'.repeat(4);
    const reason = { ...aRefusedResult(), reason: `The plan was ${hash}, is (${hash}).` };
    const asks = aProgress({
      waiting: aWaiting({
        text: `It waits for 1 approval of its plan ${hash}.`,
        commands: [{ title: 'To sign it', lines: [`echo plan=${hash} > file`] }],
      }),
      takes: [{ update: 'reject', input: `{"plan": "${hash}"}` }],
    });
    const details = detailsOf(asks);

    expect(details).toContain('of its plan 0123456789abcdef….');
    expect(details).toContain(`\`echo plan=${hash} > file\``);
    expect(details).toContain(`- \`reject\` with \`{"plan": "${hash}"}\``);
    const ended = detailsOf(aProgress({ phase: 'ended', result: reason }));
    expect(ended).toContain('The plan was 0123456789abcdef…, is (0123456789abcdef…).');
  });

  it.each([aRolledBackResult(), aCompletedResult()])(
    'say what clients paid, however it ended: $outcome',
    (result) => {
      const { stallMs, longestWaitMs, held, refused } = result.writes ?? {};
      expect(detailsOf(aProgress({ phase: 'ended', result }))).toContain(
        `- writes waited ${stallMs} ms, the longest ${longestWaitMs} ms; ${held} held, ${refused} refused`,
      );
    },
  );

  it('call an undo what the command line calls it', () => {
    const steps = [{ name: 'stage', ms: 12, kind: 'undone', attempt: 1 }] as const;
    expect(detailsOf(aProgress({ steps }))).toContain('- undo stage: 12 ms');
  });

  it.each<[string, Partial<Progress>, string]>([
    ['runs', { phase: 'stage' }, 'stage, since 2026-01-31T03:00:00Z'],
    [
      'lasts for a known time',
      { phase: 'soak', until: '2026-02-01T04:30:00Z' },
      'soak, since 2026-01-31T03:00:00Z, until 2026-02-01T04:30:00Z if nothing fails (1 d 1 h)',
    ],
    [
      'waits',
      { phase: 'approvals', waiting: aWaiting() },
      'waits for approvals, since 2026-01-31T03:00:00Z, until 2026-01-31T03:20:30Z at most (20 min 30 s). Nothing has failed.',
    ],
    ['is held', { phase: 'settle', held: aHeld({ step: 'settle' }), attempt: 2 }, 'held: settle, attempt 2'],
  ])('say in the heading what it does, since when and how long: of one that %s', (_, changes, heading) => {
    expect(detailsOf(aProgress(changes)).split('\n\n')[0]).toBe(
      `**${aProgress().rotationId ?? ''} of production** - ${heading}`,
    );
  });

  it('tell the Updates that are taken, once, and what can be run in a shell by what it is good for', () => {
    const takes = [{ update: 'reject', input: '{"plan": "abc"}' }] as const;
    const commands = [
      { title: 'To sign and send it, in a shell', lines: ['rekor-rotate approve production'] },
    ];
    const details = detailsOf(aProgress({ takes, waiting: aWaiting({ commands }) }));

    expect(details.match(/- `reject` with `\{"plan": "abc"\}`/g)).toHaveLength(1);
    expect(details).toContain('To sign and send it, in a shell:\n\n`rekor-rotate approve production`');
    expect(details.match(/2026-01-31T03:20:30/g)).toHaveLength(1);
  });

  it('say which workflow carries it out, and afterwards that it was carried out', () => {
    const carriedOutBy = 'log-production';
    const ended = (result: Progress['result']) =>
      detailsOf(aProgress({ carriedOutBy, phase: 'ended', result }));

    expect(detailsOf(aProgress({ carriedOutBy }))).toContain(
      'It is carried out by the workflow `log-production`',
    );
    expect(ended(aCompletedResult())).toContain('It was carried out by the workflow `log-production`');
    expect(ended(aRefusedResult())).not.toContain('carried out');
  });
});
