import type { SignerPart } from '../../workflows/model/installation';

/** A signer by its parts, each empty where there is none. */
export type SignerValues = Readonly<Record<SignerPart, string>>;

/** The signer that shards from the next one on are to have, as the configuration says it. */
export interface NextSigner {
  /** For people: "the key file /etc/rekor/key-2.pem"; no secret. */
  readonly what: string;
  /** Each part as a person may be shown it (H28). */
  readonly shown: SignerValues;
  /** All parts, with the password read anew. Refuses SECRET_UNREADABLE. */
  readonly values: () => SignerValues;
}
