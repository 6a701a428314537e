// Original file: proto/trillian.proto


export interface ListTreesRequest {
  'showDeleted'?: (boolean);
}

export interface ListTreesRequest__Output {
  'showDeleted': (boolean);
}
