import { distance } from 'fastest-levenshtein';
import { refusal, type Refusal } from '../../workflows/model/refusals';

/** The refusal of a log that the configuration does not have, with the name that was probably meant. */
export function unknownLog(log: string, known: readonly string[]): Refusal {
  const nearest = known.find((name) => distance(name, log) <= 3);
  return refusal('UNKNOWN_LOG', { log, known, ...(nearest && { nearest }) });
}
