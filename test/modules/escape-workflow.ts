import escapeStringRegexp from 'escape-string-regexp';

/** A workflow that calls a package without a CommonJS form. */
export function escapeText(text: string): Promise<string> {
  return Promise.resolve(escapeStringRegexp(text));
}
