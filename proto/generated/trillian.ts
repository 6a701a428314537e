import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from './google/protobuf/Duration';
import type { FieldMask as _google_protobuf_FieldMask, FieldMask__Output as _google_protobuf_FieldMask__Output } from './google/protobuf/FieldMask';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from './google/protobuf/Timestamp';
import type { CreateTreeRequest as _trillian_CreateTreeRequest, CreateTreeRequest__Output as _trillian_CreateTreeRequest__Output } from './trillian/CreateTreeRequest';
import type { DeleteTreeRequest as _trillian_DeleteTreeRequest, DeleteTreeRequest__Output as _trillian_DeleteTreeRequest__Output } from './trillian/DeleteTreeRequest';
import type { GetLeavesByRangeRequest as _trillian_GetLeavesByRangeRequest, GetLeavesByRangeRequest__Output as _trillian_GetLeavesByRangeRequest__Output } from './trillian/GetLeavesByRangeRequest';
import type { GetLeavesByRangeResponse as _trillian_GetLeavesByRangeResponse, GetLeavesByRangeResponse__Output as _trillian_GetLeavesByRangeResponse__Output } from './trillian/GetLeavesByRangeResponse';
import type { GetTreeRequest as _trillian_GetTreeRequest, GetTreeRequest__Output as _trillian_GetTreeRequest__Output } from './trillian/GetTreeRequest';
import type { InitLogRequest as _trillian_InitLogRequest, InitLogRequest__Output as _trillian_InitLogRequest__Output } from './trillian/InitLogRequest';
import type { InitLogResponse as _trillian_InitLogResponse, InitLogResponse__Output as _trillian_InitLogResponse__Output } from './trillian/InitLogResponse';
import type { ListTreesRequest as _trillian_ListTreesRequest, ListTreesRequest__Output as _trillian_ListTreesRequest__Output } from './trillian/ListTreesRequest';
import type { ListTreesResponse as _trillian_ListTreesResponse, ListTreesResponse__Output as _trillian_ListTreesResponse__Output } from './trillian/ListTreesResponse';
import type { LogLeaf as _trillian_LogLeaf, LogLeaf__Output as _trillian_LogLeaf__Output } from './trillian/LogLeaf';
import type { QueueLeafRequest as _trillian_QueueLeafRequest, QueueLeafRequest__Output as _trillian_QueueLeafRequest__Output } from './trillian/QueueLeafRequest';
import type { QueueLeafResponse as _trillian_QueueLeafResponse, QueueLeafResponse__Output as _trillian_QueueLeafResponse__Output } from './trillian/QueueLeafResponse';
import type { QueuedLogLeaf as _trillian_QueuedLogLeaf, QueuedLogLeaf__Output as _trillian_QueuedLogLeaf__Output } from './trillian/QueuedLogLeaf';
import type { SignedLogRoot as _trillian_SignedLogRoot, SignedLogRoot__Output as _trillian_SignedLogRoot__Output } from './trillian/SignedLogRoot';
import type { Status as _trillian_Status, Status__Output as _trillian_Status__Output } from './trillian/Status';
import type { Tree as _trillian_Tree, Tree__Output as _trillian_Tree__Output } from './trillian/Tree';
import type { TrillianAdminClient as _trillian_TrillianAdminClient, TrillianAdminDefinition as _trillian_TrillianAdminDefinition } from './trillian/TrillianAdmin';
import type { TrillianLogClient as _trillian_TrillianLogClient, TrillianLogDefinition as _trillian_TrillianLogDefinition } from './trillian/TrillianLog';
import type { UpdateTreeRequest as _trillian_UpdateTreeRequest, UpdateTreeRequest__Output as _trillian_UpdateTreeRequest__Output } from './trillian/UpdateTreeRequest';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  google: {
    protobuf: {
      Duration: MessageTypeDefinition<_google_protobuf_Duration, _google_protobuf_Duration__Output>
      FieldMask: MessageTypeDefinition<_google_protobuf_FieldMask, _google_protobuf_FieldMask__Output>
      Timestamp: MessageTypeDefinition<_google_protobuf_Timestamp, _google_protobuf_Timestamp__Output>
    }
  }
  trillian: {
    CreateTreeRequest: MessageTypeDefinition<_trillian_CreateTreeRequest, _trillian_CreateTreeRequest__Output>
    DeleteTreeRequest: MessageTypeDefinition<_trillian_DeleteTreeRequest, _trillian_DeleteTreeRequest__Output>
    GetLeavesByRangeRequest: MessageTypeDefinition<_trillian_GetLeavesByRangeRequest, _trillian_GetLeavesByRangeRequest__Output>
    GetLeavesByRangeResponse: MessageTypeDefinition<_trillian_GetLeavesByRangeResponse, _trillian_GetLeavesByRangeResponse__Output>
    GetTreeRequest: MessageTypeDefinition<_trillian_GetTreeRequest, _trillian_GetTreeRequest__Output>
    InitLogRequest: MessageTypeDefinition<_trillian_InitLogRequest, _trillian_InitLogRequest__Output>
    InitLogResponse: MessageTypeDefinition<_trillian_InitLogResponse, _trillian_InitLogResponse__Output>
    ListTreesRequest: MessageTypeDefinition<_trillian_ListTreesRequest, _trillian_ListTreesRequest__Output>
    ListTreesResponse: MessageTypeDefinition<_trillian_ListTreesResponse, _trillian_ListTreesResponse__Output>
    LogLeaf: MessageTypeDefinition<_trillian_LogLeaf, _trillian_LogLeaf__Output>
    QueueLeafRequest: MessageTypeDefinition<_trillian_QueueLeafRequest, _trillian_QueueLeafRequest__Output>
    QueueLeafResponse: MessageTypeDefinition<_trillian_QueueLeafResponse, _trillian_QueueLeafResponse__Output>
    QueuedLogLeaf: MessageTypeDefinition<_trillian_QueuedLogLeaf, _trillian_QueuedLogLeaf__Output>
    SignedLogRoot: MessageTypeDefinition<_trillian_SignedLogRoot, _trillian_SignedLogRoot__Output>
    Status: MessageTypeDefinition<_trillian_Status, _trillian_Status__Output>
    Tree: MessageTypeDefinition<_trillian_Tree, _trillian_Tree__Output>
    TreeState: EnumTypeDefinition
    TreeType: EnumTypeDefinition
    TrillianAdmin: SubtypeConstructor<typeof grpc.Client, _trillian_TrillianAdminClient> & { service: _trillian_TrillianAdminDefinition }
    TrillianLog: SubtypeConstructor<typeof grpc.Client, _trillian_TrillianLogClient> & { service: _trillian_TrillianLogDefinition }
    UpdateTreeRequest: MessageTypeDefinition<_trillian_UpdateTreeRequest, _trillian_UpdateTreeRequest__Output>
  }
}

