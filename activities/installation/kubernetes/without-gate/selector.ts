import { isDeepStrictEqual } from 'node:util';
import { parseJson } from '../../../clients/parse-json';
import type { Json, JsonObject } from '../../../clients/kubernetes/exact-json';
import { jsonPointer, type KubernetesObject, type PatchOperation } from '../../../clients/kubernetes/objects';
import { changedBySomeone } from '../../../errors/refusal-error';
import { objectAt, textAt, textsOf, without } from '../json-path';
import { withAnnotations } from '../marking';
import { objectInWords, SLOT_LABEL } from '../names';

/** A selector of a Service, moved to other pods and back. Nothing here asks the cluster. */

/** What stands on a Service while it is moved; between rotations none of them does. */
const STAMP = 'rekor-rotate/order';
const FORMER = 'rekor-rotate/former-selector';
const INSTANCES = 'rekor-rotate/instances';

export type Selector = Readonly<Record<string, string>>;

/** Where a Service leads: to what stands between rotations, or to pods of a next release. */
export type LeadsTo =
  | { readonly to: 'standing' }
  | {
      readonly to: 'next';
      /** Base URLs that it was moved for: its pods may have been lost since. */
      readonly movedFor: readonly string[];
    };

/** The selector that it has now. */
export function selectorNow(service: KubernetesObject): Selector {
  return textsOf(objectAt(service, 'spec', 'selector'));
}

/** The order that it was stamped with last; undefined between rotations. */
export function stampOf(service: KubernetesObject): string | undefined {
  return textAt(service, 'metadata', 'annotations', STAMP);
}

/**
 * Refuses CHANGED_BY_SOMEONE for a selector that is neither the one of before, nor one for pods of a next release.
 *
 * @param pods the labels of the pods that stand between rotations; undefined where nobody can tell.
 */
export function leadsTo(service: KubernetesObject, pods: JsonObject | undefined): LeadsTo {
  const selector = selectorNow(service);
  const former = formerOf(service);
  if (former === undefined) {
    const finds = Object.entries(selector).every(([label, value]) => !pods || pods[label] === value);
    if (finds && Object.keys(selector).length > 0) return { to: 'standing' };
    throw changed(service, pods && textsOf(pods));
  }
  if (isDeepStrictEqual(selector, former)) return { to: 'standing' };
  if (!isOfNext(selector)) throw changed(service, former);
  return { to: 'next', movedFor: movedFor(service) };
}

/** Whether it is one that this gave: no label of another tool is in it. */
function isOfNext(selector: Selector): boolean {
  return selector[SLOT_LABEL] === 'next';
}

function changed(service: KubernetesObject, expected: Selector | undefined): Error {
  const words = (selector: Selector): string =>
    Object.entries(selector)
      .map(([label, value]) => `${label}=${value}`)
      .join(',') || 'nothing';
  const what = `The selector of ${objectInWords(service)}`;
  const now = words(selectorNow(service));
  return changedBySomeone(what, expected ? words(expected) : 'labels of Rekor', now);
}

/** What stamps it; nothing where it bears this very stamp. */
export function stamping(service: KubernetesObject, number: number): PatchOperation[] {
  return stampOf(service) === String(number)
    ? []
    : [...withAnnotations(service, 'metadata'), annotating(STAMP, String(number))];
}

/** What moves it to pods of a next release, and keeps where it led before. */
export function movingTo(
  service: KubernetesObject,
  selector: Selector,
  order: { readonly number: number; readonly instances: readonly string[] },
): PatchOperation[] {
  const now = selectorNow(service);
  if (isDeepStrictEqual(now, selector)) return stamping(service, order.number);
  const former = formerOf(service) ?? now;
  return [
    ...withAnnotations(service, 'metadata'),
    annotating(STAMP, String(order.number)),
    annotating(FORMER, JSON.stringify(former)),
    annotating(INSTANCES, JSON.stringify(order.instances)),
    ...replacing(now, selector),
  ];
}

/** What puts back exactly where it led before, and takes away all that stands on it meanwhile. */
export function puttingBack(service: KubernetesObject): PatchOperation[] {
  const now = selectorNow(service);
  const former = formerOf(service) ?? now;
  const said = objectAt(service, 'metadata', 'annotations');
  const own = [STAMP, FORMER, INSTANCES].filter((name) => Object.hasOwn(said, name));
  const isAllOurs = Object.keys(without(said, ...own)).length === 0;
  return [
    ...(isDeepStrictEqual(now, former) ? [] : replacing(now, former)),
    ...(own.length === 0
      ? []
      : isAllOurs
        ? [removing('metadata', 'annotations')]
        : own.map((name) => removing('metadata', 'annotations', name))),
  ];
}

/** The selector of before; undefined where it was not moved. Refuses CHANGED_BY_SOMEONE for what is none. */
function formerOf(service: KubernetesObject): Selector | undefined {
  const kept = textAt(service, 'metadata', 'annotations', FORMER);
  if (kept === undefined) return undefined;
  const parsed: unknown = parseJson(kept);
  const selector = textsOf(objectAt({ kept: parsed as Json }, 'kept'));
  if (Object.keys(selector).length > 0) return selector;
  const what = `The annotation ${FORMER} of ${objectInWords(service)}`;
  throw changedBySomeone(what, 'the selector of before', 'a text that is none');
}

function movedFor(service: KubernetesObject): readonly string[] {
  const kept: unknown = parseJson(textAt(service, 'metadata', 'annotations', INSTANCES) ?? '');
  const texts: readonly unknown[] = Array.isArray(kept) ? kept : [];
  return texts.flatMap((one) => (typeof one === 'string' && URL.canParse(one) ? [one] : []));
}

/** Whoever changed it between the reading and this is not overwritten. */
function replacing(now: Selector, by: Selector): PatchOperation[] {
  const path = jsonPointer('spec', 'selector');
  return [
    { op: 'test', path, value: now },
    { op: 'replace', path, value: by },
  ];
}

function annotating(name: string, value: string): PatchOperation {
  return { op: 'add', path: jsonPointer('metadata', 'annotations', name), value };
}

function removing(...path: readonly string[]): PatchOperation {
  return { op: 'remove', path: jsonPointer(...path) };
}
