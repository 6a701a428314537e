// Original file: proto/trillian.proto

import type { LogLeaf as _trillian_LogLeaf, LogLeaf__Output as _trillian_LogLeaf__Output } from '../trillian/LogLeaf';
import type { SignedLogRoot as _trillian_SignedLogRoot, SignedLogRoot__Output as _trillian_SignedLogRoot__Output } from '../trillian/SignedLogRoot';

export interface GetLeavesByRangeResponse {
  'leaves'?: (_trillian_LogLeaf)[];
  'signedLogRoot'?: (_trillian_SignedLogRoot | null);
}

export interface GetLeavesByRangeResponse__Output {
  'leaves': (_trillian_LogLeaf__Output)[];
  'signedLogRoot': (_trillian_SignedLogRoot__Output | null);
}
