// Original file: proto/trillian.proto

import type { Tree as _trillian_Tree, Tree__Output as _trillian_Tree__Output } from '../trillian/Tree';
import type { FieldMask as _google_protobuf_FieldMask, FieldMask__Output as _google_protobuf_FieldMask__Output } from '../google/protobuf/FieldMask';

export interface UpdateTreeRequest {
  'tree'?: (_trillian_Tree | null);
  'updateMask'?: (_google_protobuf_FieldMask | null);
}

export interface UpdateTreeRequest__Output {
  'tree': (_trillian_Tree__Output | null);
  'updateMask': (_google_protobuf_FieldMask__Output | null);
}
