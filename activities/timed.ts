/** An answer, and how long it took to come; milliseconds. */
export async function timed<Answer>(
  ask: () => Promise<Answer>,
): Promise<{ readonly answer: Answer; readonly tookMs: number }> {
  const began = performance.now();
  const answer = await ask();
  return { answer, tookMs: performance.now() - began };
}
