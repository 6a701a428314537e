// Original file: proto/trillian.proto

import type { Long } from '@grpc/proto-loader';

export interface GetLeavesByRangeRequest {
  'logId'?: (number | string | Long);
  'startIndex'?: (number | string | Long);
  'count'?: (number | string | Long);
}

export interface GetLeavesByRangeRequest__Output {
  'logId': (string);
  'startIndex': (string);
  'count': (string);
}
