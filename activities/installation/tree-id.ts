/** Trillian makes tree ids from 1 to this (trillian:storage/tree_id.go); it is also the longest shard that Rekor can count. */
export const LARGEST_INT64 = 2n ** 63n - 1n;

/** What a tree id may be, in words for a refusal. */
export const TREE_ID_ALLOWED = wholeNumberAllowed(1n, LARGEST_INT64);

/**
 * True for a tree id, in decimal without a leading zero, which Rekor would read as octal. 0 is none: with it Rekor creates
 * a tree of its own (rekor:pkg/api/api.go).
 */
export function isTreeId(text: string): boolean {
  return isWholeNumber(text, 1n, LARGEST_INT64);
}

/** True for a number of this range that every reader takes alike: in decimal digits alone, without a leading zero. */
export function isWholeNumber(text: string, least: bigint, most: bigint): boolean {
  return /^(0|[1-9][0-9]{0,18})$/.test(text) && BigInt(text) >= least && BigInt(text) <= most;
}

/** What `isWholeNumber` asks for, in words for a refusal. */
export function wholeNumberAllowed(least: bigint, most: bigint): string {
  return `a whole number from ${least} to ${most}, in digits alone`;
}

/** What kind of number a text is, if any, without quoting it: it may be a misplaced secret (H28). */
export function kindOfNumber(text: string): string {
  if (/^[1-9][0-9]*$/.test(text)) return `a number of ${text.length} digits`;
  const [, kind = 'a text'] = kinds.find(([form]) => form.test(text)) ?? [];
  return kind;
}

const kinds: readonly (readonly [RegExp, string])[] = [
  [/^0$/, '0'],
  [/^0[0-9_]+$/, 'a number with a leading zero'],
  [/^-[0-9]+$/, 'a negative number'],
  [/^[-+]?0[xob][0-9a-f_]+$/i, 'a number that is not decimal'],
  [/^[0-9][0-9_]*$/, 'a number with underscores'],
  [/^[-+]?[0-9_]*\.?[0-9_]*(e[-+]?[0-9]+)?$/i, 'a number with a sign, a fraction or an exponent'],
];
