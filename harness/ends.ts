/** How to end what was started, in the order in which it was started. */
export type Ends = (() => unknown)[];

/**
 * Starts something of many parts; each part adds its end as soon as there is something to end. When one does not start,
 * those before it are ended. `end` ends the last one first, and all of them before it says which did not.
 */
export async function startWithEnds<Parts extends object>(
  what: string,
  start: (ends: Ends) => Promise<Parts>,
): Promise<Parts & { end(): Promise<void> }> {
  const ends: Ends = [];
  const end = async (): Promise<void> => {
    const errors: unknown[] = [];
    for (const part of ends.splice(0).reverse()) {
      try {
        await part();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) {
      throw new AggregateError(errors, `${what} does not end: ${errors.map(String).join('; ')}`);
    }
  };
  try {
    return { ...(await start(ends)), end };
  } catch (error) {
    // Why it does not start is what there is to say.
    await end().catch(() => undefined);
    throw error;
  }
}
