import { Context } from '@temporalio/activity';
import { nextOpen, windowsOf } from '../schedules/windows';
import type { Actions, CriticalInput } from '../workflows/model/actions';
import type { SchedulePolicy } from '../workflows/model/schedule-policy';
import type { ScheduleFacts } from '../workflows/model/scheduled';
import { replaced, type Mutant } from './mutant';
import type { Activities } from './temporal/worker';

export const scheduleMutantNames = [
  'nominal time decides',
  'clock not asked under the lock',
  'clock not asked before the hold',
  'rotated again in a window',
  'blackout forgotten',
  'writes not counted',
] as const;

const FAR_AWAY = '9999-12-31T00:00:00Z';

/** Faults that a scheduled rotation could have. */
export const scheduleMutants: Readonly<Record<(typeof scheduleMutantNames)[number], Mutant>> = {
  /** A run judges by the time at which it should have been started, and rotates then. */
  'nominal time decides': {
    activities: (activities) => ({
      ...activities,
      scheduleFacts: async (policy: SchedulePolicy): Promise<ScheduleFacts> => {
        const facts = await lookOf(activities)(policy);
        const { workflowId } = Context.current().info.workflowExecution ?? {};
        const [nominal = facts.now] = /\d{4}-\d\d-\d\dT[\d:]+Z$/.exec(workflowId ?? '') ?? [];
        const window = nextOpen(windowsOf(policy), Date.parse(nominal));
        return {
          ...facts,
          now: nominal,
          window: window && {
            opensAt: new Date(window.opensAt).toISOString(),
            closesAt: new Date(window.closesAt).toISOString(),
            text: '',
          },
        };
      },
    }),
    // The request alone would tell that the window has closed.
    bundle: (text) =>
      replaced(
        replaced(text, /notAfter: window\.closesAt,/, ''),
        /const \{ lull, atWindowEnd \} = policy;/,
        'const [lull, atWindowEnd] = [];',
      ),
  },

  /** Between the end of a wait and the beginning, nobody looks at the clock. */
  'clock not asked under the lock': {
    bundle: (text) =>
      replaced(text, /notAfter !== undefined && Date\.now\(\) > .*latestBeginning\)?\(notAfter\)/, 'false'),
  },

  /** A rotation that an outage has put off holds writes at whatever hour its worker comes back. */
  'clock not asked before the hold': {
    activities: (activities) => ({
      ...activities,
      holdToExpose: async (input: CriticalInput) => {
        const holdToExpose = activities['holdToExpose'] as Actions['holdToExpose'];
        return await holdToExpose({ ...input, holdBy: FAR_AWAY });
      },
    }),
  },

  /** What has become of the log since its window opened is not looked at. */
  'rotated again in a window': {
    bundle: (text) =>
      replaced(
        replaced(text, /figures\.activeSince >= window\.opensAt/, 'false'),
        /currentTree: activeTree, begin/,
        'begin',
      ),
  },

  /** A policy is followed without its blackout dates. */
  'blackout forgotten': {
    activities: (activities) => ({
      ...activities,
      scheduleFacts: async (policy: SchedulePolicy): Promise<ScheduleFacts> =>
        await lookOf(activities)({ ...policy, blackout: [] }),
    }),
  },

  /** Whatever clients do, it looks like a lull. */
  'writes not counted': {
    systems: (systems) => ({
      ...systems,
      traffic: {
        ...systems.traffic,
        writes: async (signal) => {
          const counted = await systems.traffic.writes(signal);
          return counted && { ...counted, accepted: 0, failed: 0 };
        },
      },
    }),
  },
};

function lookOf(activities: Activities): (policy: SchedulePolicy) => Promise<ScheduleFacts> {
  return activities['scheduleFacts'] as (policy: SchedulePolicy) => Promise<ScheduleFacts>;
}
