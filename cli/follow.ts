import type { RotationHandle } from './rotation-handle';
import { printResult } from './print-result';
import { watchRotation, type Watch } from './watch';

/** Shows a rotation or recovery until it ends, then how it ended, as JSON if asked; gives its exit code. */
export async function follow(rotation: RotationHandle, watch: Watch): Promise<number> {
  const { json, terminal } = watch;
  const result = await watchRotation(rotation, watch);
  if (!json) {
    terminal.out('');
  }
  return printResult(result, { json }, terminal);
}
