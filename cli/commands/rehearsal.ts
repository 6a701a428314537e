import type { Diagnosis } from '../../workers/doctor';
import type { RotationResult } from '../../workflows/model/result';
import { mustAgree } from '../agreement';
import { diagnosisExitCode, diagnosisJson, diagnosisText } from '../diagnosis';
import { exitCodes } from '../exit-codes';
import { untilStartedEnds } from '../follow';
import { exitCodeOf, resultText } from '../result-text';
import type { Terminal } from '../terminal';
import { wrap } from '../text';
import { withClient } from '../with-client';

const SAID_BEFORE =
  'A rehearsal makes a tree, which stays behind closed and served by nothing, and starts the release that serves nobody. Clients use neither.';

/**
 * `doctor LOG --rehearse`, after the look: rehearses the rotation where one would begin. A worker does it, under the lock of the
 * log, so no rotation runs beside it.
 *
 * @param columns how wide the texts may be.
 * @returns the exit code: that of the look, or 7 where the rehearsal says that writes may fail.
 */
export async function doctorAndRehearse(
  diagnosis: Diagnosis,
  options: { readonly config?: string; readonly json?: boolean; readonly yes?: boolean },
  terminal: Terminal,
  columns: number,
): Promise<number> {
  const { log } = diagnosis;
  const lookCode = diagnosisExitCode(diagnosis);
  const shown = diagnosisText(diagnosis, columns);
  const code = (result: RotationResult): number =>
    result.outcome !== 'rehearsed'
      ? exitCodeOf(result.outcome)
      : result.forecast?.fits
        ? lookCode
        : exitCodes.attention.code;
  if (lookCode === exitCodes.refused.code || lookCode === exitCodes.unreachable.code) {
    const why = 'Not rehearsed: a rehearsal begins where a rotation would.';
    terminal.out(options.json ? diagnosisJson(diagnosis) : `${shown}\n${why}`);
    return lookCode;
  }
  const before = wrap(SAID_BEFORE, columns).join('\n');
  await mustAgree(`${shown}\n\n${before}`, `Rehearse a rotation of ${log} now?`, options, terminal);
  return await withClient(log, options, async (client) => {
    const rehearsal = await client.start({ log, rehearse: true });
    const watch = { client, log, terminal, json: options.json === true };
    const result = await untilStartedEnds('rehearsal', rehearsal, watch);
    terminal.out(options.json ? diagnosisJson(diagnosis, code(result), result) : resultText(result, columns));
    return code(result);
  });
}
