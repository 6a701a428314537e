/** Whether a log is named by its address, and not by its name in the configuration. */
export function isUrl(named: string): boolean {
  return named.startsWith('http:') || named.startsWith('https:');
}

/** Whether an address has what the one of a log has not: credentials, a query or a fragment. */
export function hasMoreThanAddress(url: string): boolean {
  const { username, password, search, hash } = new URL(url);
  return [username, password, search, hash].some((part) => part !== '');
}
