import { setTimeout as pause } from 'node:timers/promises';
import { openCluster } from '../../../../activities/clients/kubernetes/cluster';
import type { AccessSource } from '../../../../activities/clients/kubernetes/kubeconfig';
import { OPERATOR, STAND_IN } from './names';
import { reconcile, type Operated } from './reconcile';
import { statusWriter } from './status';

/**
 * A stand-in for Red Hat's operator, in a pod of the lab: the operator itself needs its own images. It looks once a second,
 * where the operator is told of each change. A pass that fails is tried again by the next one.
 */
const EVERY_MS = 1_000;

const source: AccessSource = { inCluster: true };
const operated: Operated = {
  cluster: openCluster({ log: STAND_IN, source, fieldManager: STAND_IN }),
  writeStatus: statusWriter(source),
  namespace: OPERATOR.namespace,
};

async function main(): Promise<never> {
  const ended = new AbortController();
  process.once('SIGTERM', () => process.exit(0));
  for (;;) {
    try {
      await reconcile(operated, { signal: ended.signal });
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
    }
    await pause(EVERY_MS);
  }
}

void main();
