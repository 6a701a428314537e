import {
  arrayFromPayloads,
  defaultFailureConverter,
  defaultPayloadConverter,
  mapToPayloads,
  toPayloads,
  type Payload,
  type ProtoFailure,
} from '@temporalio/common';
import { msToTs, tsToMs } from '@temporalio/common/lib/time';
import type { coresdk } from '@temporalio/proto';

export type Job = coresdk.workflow_activation.IWorkflowActivationJob;
export type Command = coresdk.workflow_commands.IWorkflowCommand;
export type Failure = ProtoFailure;
export type { Payload };

/** Values as they cross Temporal, and back. */
export function payloadsOf(values: readonly unknown[]): Payload[] {
  return toPayloads(defaultPayloadConverter, ...values) ?? [];
}

export function valuesOf(payloads: readonly Payload[] | null | undefined): unknown[] {
  return arrayFromPayloads(defaultPayloadConverter, payloads ? [...payloads] : undefined);
}

export function payloadOf(value: unknown): Payload {
  return defaultPayloadConverter.toPayload(value);
}

export function valueOf(payload: Payload | null | undefined): unknown {
  return payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
}

export function memoOf(memo: Record<string, unknown>): Record<string, Payload> {
  return mapToPayloads(defaultPayloadConverter, memo);
}

export function failureOf(error: unknown): Failure {
  return defaultFailureConverter.errorToFailure(error, defaultPayloadConverter);
}

export function errorOf(failure: Failure): Error {
  return defaultFailureConverter.failureToError(failure, defaultPayloadConverter);
}

/** A protobuf duration in milliseconds; undefined for none. */
export function milliseconds(duration: Parameters<typeof tsToMs>[0]): number | undefined {
  return duration ? tsToMs(duration) : undefined;
}

export const timestamp = msToTs;
