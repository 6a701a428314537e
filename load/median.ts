/** The middle value, or the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  const ascending = [...values].sort((a, b) => a - b);
  const middle = (ascending.length - 1) / 2;
  const below = ascending[Math.floor(middle)] ?? NaN;
  const above = ascending[Math.ceil(middle)] ?? NaN;
  return (below + above) / 2;
}
