import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { withinBounds } from '../../../activities/bounds/activity-bounds';
import { trackChange } from '../../../activities/clients/call-bounds';
import type { Intents, SectionIntents, SectionTask } from '../../../activities/successor/intents';
import { keepingIntents } from '../../../activities/successor/kept-section';
import type { BoundSystems, LogSystems } from '../../../activities/systems';
import type { CriticalInput } from '../../../workflows/model/actions';

const DEADLINE = Date.now() + 600_000;

const nothing: Intents = { began: [], mayLandUntil: 0, commandRuns: false };

/** Where everything is kept, in the order in which it was. */
class Kept implements SectionIntents {
  readonly all: (Intents | 'begun' | 'ended' | 'left')[] = [];
  tasks: SectionTask[] = [];
  beginFails: Error | undefined;
  keepFails: Error | undefined;
  endFails: Error | undefined;

  begin(_: string, task: SectionTask) {
    if (this.beginFails) return Promise.reject(this.beginFails);
    this.tasks.push(task);
    this.all.push('begun');
    return Promise.resolve({
      keep: (intents: Intents) => {
        if (this.keepFails) throw this.keepFails;
        this.all.push({ ...intents, began: [...intents.began] });
      },
      end: () => {
        if (this.endFails) throw this.endFails;
        this.all.push('ended');
      },
      leave: () => void this.all.push('left'),
    });
  }

  leftBehind(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}

/** Runs a section that keeps what it begins. */
async function section<Result>(
  intents: SectionIntents | undefined,
  act: (systems: BoundSystems) => Promise<Result>,
): Promise<Result> {
  const info = {
    ...{ startToCloseTimeoutMs: 60_000, base64TaskToken: 'dG9rZW4=' },
    workflowExecution: { workflowId: 'critical-section-production', runId: 'of this run' },
  };
  const environment = new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') });
  return await environment.run(() =>
    withinBounds('critical section', { times: {}, began: [] }, (bounds) =>
      keepingIntents(intents, (systems) => act(systems))(
        { ...({ log: 'production' } as LogSystems), bounds },
        {} as CriticalInput,
      ),
    ),
  );
}

/** Changes something, as clients do, and says what was kept when it was sent. */
function change({ bounds }: BoundSystems, kept: Kept): Kept['all'][number] | undefined {
  const tracked = trackChange('UpdateTree', bounds, DEADLINE);
  tracked.beforeSending();
  const sent = kept.all.at(-1);
  tracked.answered();
  return sent;
}

describe('a critical section that keeps what it begins', () => {
  it('does so before each step and each change, and forgets a change that is answered', async () => {
    const kept = new Kept();
    const sent = await section(kept, async (systems) => {
      await systems.bounds.step('hold', () => Promise.resolve());
      return await systems.bounds.step('freeze', () => Promise.resolve(change(systems, kept)));
    });
    const began = ['hold', 'freeze'];
    expect(sent).toEqual({ ...nothing, began, mayLandUntil: DEADLINE });
    expect(kept.all).toEqual([
      'begun',
      { ...nothing, began: ['hold'] },
      { ...nothing, began },
      { ...nothing, began, mayLandUntil: DEADLINE },
      { ...nothing, began },
      'ended',
    ]);
    expect(kept.tasks).toEqual([
      { taskToken: 'dG9rZW4=', workflowId: 'critical-section-production', runId: 'of this run' },
    ]);
  });

  it('keeps the latest of several changes that are not answered, and leaves it there while one may land', async () => {
    const kept = new Kept();
    await section(kept, ({ bounds }) => {
      trackChange('UpdateTree', bounds, DEADLINE).beforeSending();
      trackChange('QueueLeaf', bounds, DEADLINE - 5_000).beforeSending();
      return Promise.resolve();
    });
    expect(kept.all.slice(-2)).toEqual([{ ...nothing, mayLandUntil: DEADLINE }, 'left']);
  });

  it('keeps that a command runs, from before it does until it has ended', async () => {
    const kept = new Kept();
    const command = {};
    await section(kept, ({ bounds }) => {
      bounds.commands?.add(command);
      bounds.commands?.delete(command);
      return Promise.resolve();
    });
    expect(kept.all.slice(1, -1)).toEqual([{ ...nothing, commandRuns: true }, nothing]);
  });

  it('begins no step, and sends nothing, that cannot be kept', async () => {
    const kept = new Kept();
    const done: string[] = [];
    await section(kept, async (systems) => {
      kept.keepFails = new Error('no space');
      const step = systems.bounds.step('hold', () => Promise.resolve(done.push('hold')));
      await expect(step).rejects.toThrow('no space');
      expect(() => change(systems, kept)).toThrow('no space');
    });
    expect(done).toEqual([]);
  });

  it('ends also where it fails', async () => {
    const kept = new Kept();
    await expect(section(kept, () => Promise.reject(new Error('it broke')))).rejects.toThrow('it broke');
    expect(kept.all.at(-1)).toBe('ended');
  });

  it('has ended as it did where that cannot be kept', async () => {
    const kept = new Kept();
    kept.endFails = new Error('no space');
    expect(await section(kept, () => Promise.resolve('done'))).toBe('done');
  });

  it('is done all the same where nothing can be kept, or is to be', async () => {
    const kept = new Kept();
    kept.beginFails = new Error('read-only');
    expect(await section(kept, () => Promise.resolve('done'))).toBe('done');
    expect(await section(undefined, () => Promise.resolve('done'))).toBe('done');
    expect(kept.all).toEqual([]);
  });
});
