import type { Json } from '../../activities/clients/kubernetes/exact-json';
import { textAt } from '../../activities/installation/kubernetes/json-path';
import { wordsOf } from './container-program';

/** Programs of rekor-rotate, which are told by what they are started with: their image may have any name. */

/** Whether a container is the write gate, a worker, or another command of rekor-rotate. */
export function isOwnProgram(container: Json): boolean {
  const words = wordsOf(container);
  return (
    isGate(container) ||
    words.some((word) => OWN_FLAG.test(word)) ||
    /\brekor-rotate\b/.test(imageOf(container))
  );
}

/** Whether a container is the write gate: it alone is started with `gate` and a log. */
export function isGate(container: Json): boolean {
  const words = wordsOf(container);
  return words.includes('gate') && words.some((word) => /^--log(?:=|$)/.test(word));
}

/** The image of a container; it has the launcher where it is one of rekor-rotate. */
export function imageOf(container: Json): string {
  return textAt(container, 'image') ?? '';
}

const OWN_FLAG = /\/rekor-rotate\.yaml$/;
