// Original file: proto/trillian.proto

export const TreeType = {
  UNKNOWN_TREE_TYPE: 'UNKNOWN_TREE_TYPE',
  LOG: 'LOG',
  PREORDERED_LOG: 'PREORDERED_LOG',
} as const;

export type TreeType =
  | 'UNKNOWN_TREE_TYPE'
  | 0
  | 'LOG'
  | 1
  | 'PREORDERED_LOG'
  | 3

export type TreeType__Output = typeof TreeType[keyof typeof TreeType]
