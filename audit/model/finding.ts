import { printable } from '../../workflows/model/shown';
import { type AuditCode, catalogue } from './catalogue';

/** One thing that an audit has found. */
export interface AuditFinding {
  readonly code: AuditCode;
  /** Base URL of who served it. */
  readonly address: string;
  /** Of what it is said, in words, for example `Index 5 (leaf 0 of tree 12)`. */
  readonly where: string;
  /** What was found, in words. */
  readonly what: string;
}

/** Of one kind no more are kept: they say the same, and a log may have millions. */
const MOST_KEPT = 20;

/** What was found, a few of each kind, and how many there were. */
export class Findings {
  readonly #kept = new Map<AuditCode, AuditFinding[]>();
  readonly #counts = new Map<AuditCode, number>();
  readonly #told = new Set<string>();

  /** The same said twice counts once. What the log itself has said is made fit for a terminal here. */
  add(...findings: readonly AuditFinding[]): void {
    for (const { where, what, ...told } of findings) {
      const finding = { ...told, where: printable(where), what: printable(what) };
      const text = JSON.stringify(finding);
      const count = this.count(finding.code);
      if (this.#told.has(text)) continue;
      this.#counts.set(finding.code, count + 1);
      if (count >= MOST_KEPT) continue;
      this.#told.add(text);
      this.#kept.set(finding.code, [...(this.#kept.get(finding.code) ?? []), finding]);
    }
  }

  count(code: AuditCode): number {
    return this.#counts.get(code) ?? 0;
  }

  /** Those that are kept, in the order in which kinds were first found. */
  get kept(): readonly AuditFinding[] {
    return [...this.#kept.values()].flat();
  }

  /** Each kind that was found, with how often. */
  get counts(): readonly (readonly [AuditCode, number])[] {
    return [...this.#counts];
  }

  /** How many of them are faults. */
  get faults(): number {
    return this.counts.reduce((sum, [code, count]) => sum + (catalogue[code].fault ? count : 0), 0);
  }
}
