/** So many at a time keep one worker and its server busy; more of them would only be late. */
const AT_A_TIME = 16;

/**
 * Runs all cases of a table at once, because each waits most of its time for a timer; the tests then look at one each.
 * Nothing is begun before the first of them asks.
 *
 * @param run gets a case as `it.each` hands it to its test.
 */
export function atOnce<Row extends readonly string[], Result>(
  rows: readonly Row[],
  run: (...row: Row) => Promise<Result>,
): (...row: Row) => Promise<Result> {
  let begun: ReadonlyMap<string, Promise<Result>> | undefined;
  const begin = (): ReadonlyMap<string, Promise<Result>> => {
    const results: Promise<Result>[] = [];
    return new Map(
      rows.map((row, position) => {
        const turn = results[position - AT_A_TIME] ?? Promise.resolve();
        const result = turn.then(
          () => run(...row),
          () => run(...row),
        );
        // One that fails is reported by its own test, and by no other.
        result.catch(() => undefined);
        results.push(result);
        return [row.join(), result];
      }),
    );
  };
  return async (...row) => {
    begun ??= begin();
    const asked = begun.get(row.join());
    if (!asked) {
      throw new Error(`there is no case ${row.join(', ')}`);
    }
    return await asked;
  };
}

/** A table with one column, as `it.each` wants it. */
export function each<Cell extends string>(...cells: readonly Cell[]): [Cell][] {
  return cells.map((cell) => [cell]);
}
