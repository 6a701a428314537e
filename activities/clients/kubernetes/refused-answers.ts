import { refuse, type RefusalError } from '../../errors/refusal-error';
import { isJsonObject, isList, type Json, type JsonObject } from './exact-json';
import { shownField } from './shown-field';

/** What was asked for, in words that may be shown. */
export interface Asked {
  /** The log's name in the configuration. */
  readonly log: string;
  /** As RBAC calls it. */
  readonly verb: string;
  /** Resource, namespace and name. */
  readonly object: string;
}

/**
 * All that an API server says when an operation of a JSON patch fails (k8s.io/apimachinery: pkg/api/errors/errors.go
 * `NewGenericServerResponse`; tried with Kubernetes 1.33): a `test`, or one whose path is not there.
 */
const TEST_FAILED = 'the server rejected our request due to an error in our request';

/**
 * What an answer with an error means that had no effect. Nothing is taken over from its message, which may quote an object,
 * a Secret with its data too (H28): codes and names of fields alone.
 *
 * @param status an HTTP status from 400 to 499.
 * @param body the answer as JSON.
 * @returns undefined for what no API server says: something between answered.
 */
export function refusalOfAnswer(
  asked: Asked,
  status: number,
  body: Json | undefined,
): RefusalError | undefined {
  if (!isStatus(body)) return undefined;
  switch (status) {
    case 403:
      return refuse('CLUSTER_DENIED', asked);
    case 404:
      return refuse('CLUSTER_OBJECT_MISSING', asked);
    case 409:
      return refuse('CLUSTER_CONFLICT', { ...asked, reason: conflictOf(body) });
    case 429:
      return undefined;
    default:
      return body.message === TEST_FAILED
        ? refuse('CLUSTER_CONFLICT', {
            ...asked,
            reason: 'a value in it is another than was expected, or not there',
          })
        : refuse('CLUSTER_INVALID', { ...asked, reason: invalidOf(status, body) });
  }
}

/** Whether an API server says with this that an object is not there. */
export function saysNotFound(status: number, body: Json | undefined): boolean {
  return status === 404 && isStatus(body) && body.reason === 'NotFound';
}

function isStatus(body: Json | undefined): body is JsonObject {
  return isJsonObject(body) && body.kind === 'Status' && body.apiVersion === 'v1';
}

function conflictOf(body: JsonObject): string {
  if (body.reason === 'AlreadyExists') return 'it is there already';
  const managed = causesOf(body).filter(({ reason }) => reason === 'FieldManagerConflict');
  if (managed.length > 0) return `somebody else manages ${fieldsOf(managed)}`;
  return 'it was changed since it was read, or is another object of this name';
}

function invalidOf(status: number, body: JsonObject): string {
  const causes = causesOf(body);
  if (causes.length > 0) return fieldsOf(causes);
  const strict = strictlyUnknown(body.message);
  return strict.length > 0 ? strict.join(', ') : `it names no field (${status})`;
}

/**
 * The fields that `fieldValidation=Strict` does not know, which are in its message alone (k8s.io/apimachinery:
 * pkg/runtime/error.go `strictDecodingError`). Only what ends with nothing but such fields is read.
 */
function strictlyUnknown(message: Json | undefined): string[] {
  if (typeof message !== 'string') return [];
  const [, list = ''] =
    /strict decoding error: ((?:(?:unknown|duplicate) field "[^"\\]*"(?:, )?)+)$/.exec(message) ?? [];
  return [...list.matchAll(/(unknown|duplicate) field "([^"]*)"/g)].map(
    ([, what = '', field = '']) => `${what} field ${shownField(field)}`,
  );
}

function causesOf(body: JsonObject): JsonObject[] {
  const details = body.details;
  const causes = isJsonObject(details) ? details.causes : undefined;
  return isList(causes) ? causes.filter(isJsonObject) : [];
}

function fieldsOf(causes: readonly JsonObject[]): string {
  const fields = causes.map(({ field }) => (typeof field === 'string' ? shownField(field) : 'no field'));
  return [...new Set(fields)].join(', ');
}
