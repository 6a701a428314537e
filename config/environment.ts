/** Variables of the process. Only files of this room read them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** That of this process, for programs that are started on a person's behalf. */
export function ownEnvironment(): NodeJS.ProcessEnv {
  return process.env;
}
