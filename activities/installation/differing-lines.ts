/** How much two lists, or two texts, begin and end with alike. */
export function sharedEnds(
  before: ArrayLike<string>,
  after: ArrayLike<string>,
): { readonly start: number; readonly end: number } {
  const shortest = Math.min(before.length, after.length);
  let start = 0;
  while (start < shortest && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < shortest - start && before[before.length - 1 - end] === after[after.length - 1 - end])
    end += 1;
  return { start, end };
}

/** What differs between two lists of lines, after what they begin and end with alike. */
export function differingLines(
  before: readonly string[],
  after: readonly string[],
): { removed: string[]; added: string[] } {
  const { start, end } = sharedEnds(before, after);
  return { removed: before.slice(start, before.length - end), added: after.slice(start, after.length - end) };
}
