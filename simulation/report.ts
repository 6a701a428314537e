import { counted } from '../workflows/model/counted';
import { faultNames, type FaultName } from './faults';
import type { SeedResult, SeedsOf } from './seed-process';
import { steps, type AimedStep } from './steps';

/** Print at most so many violations in full. */
const SHOWN = 20;

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** Adds up what seeds came to, and says it in 80 columns. */
export class Report {
  violations = 0;
  seeds = 0;
  readonly #of: SeedsOf;
  readonly #outcomes = new Map<string, number>();
  readonly #scheduled = new Map<string, number>();
  readonly #covered = new Map<string, number>();
  readonly #broken: { readonly seed: number; readonly lines: readonly string[] }[] = [];
  #quiet = 0;
  #virtualMs = 0;

  constructor(of: SeedsOf) {
    this.#of = of;
  }

  add(result: SeedResult): void {
    this.seeds += 1;
    this.#quiet += result.quiet ? 1 : 0;
    this.#virtualMs += result.virtualMs;
    for (const outcome of result.outcomes) {
      this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1);
    }
    for (const end of result.scheduled) {
      this.#scheduled.set(end, (this.#scheduled.get(end) ?? 0) + 1);
    }
    for (const [step, fault] of result.covered) {
      const cell = cellOf(step, fault);
      this.#covered.set(cell, (this.#covered.get(cell) ?? 0) + 1);
    }
    if (result.violations.length > 0) {
      this.violations += 1;
      const lines = result.violations.map(
        ({ rule, what, atMs }) => `rule ${rule}, after ${atMs} ms: ${what}`,
      );
      this.#broken.push({ seed: result.seed, lines });
      console.log(`seed ${result.seed}: ${lines[0] ?? ''}`);
    }
    if (this.seeds % 100 === 0) {
      console.log(`${counted(this.seeds, 'seed')}, ${counted(this.violations, 'violation')} so far`);
    }
  }

  text(): string {
    const outcomes = [...this.#outcomes].map(([outcome, count]) => `${outcome} ${count}`).join(', ');
    return [
      '',
      ...this.#table(),
      '',
      `outcomes: ${outcomes || 'none'}; without any fault: ${this.#quiet}`,
      `${Math.round(this.#virtualMs / 3_600_000)} hours of virtual time`,
      ...this.#violationLines(),
      `${counted(this.seeds, 'seed')}, ${counted(this.violations, 'violation')}`,
    ].join('\n');
  }

  #table(): string[] {
    const rows = steps.map((step) => {
      const cells = faultNames.map((fault) => sign(this.#covered.get(cellOf(step, fault)) ?? 0));
      return `${step.padEnd(16)} ${inFours(cells)}`;
    });
    const legend = faultNames.map((fault, position) => `${LETTERS[position] ?? '?'} ${fault}`);
    const scheduled = [...this.#scheduled]
      .sort(([, one], [, other]) => other - one)
      .map(([end, count]) => `${end} ${count}`);
    return [
      'Faults that were tried, by step: 1 to 9 times, + from ten, # from a hundred',
      '',
      `${''.padEnd(16)} ${inFours(Array.from(LETTERS.slice(0, faultNames.length)))}`,
      ...rows,
      '',
      ...inThrees(legend),
      '',
      'How the runs of schedules ended',
      '',
      ...inThrees(scheduled),
    ];
  }

  #violationLines(): string[] {
    const broken = [...this.#broken].sort((one, other) => one.seed - other.seed);
    const { workers, gates, keepsIntents, mutant } = this.#of;
    const options = [
      ...(workers === undefined ? [] : [` --workers ${workers}`]),
      ...(gates === undefined ? [] : [` --gates ${gates}`]),
      ...(keepsIntents === undefined ? [] : [` --intents ${keepsIntents ? 'yes' : 'no'}`]),
      ...(mutant === undefined ? [] : [` --mutant "${mutant}"`]),
    ].join('');
    const lines = broken
      .slice(0, SHOWN)
      .flatMap(({ seed, lines: found }) => [
        '',
        `seed ${seed}: npm run simulate -- --seed ${seed}${options}`,
        ...found.map((line) => `  ${line}`),
      ]);
    const more = broken.length - SHOWN;
    return more > 0 ? [...lines, '', `and ${more} more seeds`] : lines;
  }
}

/** Three to a line of at most 80 columns. */
function inThrees(texts: readonly string[]): string[] {
  return texts.flatMap((_, at) => {
    const line = texts.slice(at, at + 3).map((text) => text.padEnd(26));
    return at % 3 === 0 ? [line.join('').trimEnd()] : [];
  });
}

/** Signs of one character each, so that a row of many fits a terminal and the eye still finds its column. */
function inFours(signs: readonly string[]): string {
  return signs.join('').replace(/.{4}(?=.)/g, '$& ');
}

function cellOf(step: AimedStep, fault: FaultName): string {
  return `${step}/${fault}`;
}

function sign(count: number): string {
  if (count === 0) return '.';
  if (count < 10) return String(count);
  return count < 100 ? '+' : '#';
}
