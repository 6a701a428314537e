/** Reads the numbers of options; what is wrong with one is added to the problems, a sentence each, and it is NaN or too much. */
export function wholeNumbersOf(
  problems: string[],
): (option: string, text: string, least: number, most: number) => number {
  return (option, text, least, most) => {
    const number = /^\d+$/.test(text) ? Number(text) : NaN;
    if (!(number >= least && number <= most)) {
      problems.push(`${option} is ${text}; it must be a whole number from ${least} to ${most}`);
    }
    return number;
  };
}
