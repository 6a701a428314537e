/**
 * How long a test waits for something, in milliseconds: so long that only what never comes is given up, on however busy a
 * machine. Below the limit of jest.config.cjs, so that a test says what it waited for.
 */
export const PATIENCE_MS = 500_000;

/** Waits until it has come to pass. */
export async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!(await what())) {
    if (Date.now() > end) {
      throw new Error(`It did not come to pass within ${PATIENCE_MS} ms.`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
