/** What one refusal says, without its code. */
export interface Text {
  /** What was found, with its values. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** What was found, each a text. */
export type Words<Names extends string> = Readonly<Record<Names, string>>;
