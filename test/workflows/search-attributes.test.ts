import { SimulatedLog } from './simulated-log';
import { KEYWORD } from '../../activities/steps/search-attributes';
import { lockId } from '../../workflows/messages';
import { searchAttributeNames } from '../../workflows/model/search-attributes';

/** A rotation in a namespace that has these search attributes, with their types. */
async function rotatedWith(
  attributes: Readonly<Record<string, number>>,
  outcome: 'completed' | 'rolledBack',
) {
  const log = new SimulatedLog();
  if (outcome === 'rolledBack') {
    log.fail('verify', 'before');
  }
  return await log.run(async ({ start }) => {
    Object.assign(log.world.temporal.searchAttributes, attributes);
    const handle = await start();
    const result = await handle.result();
    expect(result.outcome).toBe(outcome);
    return { log, asked: log.shownOf(handle.workflowId), lock: log.shownOf(lockId('lab')) };
  });
}

const all = Object.fromEntries(searchAttributeNames.map((name) => [name, KEYWORD]));

it('keeps log, phase, outcome and active tree where a list of workflows shows them', async () => {
  const { log, asked, lock } = await rotatedWith(all, 'completed');
  const shown = {
    RekorLog: 'lab',
    RekorRotationPhase: 'ended',
    RekorRotationOutcome: 'completed',
    RekorActiveTree: log.nextTree(),
  };
  expect([asked, lock]).toEqual([shown, shown]);
});

it('says of a rotation that was taken back that the current tree is active', async () => {
  const { log, lock } = await rotatedWith(all, 'rolledBack');
  expect(lock).toMatchObject({ RekorRotationOutcome: 'rolledBack', RekorActiveTree: log.active()[0] });
});

it.each([
  ['without any', {}],
  ['with one of another type', { ...all, RekorLog: 3 }],
  ['with some of others', { Team: KEYWORD, RekorLog: KEYWORD }],
])('sets only those that are there as Keywords: %s', async (_, attributes) => {
  const { lock } = await rotatedWith(attributes, 'completed');
  const there = Object.entries(attributes).flatMap(([name, type]) => (type === KEYWORD ? [name] : []));
  expect(Object.keys(lock).sort()).toEqual(there.filter((name) => name !== 'Team').sort());
});
