// Original file: proto/trillian.proto

import type { Long } from '@grpc/proto-loader';

export interface GetTreeRequest {
  'treeId'?: (number | string | Long);
}

export interface GetTreeRequest__Output {
  'treeId': (string);
}
