// Original file: proto/trillian.proto

import type { Long } from '@grpc/proto-loader';

export interface InitLogRequest {
  'logId'?: (number | string | Long);
}

export interface InitLogRequest__Output {
  'logId': (string);
}
