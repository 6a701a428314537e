import type { Answer } from './answers';
import type { Call } from './upstream';

/** Leave to send one write to one of the instances to which writes go; it is used once, or given back. */
export interface Line {
  readonly instance: string;
  /** Rejects with NotSent, or with BrokenCall when Rekor may have seen the call; given up when `signal` says so. */
  send(call: Call, signal?: AbortSignal): Promise<Answer>;
  unused(): void;
}
