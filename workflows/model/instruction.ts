import type { Choice } from './choices';
import type { Field } from './fields';
import { shown } from './shown';
import { inMinutes, inSeconds, isTime } from './times';

/** What a person tells a running rotation: an Update of Temporal. `approve` has a form of its own (approval-input.ts). */
export const instructionNames = [
  'approve',
  'reject',
  'goNow',
  'postpone',
  'holdAfter',
  'rollBack',
  'resume',
] as const;
export type InstructionName = (typeof instructionNames)[number];

/** What every instruction says. Temporal may carry it out hours after it was sent, when a worker comes back. */
export interface Instruction {
  /** Who gives it; a claim, as Temporal knows nobody (H25). */
  readonly who: string;
  readonly why: string;
  /** It is void from this time on; ISO 8601, in UTC. */
  readonly until: string;
  /** The hash of the plan that it is given for; absent where there is no plan. */
  readonly plan?: string;
}

/** An Update that would be taken now, with an example of its input. */
export interface TakenInstruction {
  readonly update: InstructionName;
  readonly input: string;
}

/** An instruction that was followed, as the result keeps it. */
export interface Intervention {
  readonly instruction: InstructionName;
  readonly who: string;
  readonly why: string;
  /** When it was given; ISO 8601. */
  readonly at: string;
  /** Of `resume`: what was decided. */
  readonly choice?: Choice;
  /** Of `resume` and `holdAfter`: about which step. */
  readonly step?: string;
  /** Of `postpone` and `holdAfter`: until when. */
  readonly to?: string;
}

/** What an instruction is held against where it is carried out. */
export interface GivenFor {
  /** The hash of the plan of the rotation; null where there is none. */
  readonly plan: string | null;
  /** What the instruction says besides. */
  readonly fields?: Readonly<Record<string, Field>>;
  readonly nowMs: number;
}

/** So long an instruction lasts at most; hours. */
export const MOST_HOURS = 24;

/** So many characters `who` and `why` have at most: they are kept in the history and the result. */
const MOST_CHARACTERS = 500;

/** What is wrong with an instruction as it came; empty when it can be followed. Throws nothing, whatever came. */
export function instructionProblems(
  name: InstructionName,
  input: unknown,
  { plan, fields = {}, nowMs }: GivenFor,
): string[] {
  const known: Readonly<Record<string, Field>> = {
    ...fields,
    ...(plan === null ? {} : { plan: { allowed: `the plan of this rotation, ${plan}`, fits: is(plan) } }),
    until: until(nowMs),
    who: words,
    why: words,
  };
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return [`${name} takes one JSON object with ${Object.keys(known).join(', ')}; it got ${shown(input)}.`];
  }
  const values = input as Readonly<Record<string, unknown>>;
  const unknownFields = Object.keys(values).filter((field) => !Object.hasOwn(known, field));
  return [
    ...unknownFields.map(
      (field) => `${shown(field)}: no such field; the fields are ${Object.keys(known).join(', ')}.`,
    ),
    ...Object.entries(known)
      .filter(([field, { fits }]) => !fits(values[field]))
      .map(([field, { allowed }]) => `${field} is ${shown(values[field])}; it must be ${allowed}.`),
  ];
}

/**
 * An example of an instruction that would be taken, for a person to fill in. With blanks, at which the Temporal UI breaks a
 * line that would be wider than its column.
 */
export function exampleOf(fields: Readonly<Record<string, string>>, plan: string | null): string {
  const example = {
    ...fields,
    ...(plan === null ? {} : { plan }),
    until: '...',
    who: '...',
    why: '...',
  };
  const texts = Object.entries(example).map(([name, value]) => `"${name}": ${JSON.stringify(value)}`);
  return `{${texts.join(', ')}}`;
}

const words: Field = {
  allowed: `1 to ${MOST_CHARACTERS} characters: it is kept in the result`,
  fits: (value) => typeof value === 'string' && value.trim() !== '' && value.length <= MOST_CHARACTERS,
};

function until(nowMs: number): Field {
  const now = inSeconds(nowMs);
  return {
    allowed: `a time in UTC such as ${inMinutes(nowMs, 10)}, later than now (${now}) and at most ${MOST_HOURS} hours ahead`,
    fits: (value) => isTime(value) && isWithin(Date.parse(value), nowMs, MOST_HOURS * 3_600_000),
  };
}

function isWithin(ms: number, afterMs: number, forMs: number): boolean {
  return ms > afterMs && ms <= afterMs + forMs;
}

function is(expected: string): Field['fits'] {
  return (value) => value === expected;
}
