/** A longer path of a field is no path that a person would read. */
const MOST_CHARACTERS = 200;

/**
 * The path of a field as it may be shown. What stands in brackets is left out unless it is a position: keys of a list are
 * values of the object, and ids among them have lost digits (Kubernetes 1.33 keeps them as floats in `managedFields`).
 */
export function shownField(path: string): string {
  const shown = path.replace(/\[[^\]]*\]/g, (key) => (/^\[\d+\]$/.test(key) ? key : '[...]'));
  return shown.length <= MOST_CHARACTERS && /^[\w.\-/[\]]+$/.test(shown)
    ? shown
    : 'a field whose name is not shown';
}
