import { readFileSync } from 'node:fs';
import { loadKubeconfig, unusableSource } from '../../../activities/clients/kubernetes/kubeconfig';
import { LAB } from './access';
import { startForward, tunnelsOf } from './forward';
import { LISTENING, type Forwards } from './forwards';

/** Forwards the ports that a file names, until it is killed. */
async function main([file = '']: readonly string[]): Promise<void> {
  const { kubeconfig, context, forwards } = JSON.parse(readFileSync(file, 'utf8')) as Forwards;
  const source = { kubeconfig, context };
  const open = tunnelsOf(loadKubeconfig(source, unusableSource(LAB, source)).config);
  for (const forward of forwards) {
    await startForward(forward, open, (line) => console.error(line));
  }
  console.log(LISTENING);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
