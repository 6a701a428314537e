// Original file: proto/trillian.proto

import type { SignedLogRoot as _trillian_SignedLogRoot, SignedLogRoot__Output as _trillian_SignedLogRoot__Output } from '../trillian/SignedLogRoot';

export interface InitLogResponse {
  'created'?: (_trillian_SignedLogRoot | null);
}

export interface InitLogResponse__Output {
  'created': (_trillian_SignedLogRoot__Output | null);
}
