// Original file: proto/trillian.proto

import type { Tree as _trillian_Tree, Tree__Output as _trillian_Tree__Output } from '../trillian/Tree';

export interface ListTreesResponse {
  'tree'?: (_trillian_Tree)[];
}

export interface ListTreesResponse__Output {
  'tree': (_trillian_Tree__Output)[];
}
