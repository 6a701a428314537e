/**
 * A base URL in one spelling: scheme and host in small letters, no port where it is the usual one, no slash at the end.
 * Throws a TypeError for what is no URL.
 */
export function canonicalUrl(text: string): string {
  const { origin, pathname } = new URL(text);
  return origin + pathname.replace(/\/+$/, '');
}

/** An address of a server, `http(s)://HOST:PORT` without user, path, query and fragment, as far as a pattern can say it. */
export const ORIGIN = /^https?:\/\/[^\s/?#@]+\/?$/i;

/** Whether two base URLs are the same place, however they are spelled; what is no URL is the same only as itself. */
export function sameUrl(one: string, other: string): boolean {
  return (
    one === other || (URL.canParse(one) && URL.canParse(other) && canonicalUrl(one) === canonicalUrl(other))
  );
}

/** Whether two sets of base URLs are the same one, in whatever order and spelling. */
export function sameInstances(one: readonly string[], other: readonly string[]): boolean {
  const within = (all: readonly string[], urls: readonly string[]): boolean =>
    urls.every((url) => all.some((each) => sameUrl(each, url)));
  return within(one, other) && within(other, one);
}
