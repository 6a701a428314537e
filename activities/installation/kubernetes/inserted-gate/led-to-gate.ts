import { isDeepStrictEqual } from 'node:util';
import {
  readExactJson,
  writeExactJson,
  type Json,
  type JsonObject,
} from '../../../clients/kubernetes/exact-json';
import { jsonPointer, type KubernetesObject, type PatchOperation } from '../../../clients/kubernetes/objects';
import { changedBySomeone } from '../../../errors/refusal-error';
import { listAt, numberAt, objectAt, textAt, textsOf, valueAt, without } from '../json-path';
import type { LeadsTo } from '../../../traffic/insertion';
import { withAnnotations } from '../marking';
import { objectInWords } from '../names';

/** The Service of clients, led to the gate and back. Nothing here asks the cluster. */

/** What stands on the Service while a gate is inserted at it: where it led before, and where it was led. */
const INSERTED = 'rekor-rotate/gate-inserted';

/** What of a Service leads clients. */
interface Leading {
  readonly selector: Json;
  readonly ports: Json;
}

interface Kept {
  readonly former: Leading;
  readonly inserted: Leading;
}

/** Where clients of a gate end. */
export interface GatePods {
  /** That of the gate's own Service. */
  readonly selector: JsonObject;
  /** Where the gate listens in its pod. */
  readonly port: number;
}

/**
 * Where the Service leads now: `another gate` where it was led by us to pods that are not those of the gate any more. Refuses
 * CHANGED_BY_SOMEONE for anything else.
 *
 * @param rekor the labels of the pods of Rekor; undefined where nobody can tell.
 */
export function leadsTo(service: KubernetesObject, gate: GatePods, rekor: JsonObject | undefined): LeadsTo {
  const kept = keptOn(service);
  const now = leadingOf(service);
  const wanted = ledTo(gate, kept?.former ?? now);
  if (isDeepStrictEqual(now, wanted)) return 'gate';
  if (kept ? isDeepStrictEqual(now, kept.former) : findsPods(service, rekor)) return 'rekor';
  if (kept && isDeepStrictEqual(now, kept.inserted)) return 'another gate';
  throw changed(service, kept ? [kept.former, kept.inserted] : [wanted]);
}

/** What leads it to the gate, with what was there before kept on it; nothing where that is so. Refuses CHANGED_BY_SOMEONE. */
export function inserting(service: KubernetesObject, gate: GatePods): PatchOperation[] {
  const kept = keptOn(service);
  const now = leadingOf(service);
  const former = kept?.former ?? now;
  const inserted = ledTo(gate, former);
  if (isDeepStrictEqual(now, inserted)) return [];
  if (kept && !isDeepStrictEqual(now, former)) throw changed(service, [former, inserted]);
  const value = writeExactJson({ former: { ...former }, inserted: { ...inserted } });
  return [
    ...withAnnotations(service, 'metadata'),
    { op: 'add', path: jsonPointer('metadata', 'annotations', INSERTED), value },
    ...replacing(now, inserted),
  ];
}

/**
 * What puts back exactly what was there, and takes away what stands on it; nothing where nothing was inserted. Refuses
 * CHANGED_BY_SOMEONE, also where it leads to the gate and nothing says where it led before.
 */
export function takingOut(service: KubernetesObject, gate: GatePods): PatchOperation[] {
  const kept = keptOn(service);
  const now = leadingOf(service);
  if (kept === undefined) {
    if (isDeepStrictEqual(now.selector, gate.selector)) throw lost(service, 'nothing');
    return [];
  }
  const isFormer = isDeepStrictEqual(now, kept.former);
  if (!isFormer && !isDeepStrictEqual(now, kept.inserted)) {
    throw changed(service, [kept.former, kept.inserted]);
  }
  const others = without(objectAt(service, 'metadata', 'annotations'), INSERTED);
  const path = ['metadata', 'annotations', ...(Object.keys(others).length === 0 ? [] : [INSERTED])];
  return [...(isFormer ? [] : replacing(now, kept.former)), { op: 'remove', path: jsonPointer(...path) }];
}

function leadingOf(service: KubernetesObject): Leading {
  return { selector: objectAt(service, 'spec', 'selector'), ports: listAt(service, 'spec', 'ports') };
}

/** By its number: the names of ports are those of containers. */
function ledTo({ selector, port }: GatePods, { ports }: Leading): Leading {
  return {
    selector,
    ports: listAt({ ports }, 'ports').map((one) => ({ ...objectAt(one), targetPort: port })),
  };
}

function findsPods(service: KubernetesObject, labels: JsonObject | undefined): boolean {
  const selector = Object.entries(textsOf(objectAt(service, 'spec', 'selector')));
  return selector.length > 0 && selector.every(([label, value]) => !labels || labels[label] === value);
}

/** Refuses CHANGED_BY_SOMEONE for what is none: what was there before cannot be known then. */
function keptOn(service: KubernetesObject): Kept | undefined {
  const text = textAt(service, 'metadata', 'annotations', INSERTED);
  if (text === undefined) return undefined;
  const kept = readExactJson(text);
  const [former, inserted] = (['former', 'inserted'] as const).map((which) => {
    const [selector, ports] = [objectAt(kept, which, 'selector'), valueAt(kept, which, 'ports')];
    return Object.keys(selector).length > 0 && Array.isArray(ports) ? { selector, ports } : undefined;
  });
  if (former && inserted) return { former, inserted };
  throw lost(service, 'a text that is none');
}

function lost(service: KubernetesObject, found: string): Error {
  const what = `The annotation ${INSERTED} of ${objectInWords(service)}`;
  return changedBySomeone(what, 'where it led before', found);
}

function changed(service: KubernetesObject, expected: readonly Leading[]): Error {
  const what = `Where ${objectInWords(service)} leads`;
  return changedBySomeone(what, expected.map(inWords).join(', or '), inWords(leadingOf(service)));
}

function inWords({ selector, ports }: Leading): string {
  const labels = Object.entries(textsOf(objectAt({ selector }, 'selector')));
  const targets = listAt({ ports }, 'ports').map(
    (port) => textAt(port, 'targetPort') ?? `${numberAt(port, 'targetPort') ?? 'no port'}`,
  );
  return `${labels.map((label) => label.join('=')).join(',') || 'no pods'} at ${targets.join(', ') || 'no port'}`;
}

/** Whoever changed it between the reading and this is not overwritten. */
function replacing(now: Leading, by: Leading): PatchOperation[] {
  return (['selector', 'ports'] as const).flatMap((field): PatchOperation[] => {
    const path = jsonPointer('spec', field);
    return isDeepStrictEqual(now[field], by[field])
      ? []
      : [
          { op: 'test', path, value: now[field] },
          { op: 'replace', path, value: by[field] },
        ];
  });
}
