// Original file: proto/trillian.proto

import type { LogLeaf as _trillian_LogLeaf, LogLeaf__Output as _trillian_LogLeaf__Output } from '../trillian/LogLeaf';
import type { Status as _trillian_Status, Status__Output as _trillian_Status__Output } from '../trillian/Status';

export interface QueuedLogLeaf {
  'leaf'?: (_trillian_LogLeaf | null);
  'status'?: (_trillian_Status | null);
}

export interface QueuedLogLeaf__Output {
  'leaf': (_trillian_LogLeaf__Output | null);
  'status': (_trillian_Status__Output | null);
}
