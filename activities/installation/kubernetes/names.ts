import { createHash } from 'node:crypto';
import type { Release } from '../../../workflows/model/installation';
import type { KubernetesObject, ObjectReference } from '../../clients/kubernetes/objects';

/** Which Deployment runs a log, and which Service is before it. */
export interface Place {
  /** The log's name in the configuration, for messages. */
  readonly log: string;
  readonly namespace: string;
  readonly deployment: string;
  readonly service: string;
}

/** The Services of a gate that is inserted for a rotation, in the namespace of the Deployment. */
export interface InsertedServices {
  /** That of clients. */
  readonly at: string;
  /** That of the gate itself. */
  readonly gateService: string;
}

/** Says to which attempt an object belongs, as `<rotation>/<attempt>`. */
export const ATTEMPT_ANNOTATION = 'rekor-rotate/attempt';

/** Of the pods of a next release: no selector of anything else finds them. */
export const SLOT_LABEL = 'rekor-rotate/slot';
export const ATTEMPT_LABEL = 'rekor-rotate/attempt';

/**
 * On a copy that gets its room from the standing Deployment: by which strategy, of how many pods that one had, and how often a
 * rotation has changed the number of the copy's own.
 */
export const STRATEGY_ANNOTATION = 'rekor-rotate/strategy';
export const PODS_ANNOTATION = 'rekor-rotate/pods';
export const SCALED_ANNOTATION = 'rekor-rotate/scaled';

/** On a standing Deployment, as long as a rotation has taken pods from it: whose attempt, and how many it is to have again. */
export const ROOM_ANNOTATION = 'rekor-rotate/room';

/** The two releases of a log: its standing Deployment, and the copy beside it, which lives as long as a rotation. */
export function releasesOf({ deployment }: Place): { readonly standing: Release; readonly copy: Release } {
  const copy = `${deployment}-next`;
  return {
    standing: { id: deployment, name: `Deployment ${deployment}` },
    copy: { id: copy, name: `Deployment ${copy}` },
  };
}

/** The Secret of the copy's launchers. A name of its own: where the list is a Secret, that has the name of the release. */
export function launcherSecretName(place: Place): string {
  return `${releasesOf(place).copy.id}-launcher`;
}

/** The Lease that keeps the fence of a log without a gate, between rotations, too. */
export function fenceLeaseName({ deployment }: Place): string {
  return `${deployment}-rotation`;
}

/** Which object of the log's namespace. */
export function reference(
  { namespace }: Place,
  kind: 'Deployment' | 'ConfigMap' | 'Secret' | 'Service' | 'Pod' | 'Lease',
  name: string,
): ObjectReference {
  return { apiVersion: versions[kind] ?? 'v1', kind, namespace, name };
}

const versions: Readonly<Record<string, string>> = {
  Deployment: 'apps/v1',
  Lease: 'coordination.k8s.io/v1',
};

/** An attempt as a label can say it: at most 63 letters, digits and few signs, of which a slash is none. */
export function attemptLabel(attemptId: string): string {
  return createHash('sha256').update(attemptId).digest('hex').slice(0, 16);
}

/** An object that was read, in words. */
export function objectInWords({ apiVersion, kind, metadata }: KubernetesObject): string {
  return inWords({ apiVersion, kind, namespace: metadata.namespace, name: metadata.name });
}

/** An object in words: its kind, namespace and name. */
export function inWords({ kind, namespace = '', name }: ObjectReference): string {
  return `${kind} ${namespace}/${name}`;
}
