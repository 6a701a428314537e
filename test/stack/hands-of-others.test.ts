import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { RefusalCode } from '../../workflows/model/refusals';
import type { RotationResult } from '../../workflows/model/result';
import type { SlotSection } from '../../harness/configuration';
import { activeTrees } from '../../harness/log-state';
import type { LogUnderTest, Serving } from '../../harness/log-under-test';
import { caughtIn } from '../../harness/moments';
import { PATIENCE_MS, until, within } from '../../harness/waiting';
import { expectAsBefore, expectOutcome } from './outcome';
import { useLog } from './use-log';

type Moment = 'before the hold' | 'before the opening';

interface Change {
  readonly when: Moment;
  readonly what: string;
  readonly change: (log: LogUnderTest, serving: Serving, nextTreeId: string) => Promise<unknown>;
  readonly code: RefusalCode;
  /** What the result names. */
  readonly named: (serving: Serving, nextTreeId: string) => string;
  /** Is still so when the rotation has ended. */
  readonly stays?: (log: LogUnderTest, serving: Serving, nextTreeId: string) => Promise<void>;
  readonly mend?: (log: LogUnderTest, serving: Serving) => Promise<unknown>;
}

const stateOf = async (log: LogUnderTest, treeId: string): Promise<string | undefined> =>
  (await log.trees.list()).find(({ tree_id }) => tree_id === treeId)?.tree_state;

const changes: readonly Change[] = [
  {
    when: 'before the hold',
    what: 'the current tree is closed',
    change: (log, { activeTreeId }) => log.trees.setState(activeTreeId, 'DRAINING'),
    code: 'CHANGED_BY_SOMEONE',
    named: ({ activeTreeId }) => `The state of tree ${activeTreeId} was changed by someone else`,
    stays: async (log, { activeTreeId }) => {
      expect(await stateOf(log, activeTreeId)).toBe('DRAINING');
    },
    mend: (log, { activeTreeId }) => log.trees.setState(activeTreeId, 'ACTIVE'),
  },
  {
    when: 'before the hold',
    what: 'the next tree is opened',
    change: (log, _serving, nextTreeId) => log.trees.setState(nextTreeId, 'ACTIVE'),
    code: 'CHANGED_BY_SOMEONE',
    named: (_serving, nextTreeId) => `The state of tree ${nextTreeId} was changed by someone else`,
  },
  {
    when: 'before the hold',
    what: 'the next slot is started',
    change: (log, { next }) => log.byHand(next, 'start'),
    code: 'CHANGED_BY_SOMEONE',
    named: ({ next }) => `Rekor in slot ${next} was changed by someone else: expected stopped, found it runs`,
  },
  {
    when: 'before the hold',
    what: 'the gate follows a later order',
    change: async ({ gateItself }) => {
      const { number, instances } = await gateItself.state();
      await gateItself.send({ attemptId: 'someone', number: number + 50, instances });
    },
    code: 'NOT_OURS',
    named: () => 'no longer owns the log',
    stays: async (log) => {
      expect(await log.gateItself.state()).toMatchObject({ attemptId: 'someone', mode: 'pass' });
    },
  },
  {
    when: 'before the opening',
    what: 'the next tree is frozen',
    change: (log, _serving, nextTreeId) => log.trees.setState(nextTreeId, 'FROZEN'),
    code: 'CHANGED_BY_SOMEONE',
    named: (_serving, nextTreeId) =>
      `The state of tree ${nextTreeId} was changed by someone else: expected DRAINING, found FROZEN`,
    stays: async (log, _serving, nextTreeId) => {
      expect(await stateOf(log, nextTreeId)).toBe('FROZEN');
    },
  },
  {
    when: 'before the opening',
    what: 'the gate lets writes go',
    change: async ({ gateItself }) => {
      const { number, instances } = await gateItself.state();
      await gateItself.send({ attemptId: 'someone', number, instances });
    },
    code: 'CHANGED_BY_SOMEONE',
    named: () => 'The gate was changed by someone else',
  },
];

