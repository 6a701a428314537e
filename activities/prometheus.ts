/** A page in Prometheus' text format, as far as counters without timestamps need it. */
export interface MetricsPage {
  /** The value of one counter with exactly this label; 0 for a counter that has not counted anything yet. */
  counter(name: string, label: string, value: string): number;
  /** Whether any sample of this name is on the page. */
  has(name: string): boolean;
}

/** NAME{LABELS} VALUE; Trillian's labels hold method names, tree ids and words: no quotes and no braces. */
const SAMPLE = /^([A-Za-z_:][\w:]*)(?:\{([^}]*)\})? (\S+)$/gm;

/** Reads a page; lines that are no samples are passed over. */
export function parseMetrics(text: string): MetricsPage {
  const samples = new Map<string, number>();
  const names = new Set<string>();
  for (const [, name = '', labels = '', value] of text.matchAll(SAMPLE)) {
    names.add(name);
    samples.set(`${name}{${labels}}`, Number(value));
  }
  return {
    counter: (name, label, value) => samples.get(`${name}{${label}="${value}"}`) ?? 0,
    has: (name) => names.has(name),
  };
}
