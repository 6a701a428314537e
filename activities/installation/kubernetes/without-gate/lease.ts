import type { CallBounds } from '../../../clients/call-bounds';
import type { Cluster } from '../../../clients/kubernetes/cluster';
import { jsonPointer, type KubernetesObject, type PatchOperation } from '../../../clients/kubernetes/objects';
import { changedBySomeone } from '../../../errors/refusal-error';
import { changeObject } from '../change-object';
import { noOrderYet, type FenceKeeper, type KeptFence } from '../../../traffic/fence';
import { objectAt, textsOf } from '../json-path';
import { withAnnotations } from '../marking';
import { fenceLeaseName, inWords, objectInWords, reference, type Place } from '../names';

/** One call to the API server has not a share of a step that may take minutes. Milliseconds. */
export const CALL_MS = 2_000;

/**
 * What the Lease says, each in an annotation of its own: a number of it, `leaseTransitions`, may be set to a lower one by anybody,
 * and has not room for all of ours.
 */
const ANNOTATIONS = {
  number: 'rekor-rotate/order',
  attemptId: 'rekor-rotate/order-attempt',
  mode: 'rekor-rotate/order-mode',
  heldUntil: 'rekor-rotate/held-until',
  keptHaveEnded: 'rekor-rotate/kept-connections',
} as const;

const ENDED = 'ended';

/**
 * The fence in a Lease beside the log: an object of its own, which starts nothing anew, that no chart has, and for which a Role
 * needs no right to anything else. It stays, because a number that was followed must never be followed again.
 */
export function leaseFence(cluster: Cluster, place: Place): FenceKeeper {
  const lease = reference(place, 'Lease', fenceLeaseName(place));
  const name = inWords(lease);

  return {
    name,

    async read(signal) {
      const object = await cluster.get(lease, boundsOf(signal));
      return {
        kept: object ? keptIn(object) : noOrderYet,
        async replace(by, within) {
          const bounds = boundsOf(within);
          const found = object ?? (await made(bounds));
          await changeObject(cluster, found, operations(found, by), bounds);
        },
      };
    },
  };

  /**
   * A Lease without any order. Applied, because only so a right to create can be for one name; and without annotations, so that
   * of two who make it at a time neither takes away what the other one has written since.
   */
  async function made(bounds: CallBounds): Promise<KubernetesObject> {
    const { apiVersion, kind, namespace, name: called } = lease;
    const metadata = { name: called, ...(namespace !== undefined && { namespace }) };
    return await cluster.apply({ apiVersion, kind, metadata, spec: {} }, bounds);
  }
}

function boundsOf(signal: AbortSignal): CallBounds {
  return { signal, timeoutMs: CALL_MS };
}

function keptIn(lease: KubernetesObject): KeptFence {
  const said = textsOf(objectAt(lease, 'metadata', 'annotations'));
  return {
    number: numberIn(lease, said[ANNOTATIONS.number] ?? '0'),
    attemptId: said[ANNOTATIONS.attemptId] ?? null,
    mode: said[ANNOTATIONS.mode] === 'hold' ? 'hold' : 'pass',
    heldUntilMs: Date.parse(said[ANNOTATIONS.heldUntil] ?? '') || 0,
    keptHaveEnded: said[ANNOTATIONS.keptHaveEnded] === ENDED,
  };
}

/** Refuses CHANGED_BY_SOMEONE for what no order has: it may stand for a number that nothing may go below. */
function numberIn(lease: KubernetesObject, text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  const what = `The annotation ${ANNOTATIONS.number} of ${objectInWords(lease)}`;
  throw changedBySomeone(what, 'a whole number', 'a text that is none');
}

function operations(lease: KubernetesObject, by: KeptFence): PatchOperation[] {
  const { number, attemptId, mode, heldUntilMs, keptHaveEnded } = by;
  const wanted: Readonly<Record<string, string | null>> = {
    [ANNOTATIONS.number]: String(number),
    [ANNOTATIONS.attemptId]: attemptId,
    [ANNOTATIONS.mode]: mode,
    [ANNOTATIONS.heldUntil]: mode === 'hold' ? new Date(heldUntilMs).toISOString() : null,
    [ANNOTATIONS.keptHaveEnded]: keptHaveEnded ? ENDED : null,
  };
  const said = objectAt(lease, 'metadata', 'annotations');
  const changes = Object.entries(wanted).flatMap(([annotation, value]): PatchOperation[] => {
    const path = jsonPointer('metadata', 'annotations', annotation);
    if (value !== null) return [{ op: 'add', path, value }];
    return Object.hasOwn(said, annotation) ? [{ op: 'remove', path }] : [];
  });
  return [...withAnnotations(lease, 'metadata'), ...changes];
}
