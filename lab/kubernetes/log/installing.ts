import { httpAnswers } from '../../readiness';
import type { ClusterApi } from '../api';
import type { LogShape } from './shape';
import type { Ways } from './ways';

/** What each part of a log is installed with. */
export interface Installing {
  readonly api: ClusterApi;
  readonly ways: Ways;
  readonly shape: LogShape;
  /** Asks until the answer is yes; after too long it throws `what`, with what the pods say. */
  readonly until: (what: string, ask: () => Promise<boolean>) => Promise<void>;
}

/** Waits until a log is served at this base URL; `what` is named when it is not. */
export async function untilServed(
  { until }: Pick<Installing, 'until'>,
  what: string,
  url: string,
): Promise<void> {
  await until(`${what} does not answer`, () => httpAnswers(`${url}/api/v1/log`, (status) => status === 200));
}
