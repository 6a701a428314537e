/** Times as people read and write them: ISO 8601 in UTC, to the second. */

/** A time in whole seconds of UTC, such as `2026-11-28T05:00:00Z`. */
export function inSeconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** The time so many minutes after another one, in whole seconds of UTC. */
export function inMinutes(nowMs: number, minutes: number): string {
  return inSeconds(nowMs + minutes * 60_000);
}

/** Whether it is a time of ISO 8601 in UTC, with seconds. */
export function isTime(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z$/.test(value) &&
    !Number.isNaN(Date.parse(value))
  );
}

/** How long that is, in its two largest units, such as `23 h 59 min`; nothing below a second. */
export function lasting(ms: number): string {
  const seconds = Math.max(Math.round(ms / 1000), 0);
  const amounts: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ];
  const first = amounts.findIndex(([amount]) => amount > 0);
  const shown = first < 0 ? [] : amounts.slice(first, first + 2).filter(([amount]) => amount > 0);
  return shown.length === 0 ? '0 s' : shown.map(([amount, unit]) => `${amount} ${unit}`).join(' ');
}
