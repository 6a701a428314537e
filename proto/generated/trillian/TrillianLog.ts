// Original file: proto/trillian.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { GetLeavesByRangeRequest as _trillian_GetLeavesByRangeRequest, GetLeavesByRangeRequest__Output as _trillian_GetLeavesByRangeRequest__Output } from '../trillian/GetLeavesByRangeRequest';
import type { GetLeavesByRangeResponse as _trillian_GetLeavesByRangeResponse, GetLeavesByRangeResponse__Output as _trillian_GetLeavesByRangeResponse__Output } from '../trillian/GetLeavesByRangeResponse';
import type { InitLogRequest as _trillian_InitLogRequest, InitLogRequest__Output as _trillian_InitLogRequest__Output } from '../trillian/InitLogRequest';
import type { InitLogResponse as _trillian_InitLogResponse, InitLogResponse__Output as _trillian_InitLogResponse__Output } from '../trillian/InitLogResponse';
import type { QueueLeafRequest as _trillian_QueueLeafRequest, QueueLeafRequest__Output as _trillian_QueueLeafRequest__Output } from '../trillian/QueueLeafRequest';
import type { QueueLeafResponse as _trillian_QueueLeafResponse, QueueLeafResponse__Output as _trillian_QueueLeafResponse__Output } from '../trillian/QueueLeafResponse';

export interface TrillianLogClient extends grpc.Client {
  GetLeavesByRange(argument: _trillian_GetLeavesByRangeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_trillian_GetLeavesByRangeResponse__Output>): grpc.ClientUnaryCall;
  GetLeavesByRange(argument: _trillian_GetLeavesByRangeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_trillian_GetLeavesByRangeResponse__Output>): grpc.ClientUnaryCall;
  GetLeavesByRange(argument: _trillian_GetLeavesByRangeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_trillian_GetLeavesByRangeResponse__Output>): grpc.ClientUnaryCall;
  GetLeavesByRange(argument: _trillian_GetLeavesByRangeRequest, callback: grpc.requestCallback<_trillian_GetLeavesByRangeResponse__Output>): grpc.ClientUnaryCall;
  getLeavesByRange(argument: _trillian_GetLeavesByRangeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_trillian_GetLeavesByRangeResponse__Output>): grpc.ClientUnaryCall;
  getLeavesByRange(argument: _trillian_GetLeavesByRangeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_trillian_GetLeavesByRangeResponse__Output>): grpc.ClientUnaryCall;
  getLeavesByRange(argument: _trillian_GetLeavesByRangeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_trillian_GetLeavesByRangeResponse__Output>): grpc.ClientUnaryCall;
  getLeavesByRange(argument: _trillian_GetLeavesByRangeRequest, callback: grpc.requestCallback<_trillian_GetLeavesByRangeResponse__Output>): grpc.ClientUnaryCall;
  
  InitLog(argument: _trillian_InitLogRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_trillian_InitLogResponse__Output>): grpc.ClientUnaryCall;
  InitLog(argument: _trillian_InitLogRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_trillian_InitLogResponse__Output>): grpc.ClientUnaryCall;
  InitLog(argument: _trillian_InitLogRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_trillian_InitLogResponse__Output>): grpc.ClientUnaryCall;
  InitLog(argument: _trillian_InitLogRequest, callback: grpc.requestCallback<_trillian_InitLogResponse__Output>): grpc.ClientUnaryCall;
  initLog(argument: _trillian_InitLogRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_trillian_InitLogResponse__Output>): grpc.ClientUnaryCall;
  initLog(argument: _trillian_InitLogRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_trillian_InitLogResponse__Output>): grpc.ClientUnaryCall;
  initLog(argument: _trillian_InitLogRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_trillian_InitLogResponse__Output>): grpc.ClientUnaryCall;
  initLog(argument: _trillian_InitLogRequest, callback: grpc.requestCallback<_trillian_InitLogResponse__Output>): grpc.ClientUnaryCall;
  
  QueueLeaf(argument: _trillian_QueueLeafRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_trillian_QueueLeafResponse__Output>): grpc.ClientUnaryCall;
  QueueLeaf(argument: _trillian_QueueLeafRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_trillian_QueueLeafResponse__Output>): grpc.ClientUnaryCall;
  QueueLeaf(argument: _trillian_QueueLeafRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_trillian_QueueLeafResponse__Output>): grpc.ClientUnaryCall;
  QueueLeaf(argument: _trillian_QueueLeafRequest, callback: grpc.requestCallback<_trillian_QueueLeafResponse__Output>): grpc.ClientUnaryCall;
  queueLeaf(argument: _trillian_QueueLeafRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_trillian_QueueLeafResponse__Output>): grpc.ClientUnaryCall;
  queueLeaf(argument: _trillian_QueueLeafRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_trillian_QueueLeafResponse__Output>): grpc.ClientUnaryCall;
  queueLeaf(argument: _trillian_QueueLeafRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_trillian_QueueLeafResponse__Output>): grpc.ClientUnaryCall;
  queueLeaf(argument: _trillian_QueueLeafRequest, callback: grpc.requestCallback<_trillian_QueueLeafResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface TrillianLogHandlers extends grpc.UntypedServiceImplementation {
  GetLeavesByRange: grpc.handleUnaryCall<_trillian_GetLeavesByRangeRequest__Output, _trillian_GetLeavesByRangeResponse>;
  
  InitLog: grpc.handleUnaryCall<_trillian_InitLogRequest__Output, _trillian_InitLogResponse>;
  
  QueueLeaf: grpc.handleUnaryCall<_trillian_QueueLeafRequest__Output, _trillian_QueueLeafResponse>;
  
}

export interface TrillianLogDefinition extends grpc.ServiceDefinition {
  GetLeavesByRange: MethodDefinition<_trillian_GetLeavesByRangeRequest, _trillian_GetLeavesByRangeResponse, _trillian_GetLeavesByRangeRequest__Output, _trillian_GetLeavesByRangeResponse__Output>
  InitLog: MethodDefinition<_trillian_InitLogRequest, _trillian_InitLogResponse, _trillian_InitLogRequest__Output, _trillian_InitLogResponse__Output>
  QueueLeaf: MethodDefinition<_trillian_QueueLeafRequest, _trillian_QueueLeafResponse, _trillian_QueueLeafRequest__Output, _trillian_QueueLeafResponse__Output>
}
