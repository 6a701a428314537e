import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { parse, stringify } from 'yaml';
import { labLog } from '../lab/configuration';
import { labFiles } from '../lab/files';
import type { RunningLab } from '../lab/lab';

/** As much of the lab's configuration as is changed here. */
interface Configured {
  readonly logs: Record<string, Record<string, unknown>>;
}

/** As much of a lab that runs as takes part. */
type ConfiguredLab = Pick<RunningLab, 'configurationFile' | 'stopPart' | 'startPart'> & {
  readonly status: Pick<RunningLab['status'], 'directory'>;
};

/**
 * Gives the lab's log a new key from its next rotation on, as an operator would: the key, its public half, `nextSigner` in the
 * configuration, and a worker that has read that.
 */
export async function configureNewKey(lab: ConfiguredLab): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { nextSignerKey: keyFile, nextSignerPublicKey: publicFile } = labFiles(lab.status.directory);
  await writeFile(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  await writeFile(publicFile, publicKey.export({ type: 'spki', format: 'pem' }));

  const file = lab.configurationFile;
  const configuration = parse(await readFile(file, 'utf8')) as Configured;
  const log = configuration.logs[labLog];
  if (!log) {
    throw new Error(`${file} has no log ${labLog}.`);
  }
  log['nextSigner'] = { keyFile, publicKey: publicFile };
  await writeFile(file, stringify(configuration, { lineWidth: 0 }));
  await lab.stopPart('worker');
  await lab.startPart('worker');
}
