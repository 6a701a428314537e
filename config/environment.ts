/** Variables of the process. Only files of this room read them. */
export type Environment = Readonly<Record<string, string | undefined>>;
