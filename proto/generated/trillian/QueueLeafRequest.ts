// Original file: proto/trillian.proto

import type { LogLeaf as _trillian_LogLeaf, LogLeaf__Output as _trillian_LogLeaf__Output } from '../trillian/LogLeaf';
import type { Long } from '@grpc/proto-loader';

export interface QueueLeafRequest {
  'logId'?: (number | string | Long);
  'leaf'?: (_trillian_LogLeaf | null);
}

export interface QueueLeafRequest__Output {
  'logId': (string);
  'leaf': (_trillian_LogLeaf__Output | null);
}
