import type { SignerPart } from '../../../workflows/model/installation';
import { refuse } from '../../errors/refusal-error';
import { signerParts } from '../shard-fields';
import type { SignerValues } from '../next-signer';
import { assignmentOf, withValue, type Assignment } from './environment-file';

/**
 * The signer of a slot, in its environment file: the operator says which variables hold its parts. What stands there is copied
 * by its place, and shown to nobody (H28).
 */

/** The names of the variables; a part without one is given to Rekor in none. */
export type SignerVariables = Readonly<Partial<Record<SignerPart, string>>>;

/** What every reader of environment files, and of YAML in quotes, takes alike. */
const PLAIN_WORD = /^[!%&(-[\]^_a-~]*$/;

/** The same in words, for a refusal. */
export const PLAIN_WORD_ALLOWED = 'one word of printable ASCII without quotes, backslash, backtick, # and $';

/** Whether an environment file and a list can hold a value without any sign before its characters. */
export function isPlainWord(value: string): boolean {
  return PLAIN_WORD.test(value);
}

/** The parts that a slot has, each with its place in the environment file. Refuses ENVIRONMENT_FILE_INVALID. */
export function signerAssignments(
  path: string,
  text: string,
  variables: SignerVariables,
): Map<SignerPart, Assignment> {
  return new Map(
    signerParts.flatMap((part): [SignerPart, Assignment][] => {
      const variable = variables[part];
      if (variable === undefined) return [];
      const assignment = assignmentOf(path, text, variable, PLAIN_WORD_ALLOWED);
      if (!isPlainWord(assignment.value)) {
        const reason = `has a sign that not every reader takes alike; allowed is ${PLAIN_WORD_ALLOWED}`;
        throw refuse('ENVIRONMENT_FILE_INVALID', { path, variable, reason });
      }
      return [[part, assignment]];
    }),
  );
}

/** The signer of a slot, as its environment file says it. Refuses ENVIRONMENT_FILE_INVALID. */
export function signerOf(path: string, text: string, variables: SignerVariables): SignerValues {
  const assignments = signerAssignments(path, text, variables);
  return valuesOf((part) => assignments.get(part)?.value);
}

/** All parts. */
export function valuesOf(value: (part: SignerPart) => string | undefined): SignerValues {
  return {
    signer: value('signer') ?? '',
    password: value('password') ?? '',
    tinkKekUri: value('tinkKekUri') ?? '',
    tinkKeyset: value('tinkKeyset') ?? '',
  };
}

export function sameSigner(one: SignerValues, other: SignerValues): boolean {
  return signerParts.every((part) => one[part] === other[part]);
}

/** The same environment file with another signer; every other byte stays. */
export function withSigner(
  path: string,
  text: string,
  variables: SignerVariables,
  values: SignerValues,
): string {
  return signerParts.reduce((changed, part) => {
    const variable = variables[part];
    return variable === undefined ? changed : withValue(path, changed, variable, values[part]);
  }, text);
}
