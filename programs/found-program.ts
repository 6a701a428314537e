/** A program of a log, as a reader finds it: what it is started with, where, and how it is reached from its host. */

export type ProgramName = 'rekor-server' | 'trillian_log_server' | 'trillian_log_signer';

export interface FoundProgram {
  readonly program: ProgramName;
  /** In words: `rekor@blue.service`, `service rekor-server of /srv/rekor/compose.yaml`. */
  readonly where: string;
  /** Only the flags that `wanted-flags.ts` names, as they are written: their variables are not filled in. */
  readonly flags: ReadonlyMap<string, string>;
  /** It may be started with flags that nothing here shows: a variable may stand for several. */
  readonly mayHaveMore: boolean;
  /** What a variable of a flag stands for; undefined where that is not said, or is a secret of somebody else's keeping. */
  readonly variable: (name: string) => string | undefined;
  /** The file of the host that sets a variable for this program alone. */
  readonly fileOf: (variable: string) => string | undefined;
  readonly run: Run;
  /** Which port of the host each of its ports is; `host` where they are the same. */
  readonly ports: 'host' | ReadonlyMap<number, number>;
  /** Names by which programs beside it call it, and the host does not. */
  readonly names: readonly string[];
  /** Which files of the host its files are; `host` where they are the same. */
  readonly mounts: 'host' | readonly Mount[];
  /** Against which a relative path of a flag counts, if that is known. */
  readonly folder?: string | undefined;
}

/** How a program is started and stopped. */
export type Run =
  | { readonly by: 'systemd'; readonly unit: Unit }
  | {
      readonly by: 'compose';
      readonly files: readonly string[];
      readonly service: string;
      /** Docker starts it again with itself, also where it was stopped. */
      readonly startsWithDocker: boolean;
    }
  | { readonly by: 'podman'; readonly manifest: string; readonly unit?: Unit | undefined }
  | { readonly by: 'process' | 'container'; readonly pid: number }
  /** By a command of a person. */
  | { readonly by: 'command' };

/** A service of systemd. */
export interface Unit {
  /** Without `.service`. */
  readonly name: string;
  /** It can be enabled, so that it starts with the host; false where that is not known. */
  readonly installs: boolean;
  /** It starts with the host, and nobody can disable it: podman makes it of a file that says so. */
  readonly startsByItself?: true;
}

export interface Mount {
  /** The path that the program sees. */
  readonly inside: string;
  readonly outside: { readonly path: string } | { readonly configMap: string; readonly file?: string };
}

/** Where a file of a program is on the host. */
export type FilePlace =
  | { readonly path: string }
  /** A key of a ConfigMap, which is a part of another file. */
  | { readonly configMap: string; readonly key: string; readonly file?: string }
  /** Only inside of the container, or counted from a folder that is not known. */
  | { readonly unknown: 'inside a container' | 'relative' };
