// Original file: proto/trillian.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { CreateTreeRequest as _trillian_CreateTreeRequest, CreateTreeRequest__Output as _trillian_CreateTreeRequest__Output } from '../trillian/CreateTreeRequest';
import type { DeleteTreeRequest as _trillian_DeleteTreeRequest, DeleteTreeRequest__Output as _trillian_DeleteTreeRequest__Output } from '../trillian/DeleteTreeRequest';
import type { GetTreeRequest as _trillian_GetTreeRequest, GetTreeRequest__Output as _trillian_GetTreeRequest__Output } from '../trillian/GetTreeRequest';
import type { ListTreesRequest as _trillian_ListTreesRequest, ListTreesRequest__Output as _trillian_ListTreesRequest__Output } from '../trillian/ListTreesRequest';
import type { ListTreesResponse as _trillian_ListTreesResponse, ListTreesResponse__Output as _trillian_ListTreesResponse__Output } from '../trillian/ListTreesResponse';
import type { Tree as _trillian_Tree, Tree__Output as _trillian_Tree__Output } from '../trillian/Tree';
import type { UpdateTreeRequest as _trillian_UpdateTreeRequest, UpdateTreeRequest__Output as _trillian_UpdateTreeRequest__Output } from '../trillian/UpdateTreeRequest';

export interface TrillianAdminClient extends grpc.Client {
  CreateTree(argument: _trillian_CreateTreeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_trillian_Tree__Output>): grpc.ClientUnaryCall;
  CreateTree(argument: _trillian_CreateTreeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_trillian_Tree__Output>): grpc.ClientUnaryCall;
  CreateTree(argument: _trillian_CreateTreeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_trillian_Tree__Output>): grpc.ClientUnaryCall;
  CreateTree(argument: _trillian_CreateTreeRequest, callback: grpc.requestCallback<_trillian_Tree__Output>): grpc.ClientUnaryCall;
  createTree(argument: _trillian_CreateTreeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_trillian_Tree__Output>): grpc.ClientUnaryCall;
  createTree(argument: _trillian_CreateTreeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_trillian_Tree__Output>): grpc.ClientUnaryCall;
  createTree(argument: _trillian_CreateTreeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_trillian_Tree__Output>): grpc.ClientUnaryCall;
  createTree(argument: _trillian_CreateTreeRequest, callback: grpc.requestCallback<_trillian_Tree__Output>): grpc.ClientUnaryCall;
  
  DeleteTree(argument: _trillian_DeleteTreeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_trillian_Tree__Output>): grpc.ClientUnaryCall;
  DeleteTree(argument: _trillian_DeleteTreeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_trillian_Tree__Output>): grpc.ClientUnaryCall;
  DeleteTree(argument: _trillian_DeleteTreeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_trillian_Tree__Output>): grpc.ClientUnaryCall;
  DeleteTree(argument: _trillian_DeleteTreeRequest, callback: grpc.requestCallback<_trillian_Tree__Output>): grpc.ClientUnaryCall;
  deleteTree(argument: _trillian_DeleteTreeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_trillian_Tree__Output>): grpc.ClientUnaryCall;
  deleteTree(argument: _trillian_DeleteTreeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_trillian_Tree__Output>): grpc.ClientUnaryCall;
  deleteTree(argument: _trillian_DeleteTreeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_trillian_Tree__Output>): grpc.ClientUnaryCall;
  deleteTree(argument: _trillian_DeleteTreeRequest, callback: grpc.requestCallback<_trillian_Tree__Output>): grpc.ClientUnaryCall;
  
  GetTree(argument: _trillian_GetTreeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_trillian_Tree__Output>): grpc.ClientUnaryCall;
  GetTree(argument: _trillian_GetTreeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_trillian_Tree__Output>): grpc.ClientUnaryCall;
  GetTree(argument: _trillian_GetTreeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_trillian_Tree__Output>): grpc.ClientUnaryCall;
  GetTree(argument: _trillian_GetTreeRequest, callback: grpc.requestCallback<_trillian_Tree__Output>): grpc.ClientUnaryCall;
  getTree(argument: _trillian_GetTreeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_trillian_Tree__Output>): grpc.ClientUnaryCall;
  getTree(argument: _trillian_GetTreeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_trillian_Tree__Output>): grpc.ClientUnaryCall;
  getTree(argument: _trillian_GetTreeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_trillian_Tree__Output>): grpc.ClientUnaryCall;
  getTree(argument: _trillian_GetTreeRequest, callback: grpc.requestCallback<_trillian_Tree__Output>): grpc.ClientUnaryCall;
  
