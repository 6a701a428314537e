// Original file: proto/trillian.proto

import type { QueuedLogLeaf as _trillian_QueuedLogLeaf, QueuedLogLeaf__Output as _trillian_QueuedLogLeaf__Output } from '../trillian/QueuedLogLeaf';

export interface QueueLeafResponse {
  'queuedLeaf'?: (_trillian_QueuedLogLeaf | null);
}

export interface QueueLeafResponse__Output {
  'queuedLeaf': (_trillian_QueuedLogLeaf__Output | null);
}
