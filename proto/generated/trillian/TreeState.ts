// Original file: proto/trillian.proto

export const TreeState = {
  UNKNOWN_TREE_STATE: 'UNKNOWN_TREE_STATE',
  ACTIVE: 'ACTIVE',
  FROZEN: 'FROZEN',
  DEPRECATED_SOFT_DELETED: 'DEPRECATED_SOFT_DELETED',
  DEPRECATED_HARD_DELETED: 'DEPRECATED_HARD_DELETED',
  DRAINING: 'DRAINING',
} as const;

export type TreeState =
  | 'UNKNOWN_TREE_STATE'
  | 0
  | 'ACTIVE'
  | 1
  | 'FROZEN'
  | 2
  | 'DEPRECATED_SOFT_DELETED'
  | 3
  | 'DEPRECATED_HARD_DELETED'
  | 4
  | 'DRAINING'
  | 5

export type TreeState__Output = typeof TreeState[keyof typeof TreeState]
