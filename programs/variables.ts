import type { FoundProgram } from './found-program';

/** `${NAME}`, `${NAME:-default}`, `$NAME`, and `$(NAME)` of Kubernetes; compose doubles the `$` of what it leaves to a shell. */
const reference = /\$?\$(?:\{(\w+)(?::?-([^}]*))?\}|\((\w+)\)|(\w+))/g;

/** What a flag is given, with its variables filled in as far as they are known; undefined where one is not. */
export function valueOf(
  { flags, variable }: Pick<FoundProgram, 'flags' | 'variable'>,
  flag: string,
): string | undefined {
  const written = flags.get(flag);
  return written === undefined ? undefined : filledIn(written, variable);
}

/** A text in which every variable is known. */
export function filledIn(written: string, variable: FoundProgram['variable']): string | undefined {
  const filled = withVariables(written, variable);
  return new RegExp(reference.source).test(filled) ? undefined : filled;
}

/** A text in which every variable that is known is filled in. */
export function withVariables(written: string, variable: FoundProgram['variable']): string {
  return written.replaceAll(
    reference,
    (whole: string, braced?: string, otherwise?: string, round?: string, plain?: string) =>
      variable(braced ?? round ?? plain ?? '') ?? otherwise ?? whole,
  );
}

/** The one variable that a flag is given, and whether compose leaves it to the container (`$$`). */
export interface SoleVariable {
  readonly name: string;
  readonly ofContainer: boolean;
}

/** Undefined where a flag is given anything but one variable. */
export function soleVariable(written: string): SoleVariable | undefined {
  const [, dollars = '', braced, round, plain] =
    /^(\$?\$)(?:\{(\w+)(?::?-[^}]*)?\}|\((\w+)\)|(\w+))$/.exec(written) ?? [];
  const name = braced ?? round ?? plain;
  return name === undefined ? undefined : { name, ofContainer: dollars === '$$' };
}
