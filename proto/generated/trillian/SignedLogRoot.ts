// Original file: proto/trillian.proto


export interface SignedLogRoot {
  'logRoot'?: (Buffer | Uint8Array | string);
}

export interface SignedLogRoot__Output {
  'logRoot': (Buffer);
}
