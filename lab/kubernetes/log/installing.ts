import type { ClusterApi } from '../api';
import type { LogShape } from './shape';

/** What each part of a log is installed with. */
export interface Installing {
  readonly api: ClusterApi;
  readonly shape: LogShape;
  /** Asks until the answer is yes; after too long it throws `what`, with what the pods say. */
  readonly until: (what: string, ask: () => Promise<boolean>) => Promise<void>;
}
