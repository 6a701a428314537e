import { readFile, writeFile } from 'node:fs/promises';
import { parse, stringify } from 'yaml';
import { demonstrate, type DemonstrationOptions } from '../demo/demonstration';
import type { Summary } from '../demo/summary';
import { labLog } from '../lab/configuration';
import type { RunningLab } from '../lab/lab';

export interface Drains {
  readonly summary: Summary;
  /** Write stalls of the rotations that asked the database whether the tree is drained; milliseconds. */
  readonly byDatabase: readonly number[];
  /** And of those that waited for the signer's passes instead. */
  readonly bySigner: readonly number[];
}

/**
 * Rotates one log in pairs, with Trillian's database and without it, and swaps their order each time, so that neither has the
 * younger log. The worker is restarted before each with its configuration.
 */
export async function measureDrains(
  pairs: number,
  options: Omit<DemonstrationOptions, 'rotations' | 'before'> & { readonly lab: RunningLab },
): Promise<Drains> {
  const { lab } = options;
  const configuration = await readFile(lab.configurationFile, 'utf8');
  const asks = (rotation: number): boolean => [0, 3].includes((rotation - 1) % 4);
  const restartWith = async (text: string): Promise<void> => {
    await lab.stopPart('worker');
    await writeFile(lab.configurationFile, text);
    await lab.startPart('worker');
  };
  // Its page of metrics has lines for every tree it has seen open, and is read whole where there is no database.
  await lab.stopPart('trillian-log-signer');
  await lab.startPart('trillian-log-signer');
  const before = (rotation: number): Promise<void> =>
    restartWith(asks(rotation) ? configuration : withoutDatabase(configuration));
  try {
    const { summary } = await demonstrate({ ...options, rotations: 2 * pairs, before });
    const stalls = (byDatabase: boolean): number[] =>
      summary.rotations.flatMap(({ writeStallMs }, position) =>
        writeStallMs !== null && asks(position + 1) === byDatabase ? [writeStallMs] : [],
      );
    return { summary, byDatabase: stalls(true), bySigner: stalls(false) };
  } finally {
    await restartWith(configuration);
  }
}

interface LabConfiguration {
  readonly logs: Record<string, { readonly trillian: { database?: unknown } }>;
}

function withoutDatabase(text: string): string {
  const configuration = parse(text) as LabConfiguration;
  delete configuration.logs[labLog]?.trillian.database;
  return stringify(configuration, { lineWidth: 0 });
}
