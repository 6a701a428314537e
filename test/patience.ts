/**
 * How long a test waits for something, in milliseconds: so long that only what never comes is given up, on however busy a
 * machine. Below the limit of jest.config.cjs, so that a test says what it waited for.
 */
export const PATIENCE_MS = 500_000;
