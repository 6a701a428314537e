// Original file: proto/trillian.proto

import type { Long } from '@grpc/proto-loader';

export interface DeleteTreeRequest {
  'treeId'?: (number | string | Long);
}

export interface DeleteTreeRequest__Output {
  'treeId': (string);
}