  ListTrees(argument: _trillian_ListTreesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_trillian_ListTreesResponse__Output>): grpc.ClientUnaryCall;
  ListTrees(argument: _trillian_ListTreesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_trillian_ListTreesResponse__Output>): grpc.ClientUnaryCall;
  ListTrees(argument: _trillian_ListTreesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_trillian_ListTreesResponse__Output>): grpc.ClientUnaryCall;
  ListTrees(argument: _trillian_ListTreesRequest, callback: grpc.requestCallback<_trillian_ListTreesResponse__Output>): grpc.ClientUnaryCall;
  listTrees(argument: _trillian_ListTreesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_trillian_ListTreesResponse__Output>): grpc.ClientUnaryCall;
  listTrees(argument: _trillian_ListTreesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_trillian_ListTreesResponse__Output>): grpc.ClientUnaryCall;
  listTrees(argument: _trillian_ListTreesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_trillian_ListTreesResponse__Output>): grpc.ClientUnaryCall;
  listTrees(argument: _trillian_ListTreesRequest, callback: grpc.requestCallback<_trillian_ListTreesResponse__Output>): grpc.ClientUnaryCall;
  
  UpdateTree(argument: _trillian_UpdateTreeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_trillian_Tree__Output>): grpc.ClientUnaryCall;
  UpdateTree(argument: _trillian_UpdateTreeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_trillian_Tree__Output>): grpc.ClientUnaryCall;
  UpdateTree(argument: _trillian_UpdateTreeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_trillian_Tree__Output>): grpc.ClientUnaryCall;
  UpdateTree(argument: _trillian_UpdateTreeRequest, callback: grpc.requestCallback<_trillian_Tree__Output>): grpc.ClientUnaryCall;
  updateTree(argument: _trillian_UpdateTreeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_trillian_Tree__Output>): grpc.ClientUnaryCall;
  updateTree(argument: _trillian_UpdateTreeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_trillian_Tree__Output>): grpc.ClientUnaryCall;
  updateTree(argument: _trillian_UpdateTreeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_trillian_Tree__Output>): grpc.ClientUnaryCall;
  updateTree(argument: _trillian_UpdateTreeRequest, callback: grpc.requestCallback<_trillian_Tree__Output>): grpc.ClientUnaryCall;
  
}

export interface TrillianAdminHandlers extends grpc.UntypedServiceImplementation {
  CreateTree: grpc.handleUnaryCall<_trillian_CreateTreeRequest__Output, _trillian_Tree>;
  
  DeleteTree: grpc.handleUnaryCall<_trillian_DeleteTreeRequest__Output, _trillian_Tree>;
  
  GetTree: grpc.handleUnaryCall<_trillian_GetTreeRequest__Output, _trillian_Tree>;
  
  ListTrees: grpc.handleUnaryCall<_trillian_ListTreesRequest__Output, _trillian_ListTreesResponse>;
  
  UpdateTree: grpc.handleUnaryCall<_trillian_UpdateTreeRequest__Output, _trillian_Tree>;
  
}

export interface TrillianAdminDefinition extends grpc.ServiceDefinition {
  CreateTree: MethodDefinition<_trillian_CreateTreeRequest, _trillian_Tree, _trillian_CreateTreeRequest__Output, _trillian_Tree__Output>
  DeleteTree: MethodDefinition<_trillian_DeleteTreeRequest, _trillian_Tree, _trillian_DeleteTreeRequest__Output, _trillian_Tree__Output>
  GetTree: MethodDefinition<_trillian_GetTreeRequest, _trillian_Tree, _trillian_GetTreeRequest__Output, _trillian_Tree__Output>
  ListTrees: MethodDefinition<_trillian_ListTreesRequest, _trillian_ListTreesResponse, _trillian_ListTreesRequest__Output, _trillian_ListTreesResponse__Output>
  UpdateTree: MethodDefinition<_trillian_UpdateTreeRequest, _trillian_Tree, _trillian_UpdateTreeRequest__Output, _trillian_Tree__Output>
}
