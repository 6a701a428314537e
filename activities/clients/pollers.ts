import type { Connection } from '@temporalio/client';

/** A poller asks again at least every 70 s; one that was seen longer ago than that is gone. */
const POLLER_SEEN_WITHIN_MS = 75_000;

/** The kinds of tasks a rotation needs somebody for (temporal.api.enums.v1 `TaskQueueType`). */
export const taskQueueTypes = { workflows: 1, activities: 2 } as const;

/** Whoever asks a task queue for tasks. */
export interface Pollers {
  /** The identities of those who asked lately, the last one first. */
  readonly polling: readonly string[];
  /** When the last one asked, whether it still does or not; null when Temporal knows of none any more. */
  readonly lastAskedAt: Date | null;
}

/** Who asks a task queue for tasks of a kind, as Temporal remembers it: it forgets within minutes who asks no more. */
export async function pollersOf(
  { workflowService }: Pick<Connection, 'workflowService'>,
  { namespace, taskQueue }: { readonly namespace: string; readonly taskQueue: string },
  kind: keyof typeof taskQueueTypes,
  nowMs: number,
): Promise<Pollers> {
  const asked: object = {
    ...{ namespace, taskQueue: { name: taskQueue } },
    taskQueueType: taskQueueTypes[kind],
  };
  const { pollers } = await workflowService.describeTaskQueue(asked);
  const seen = pollers.map(({ identity, lastAccessTime }) => ({
    identity: identity ?? '',
    atMs: Number(lastAccessTime?.seconds ?? 0) * 1000,
  }));
  const lastFirst = seen.toSorted((one, other) => other.atMs - one.atMs);
  const lastMs = lastFirst[0]?.atMs ?? 0;
  return {
    polling: lastFirst
      .filter(({ atMs }) => atMs >= nowMs - POLLER_SEEN_WITHIN_MS)
      .map(({ identity }) => identity),
    lastAskedAt: lastMs === 0 ? null : new Date(lastMs),
  };
}
