/**
 * Which leaves of a tree of `size` are verified: the first, the last and `wanted` random others, all of them
 * when there are fewer; ascending. `random` gives numbers in [0, 1). Floyd's sampling: each draw adds one leaf,
 * whatever `random` says, so it ends.
 */
export function sampleLeaves(size: number, wanted: number, random: () => number): number[] {
  if (size <= wanted + 2) {
    return Array.from({ length: size }, (_, leaf) => leaf);
  }
  const sample = new Set([0, size - 1]);
  const inner = size - 2;
  for (let bound = inner - wanted + 1; bound <= inner; bound += 1) {
    const drawn = 1 + Math.floor(random() * bound);
    sample.add(sample.has(drawn) ? bound : drawn);
  }
  return [...sample].sort((one, other) => one - other);
}
