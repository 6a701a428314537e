import type { Json, JsonObject } from './exact-json';

/** What kind of thing an object is, as its own first two members say it. */
export interface ObjectKind {
  /** `v1`, or `GROUP/VERSION`. */
  readonly apiVersion: string;
  /** `ConfigMap` for example. */
  readonly kind: string;
}

/** Which object of a cluster. */
export interface ObjectReference extends ObjectKind {
  /** Of a kind that has namespaces, and of no other. */
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** An object as the API server answers it, every member of it, and every number as it was written. */
export interface KubernetesObject extends JsonObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMetadata;
}

export interface ObjectMetadata extends JsonObject {
  readonly name: string;
  readonly namespace?: string;
  /** Of this very object: another of the same name has another. */
  readonly uid?: string;
  /** Another after each change, for comparison alone. */
  readonly resourceVersion?: string;
}

/** An object as it is to be: applied, or created. */
export type DesiredObject = Omit<KubernetesObject, 'metadata'> & { readonly metadata: ObjectMetadata };

/** One operation of a JSON patch (RFC 6902); `path` as `jsonPointer` makes it. */
export type PatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: Json }
  | { readonly op: 'remove'; readonly path: string };

/** Where something stands in an object, one name or position after the other (RFC 6901). */
export function jsonPointer(...steps: readonly (string | number)[]): string {
  return steps.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
