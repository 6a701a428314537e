import { PATIENCE_MS, until as untilSo } from '../harness/waiting';

/** Waits until it has come to pass. */
export async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  await untilSo('it to come to pass', PATIENCE_MS, what);
}
