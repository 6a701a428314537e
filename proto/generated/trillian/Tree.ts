// Original file: proto/trillian.proto

import type { TreeState as _trillian_TreeState, TreeState__Output as _trillian_TreeState__Output } from '../trillian/TreeState';
import type { TreeType as _trillian_TreeType, TreeType__Output as _trillian_TreeType__Output } from '../trillian/TreeType';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../google/protobuf/Duration';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../google/protobuf/Timestamp';
import type { Long } from '@grpc/proto-loader';

export interface Tree {
  'treeId'?: (number | string | Long);
  'treeState'?: (_trillian_TreeState);
  'treeType'?: (_trillian_TreeType);
  'displayName'?: (string);
  'description'?: (string);
  'maxRootDuration'?: (_google_protobuf_Duration | null);
  'updateTime'?: (_google_protobuf_Timestamp | null);
  'deleted'?: (boolean);
}

export interface Tree__Output {
  'treeId': (string);
  'treeState': (_trillian_TreeState__Output);
  'treeType': (_trillian_TreeType__Output);
  'displayName': (string);
  'description': (string);
  'maxRootDuration': (_google_protobuf_Duration__Output | null);
  'updateTime': (_google_protobuf_Timestamp__Output | null);
  'deleted': (boolean);
}
