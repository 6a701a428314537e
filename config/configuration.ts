import type { z } from 'zod';
import type { allKinds } from './kinds';
import type { configSchema } from './schema';
import type { Told } from './told';

type KindOf<Section extends keyof typeof allKinds> = (typeof allKinds)[Section][number];

/** The file as it is valid. */
export type ConfigFile = z.output<
  ReturnType<typeof configSchema<KindOf<'installation'>, KindOf<'database'>>>
>;

/** What the programs are told of the file; schema.ts says what each key means. */
export interface Configuration extends Omit<Told<ConfigFile>, 'logs'> {
  /** Absolute path of the file it came from. */
  readonly file: string;
  /** By name. Look one up with `logNamed`, which knows how to say no. */
  readonly logs: Readonly<Record<string, LogConfiguration>>;
}

/** What the file says of Temporal; TEMPORAL_* in the environment wins over address and namespace. */
export type TemporalSettings = Configuration['temporal'];

export interface LogConfiguration extends Told<ConfigFile['logs'][string]> {
  readonly name: string;
}

/** How a log is run, by `kind`. */
export type InstallationConfiguration = LogConfiguration['installation'];

/** Where Trillian keeps its trees, by `kind`. */
export type DatabaseConfiguration = NonNullable<LogConfiguration['trillian']['database']>;

export type RotationConfiguration = LogConfiguration['rotation'];
