import { proxyActivities } from '@temporalio/workflow';
import { askOnce } from './bounds';
import type { SectionWorkers, SeeingWorkers, WorkersSeen } from './model/section-workers';

/** So many others are asked at most, each for two seconds: nobody waits, but a rotation should go on. */
const ASKED_AT_MOST = 3;

/**
 * The worker that is to do a critical section, and one that stands by: another process that has just answered. Undefined where
 * there is none; a rotation needs only one.
 */
export async function sectionWorkers(log: string): Promise<SectionWorkers | undefined> {
  const { own: acting, others = [] } = (await seenBy(log)) ?? {};
  if (acting === undefined) {
    return undefined;
  }
  for (const standingBy of others.slice(0, ASKED_AT_MOST)) {
    if (await seenBy(log, standingBy)) {
      return { acting, standingBy };
    }
  }
  return undefined;
}

/** What a worker sees; null for one that does not answer. */
async function seenBy(log: string, taskQueue?: string): Promise<WorkersSeen | null> {
  const options = {
    ...askOnce('asks which workers are there'),
    ...(taskQueue !== undefined && { taskQueue }),
  };
  try {
    return await proxyActivities<SeeingWorkers>(options).workersSeen(log);
  } catch {
    return null;
  }
}
