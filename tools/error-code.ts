/**
 * Whether an error of the operating system has one of these codes (`ENOENT` ...). Not by `instanceof Error`: under
 * jest the errors of Node's own modules are of another realm's class.
 */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    typeof error.code === 'string' &&
    codes.includes(error.code)
  );
}
