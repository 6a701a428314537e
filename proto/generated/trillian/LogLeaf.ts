// Original file: proto/trillian.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../google/protobuf/Timestamp';
import type { Long } from '@grpc/proto-loader';

export interface LogLeaf {
  'merkleLeafHash'?: (Buffer | Uint8Array | string);
  'leafValue'?: (Buffer | Uint8Array | string);
  'extraData'?: (Buffer | Uint8Array | string);
  'leafIndex'?: (number | string | Long);
  'leafIdentityHash'?: (Buffer | Uint8Array | string);
  'integrateTimestamp'?: (_google_protobuf_Timestamp | null);
}

export interface LogLeaf__Output {
  'merkleLeafHash': (Buffer);
  'leafValue': (Buffer);
  'extraData': (Buffer);
  'leafIndex': (string);
  'leafIdentityHash': (Buffer);
  'integrateTimestamp': (_google_protobuf_Timestamp__Output | null);
}