describe('a rotation in which someone else changes something', () => {
  const log = useLog({ rotation: { attempts: 1 } });

  /** The change happens after the preparation, or after the freeze. */
  async function changedIn(
    when: Moment,
    serving: Serving,
    change: (nextTreeId: string) => Promise<unknown>,
  ): Promise<() => Promise<RotationResult>> {
    const known = new Set((await log.trees.list()).map(({ tree_id }) => tree_id));
    // The rehearsed slot has been stopped again: nothing is left to be prepared.
    const rehearsed = log.slots.holdAfter(serving.next, 'stop');
    const catching = when === 'before the opening' ? caughtIn(log, 'freeze', serving) : undefined;
    const rotation = await log.start();
    await within('the end of the rehearsal', PATIENCE_MS, rehearsed.reached);
    const made = (await log.trees.list()).find(({ tree_id }) => !known.has(tree_id));
    if (catching) {
      rehearsed.release();
    }
    const held = (await catching) ?? rehearsed;
    await change(made?.tree_id ?? '');
    held.release();
    return () => log.result(rotation);
  }

  it.each(changes)(
    '$when names it and overwrites nothing: $what',
    async ({ when, change, code, named, stays, mend }) => {
      const before = await log.snapshot();
      const serving = await log.serving();
      let nextTreeId = '';
      const ended = await changedIn(when, serving, async (made) => {
        nextTreeId = made;
        await change(log, serving, made);
      });
      const result = await ended();

      // A log that belongs to a later order is left to it, which is no rollback.
      expectOutcome(result, code === 'NOT_OURS' ? 'refused' : 'rolledBack');
      expect(result.refusals.map((refusal) => refusal.code)).toEqual([code]);
      expect(result.reason).toContain(named(serving, nextTreeId));
      await stays?.(log, serving, nextTreeId);
      await mend?.(log, serving);
      expectAsBefore(before, await log.snapshot());
      await log.expectGoesOn();
    },
  );

  function slotOf(name: string): SlotSection {
    const slot = log.section.installation.slots[name];
    if (!slot) {
      throw new Error(`There is no slot ${name}.`);
    }
    return slot;
  }

  it("before the hold finds another list in the current slot's file, and leaves it there", async () => {
    const before = await log.snapshot();
    const serving = await log.serving();
    const { shardingFile } = slotOf(serving.current);
    const list = readFileSync(shardingFile, 'utf8');
    const another = `${list}- treeID: 5123456789012345678\n`;
    const ended = await changedIn('before the hold', serving, () => {
      writeFileSync(shardingFile, another);
      return Promise.resolve();
    });
    const result = await ended();

    expectOutcome(result, 'rolledBack');
    expect(result.reason).toContain(`${shardingFile} was changed by someone else`);
    expect(readFileSync(shardingFile, 'utf8')).toBe(another);
    writeFileSync(shardingFile, list);
    expectAsBefore(before, await log.snapshot());
    await log.expectNothingLost();
  });

  it("before the hold finds the next slot's file changed, and waits for a person rather than put it back", async () => {
    const before = await log.snapshot();
    const serving = await log.serving();
    const { environmentFile } = slotOf(serving.next);
    let staged = '';
    const ended = await changedIn('before the hold', serving, () => {
      staged = readFileSync(environmentFile, 'utf8');
      appendFileSync(environmentFile, 'SOMEONE=was here\n');
      return Promise.resolve();
    });
    const { commands } = await until('the undo of stage to be held', PATIENCE_MS, async () => {
      const { held } = await log.progress();
      return held?.step === 'undo stage' && held.reason.code === 'CHANGED_BY_SOMEONE' && held;
    });
    expect(readFileSync(environmentFile, 'utf8')).toBe(`${staged}SOMEONE=was here\n`);
    await log.expectWritable();

    await log.retry(() => execFileSync('/bin/sh', ['-ec', commands.join('\n')]));
    const result = await ended();
    expectOutcome(result, 'rolledBack');
    expect(result.reason).toContain(`${environmentFile} was changed by someone else`);
    expectAsBefore(before, await log.snapshot());
    await log.expectNothingLost();
  });

  it('whose current slot takes writes past the gate gives no index twice and loses nothing (H1, H11)', async () => {
    const { current, activeTreeId } = await log.serving();
    const stop = new AbortController();
    let refused = 0;
    let acknowledged = 0;
    const writer = (async () => {
      while (!stop.signal.aborted) {
        await log.uploadTo(current).then(
          () => (acknowledged += 1),
          () => (refused += 1),
        );
        await pause(20);
      }
    })();
    let result: RotationResult;
    try {
      await until('the direct writer to be acknowledged', PATIENCE_MS, () => acknowledged > 3);
      result = await log.rotate();
    } finally {
      stop.abort();
      await writer;
    }

    expect(['completed', 'rolledBack']).toContain(result.outcome);
    if (result.outcome === 'completed') {
      expect(refused).toBeGreaterThan(0);
    }
    const after = await log.snapshot();
    expect(activeTrees(after)).toEqual([result.nextTree?.treeId ?? activeTreeId]);
    await log.expectGoesOn();
  });

  it('has lost nothing in any of these', async () => {
    await log.expectNothingEverLost();
  });
});
