// Original file: proto/trillian.proto

import type { Tree as _trillian_Tree, Tree__Output as _trillian_Tree__Output } from '../trillian/Tree';

export interface CreateTreeRequest {
  'tree'?: (_trillian_Tree | null);
}

export interface CreateTreeRequest__Output {
  'tree': (_trillian_Tree__Output | null);
}
