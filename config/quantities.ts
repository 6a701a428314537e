/** Durations and sizes as people write them in the configuration: always with their unit. */

const millisecondsPer = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
const bytesPer = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

export const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;
export const SIZE = /^(\d+(?:\.\d+)?)(B|KiB|MiB|GiB)$/;

/** Milliseconds of a text like `250ms`, `3.5s` or `10m`; undefined when it is none, or not a whole millisecond. */
export function parseDuration(text: string): number | undefined {
  const [, number, unit] = DURATION.exec(text) ?? [];
  return whole(Number(number) * millisecondsPer[unit as keyof typeof millisecondsPer]);
}

/** Bytes of a text like `32MiB`; undefined when it is none, or not a whole byte. */
export function parseSize(text: string): number | undefined {
  const [, number, unit] = SIZE.exec(text) ?? [];
  return whole(Number(number) * bytesPer[unit as keyof typeof bytesPer]);
}

/** The shortest text that `parseDuration` reads back as the same number of milliseconds. */
export function formatDuration(ms: number): string {
  return format(ms, millisecondsPer, 'ms');
}

/** The shortest text that `parseSize` reads back as the same number of bytes. */
export function formatSize(bytes: number): string {
  return format(bytes, bytesPer, 'B');
}

/** Multiplication leaves 3.3 s at 3299.9999999999995 ms; what is further from a whole number was not one. */
function whole(value: number): number | undefined {
  const rounded = Math.round(value);
  return Math.abs(value - rounded) < 1e-6 && Number.isSafeInteger(rounded) ? rounded : undefined;
}

function format(value: number, units: Readonly<Record<string, number>>, smallest: string): string {
  const texts = Object.entries(units)
    .filter(([, per]) => value >= per && Number.isInteger((value / per) * 1000))
    .map(([unit, per]) => `${value / per}${unit}`);
  return texts.reduceRight(
    (best, text) => (text.length < best.length ? text : best),
    texts.at(-1) ?? `${value}${smallest}`,
  );
}
