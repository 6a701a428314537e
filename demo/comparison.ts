import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { labLog } from '../lab/configuration';
import { untilSo } from '../lab/kubernetes/api';
import type { Acknowledgement } from '../load/acknowledgement';
import { artifactSigner, hashedRekord } from '../load/artifact';
import { checkAcknowledgements } from '../load/check';
import { httpClient } from '../load/http';
import { startLoad } from '../load/load';
import { createRecorder } from '../load/recorder';
import { seenIn, type Seen } from '../load/seen';
import { guardId } from '../workflows/messages';
import type { DemonstrationOptions } from './demonstration';
import { rotateByHand, type LogByHand } from './runbook';
import { compared, type RunbookSummary } from './runbook-summary';
import { openTrillian, trillianPlace } from './trillian';

export interface ComparisonOptions extends Pick<
  DemonstrationOptions,
  'lab' | 'binaries' | 'writesPerSecond' | 'readsPerSecond' | 'directory' | 'signal' | 'report'
> {
  readonly log: LogByHand;
  /** What clients saw of the rotations of this run. */
  readonly rotations: readonly Seen[];
  /** The acknowledgements of this run so far. */
  readonly earlier: readonly Acknowledgement[];
}

/** How long the load goes on before and after the runbook. Milliseconds. */
const AROUND_MS = 5_000;

/** The guardian looks within a minute, or when it is asked to; a worker may be busy. Milliseconds. */
const GATE_PATIENCE_MS = 180_000;

/**
 * Rotates the log once more, by the scripted runbook, under the load that the rotations had. It goes to Rekor itself: the gate
 * would keep writes from pods whose shards nobody has told it. Afterwards the gate is told, and serves again.
 */
export async function compareWithRunbook(options: ComparisonOptions): Promise<RunbookSummary> {
  const { lab, log, binaries, writesPerSecond, readsPerSecond, signal, report, directory } = options;
  report('The same by the scripted runbook: freeze, new configuration, rolling restart');
  report(`The same load at ${log.url}, past the gate`);
  const trillian = openTrillian(trillianPlace(lab.configurationFile, 'runbook'), signal);
  const recorder = createRecorder({ file: join(directory, 'runbook-acknowledged.jsonl') });
  const load = startLoad({
    url: log.url,
    recorder,
    writesPerSecond,
    readsPerSecond,
    rekorCli: binaries.rekorCli,
  });
  try {
    await pause(AROUND_MS, undefined, { signal });
    const from = Date.now();
    await rotateByHand(log, trillian, report);
    const to = Date.now();
    await pause(AROUND_MS, undefined, { signal });
    const { failures } = await load.stop();
    const acknowledged = recorder.acknowledged();
    report(`${acknowledged.length} writes acknowledged, ${failures.length} requests failed`);
    await tellGate(options);
    report(`Checking each of these ${acknowledged.length} entries, too`);
    const check = await checkAcknowledgements(lab.status.publicUrl, acknowledged, {
      earlier: options.earlier,
    });
    await writeFile(join(directory, 'runbook-failures.json'), JSON.stringify(failures, null, 2));
    await writeFile(join(directory, 'runbook-findings.json'), JSON.stringify(check.wrong, null, 2));
    const seen = seenIn({ from, to }, { failures, acknowledged });
    return compared(options.rotations, { seen, wholeMs: to - from, check });
  } finally {
    await load.stop();
    recorder.close();
    await trillian.close();
  }
}

/** Lets the guardian look, which tells the gate of a list that has grown by hand, and waits until a write passes the gate. */
async function tellGate({ lab, signal, report }: ComparisonOptions): Promise<void> {
  const { publicUrl, temporalAddress } = lab.status;
  const connection = await Connection.connect({ address: temporalAddress });
  const http = httpClient(publicUrl);
  const signArtifact = artifactSigner();
  try {
    await new Client({ connection }).schedule.getHandle(guardId(labLog)).trigger();
    const wait = { what: 'The gate takes no write', timeoutMs: GATE_PATIENCE_MS, signal };
    await untilSo(wait, async () => {
      const { status } = await http.post('/api/v1/log/entries', hashedRekord(signArtifact()));
      return status === 201;
    });
    report('The guardian has told the gate, which serves the log again');
  } finally {
    await http.close();
    await connection.close();
  }
}
