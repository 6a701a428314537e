const largest = 2n ** 63n - 1n;

/** What a tree id may be, in words for a refusal. */
export const TREE_ID_ALLOWED = `a whole number from 1 to ${largest}, in digits alone`;

/**
 * True for a tree id as Trillian makes them: 1 to 2^63-1 (trillian:storage/tree_id.go), in decimal without a leading
 * zero, which Rekor would read as octal. 0 is none: with it Rekor creates a tree of its own (rekor:pkg/api/api.go).
 */
export function isTreeId(text: string): boolean {
  return /^[1-9][0-9]{0,18}$/.test(text) && BigInt(text) <= largest;
}
