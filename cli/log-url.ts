/** Whether a log is named by its address, and not by its name in the configuration. */
export function isUrl(named: string): boolean {
  return /^https?:/i.test(named);
}

/** What is wrong with a URL as the address of a log; undefined when nothing is. Nothing of it is said again: it may hold a secret. */
export function logUrlProblem(url: string): string | undefined {
  if (!URL.canParse(url)) return 'what you gave as a URL is none; it must be like https://rekor.example.com';
  const { username, password, search, hash } = new URL(url);
  return [username, password, search, hash].some((part) => part !== '')
    ? 'a URL has credentials, a query or a fragment; name the address of the log alone'
    : undefined;
}
