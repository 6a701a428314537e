import { Random } from '../../simulation/random';
import { TemporalServer } from '../../simulation/temporal/server';
import { valueOf } from '../../simulation/temporal/conversion';
import { WorkflowRuntime } from '../../simulation/temporal/runtime';
import { SimulatedWorker } from '../../simulation/temporal/worker';
import { VirtualTime } from '../../simulation/virtual-time';
import { workflowBundle } from '../workflow-bundle';

/**
 * The simulation uses what the SDK does not promise to keep (simulation/temporal/runtime.ts says what). After an update of
 * @temporalio/* these tests say what of it has changed.
 */
describe('the inside of the SDK is as the simulation needs it', () => {
  it.each([
    ['@temporalio/worker/lib/workflow/reusable-vm', 'ReusableVMWorkflowCreator'],
    ['@temporalio/worker/lib/workflow/vm-shared', 'globalHandlers'],
    ['@temporalio/common/lib/time', 'msToTs'],
    ['@temporalio/common/lib/time', 'tsToMs'],
    ['@temporalio/activity', 'asyncLocalStorage'],
    ['@temporalio/proto', 'coresdk'],
  ])('%s has %s', (module, name) => {
    expect(jest.requireActual<object>(module)).toHaveProperty(name);
  });

  it('runs a workflow with an activity to its end', async () => {
    const time = new VirtualTime();
    const failures: string[] = [];
    const temporal = new TemporalServer({
      time,
      random: new Random(1),
      runtime: await WorkflowRuntime.load(workflowBundle()),
      clientOf: () => undefined as never,
      onSink: () => undefined,
      attemptEnded: () => true,
      backsOff: () => undefined,
      givesUp: () => undefined,
      asks: () => undefined,
      trace: (line) => {
        if (line().includes('FAILED')) failures.push(line());
      },
    });
    const facts = {
      ...{ log: 'lab', owner: null, leftovers: [], drift: [], unread: [] },
      ...{ stuckAfterMs: 60_000, recovers: true },
    };
    temporal.workers.push(new SimulatedWorker('worker', { guard: () => Promise.resolve(facts) }));
    const run = temporal.start('guardLog', { workflowId: 'guard-1', args: [{ log: 'lab' }] });
    await time.run(() => !run.open || failures.length > 0);
    expect(failures).toEqual([]);
    expect(run.status).toBe('COMPLETED');
    expect(valueOf(run.result)).toEqual({ log: 'lab', alarms: [], recover: false });
  });
});
