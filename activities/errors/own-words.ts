/**
 * An error whose words are ours and quote nothing that may be a secret, so that they may cross to Temporal. The message of
 * any other error may quote a file, an address or a password (H28); `errorReason` says of it only what kind it is.
 */
export class OwnWords extends Error {
  /** @param detail what is not to cross, and is for tests and debuggers. */
  constructor(
    readonly words: string,
    options: ErrorOptions & { readonly detail?: string } = {},
  ) {
    const { detail, ...rest } = options;
    super(detail === undefined ? words : `${words}: ${detail}`, rest);
    this.name = 'OwnWords';
  }
}
