/** What a log's instances have signed: which entry at which virtual index. */
export class SignedIndexes {
  readonly #entryIds = new Map<number, Set<string>>();

  /** Takes every signed entry out of one answer of Rekor, whoever asked, and whether or not anyone got it. */
  see(answer: string): void {
    for (const [entryId, index] of signedEntries(answer)) {
      this.#entryIds.set(index, (this.#entryIds.get(index) ?? new Set()).add(entryId));
    }
  }

  get size(): number {
    return this.#entryIds.size;
  }

  /** One line for each index that was signed for more than one entry: DESIGN's second rule, broken. */
  signedTwice(): string[] {
    return [...this.#entryIds]
      .filter(([, entryIds]) => entryIds.size > 1)
      .map(([index, entryIds]) => `index ${index} was signed for ${[...entryIds].join(' and ')}`);
  }
}

interface AnsweredEntry {
  readonly logIndex?: unknown;
  readonly verification?: { readonly signedEntryTimestamp?: unknown };
}

/** An answer is one object of entries by their ids, or a list of such objects; everything else holds none. */
function signedEntries(answer: string): [string, number][] {
  let value: unknown;
  try {
    value = JSON.parse(answer);
  } catch {
    return [];
  }
  const objects = (Array.isArray(value) ? value : [value]) as unknown[];
  return objects.flatMap((object) =>
    Object.entries(typeof object === 'object' && object !== null ? object : {}).flatMap(
      ([entryId, entry]: [string, unknown]) => {
        const { logIndex, verification } = (entry ?? {}) as AnsweredEntry;
        const signed =
          /^[0-9a-f]{80}$/.test(entryId) &&
          typeof logIndex === 'number' &&
          typeof verification?.signedEntryTimestamp === 'string';
        return signed ? [[entryId, logIndex] as [string, number]] : [];
      },
    ),
  );
}
