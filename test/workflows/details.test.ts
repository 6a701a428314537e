import { detailsOf } from '../../workflows/details';
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

  it('call an undo what the command line calls it', () => {
    const steps = [{ name: 'stage', ms: 12, kind: 'undone', attempt: 1 }] as const;
    expect(detailsOf(aProgress({ steps }))).toContain('- undo stage: 12 ms');
  });
});
