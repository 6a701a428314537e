import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { errors } from 'undici';
import { checked, type Check } from '../../../../workflows/model/checks';
import { refusal } from '../../../../workflows/model/refusals';
import { shellLine } from '../../../../workflows/model/shell-line';
import { isTlsCode } from '../../../clients/connection-failure';
import { freshRequest } from '../../../clients/http';
import { examined } from '../../../examination/examined';
import { innermostCode } from '../../../errors/error-reason';
import { refuse } from '../../../errors/refusal-error';
import { slotIsRunning, type SlotCommands } from '../slot-commands';
import type { ExaminedHost, ExaminedSlot } from './examined-host';

/** A Rekor on this host that takes longer than this to answer does not. Milliseconds. */
const ANSWER_MS = 2_000;

const run = promisify(execFile);

const verbs = ['start', 'stop', 'status', 'enable', 'disable'] as const satisfies (keyof SlotCommands)[];

/** Every program is there. One that is missing would be found in the rehearsal, and `disable` behind the point of no return. */
export async function examineCommands({ log, slots }: ExaminedHost): Promise<Check[]> {
  const found = new Set<string>();
  const missing = [];
  for (const { name: slot, commands } of slots) {
    for (const verb of verbs) {
      const [program] = commands[verb] ?? [];
      if (program === undefined) continue;
      if (await isProgram(program)) found.add(basename(program));
      else missing.push(refusal('COMMAND_MISSING', { log, slot, verb, program }));
    }
  }
  return checked('COMMANDS_FOUND', { programs: [...found] }, missing);
}

/** As execvp(3) finds it: a name without a slash is looked for on the PATH, which a shell knows. */
async function isProgram(program: string): Promise<boolean> {
  if (!program.includes('/')) {
    return await run('/bin/sh', ['-c', 'command -v "$1"', 'sh', program]).then(
      () => true,
      () => false,
    );
  }
  return await access(program, constants.X_OK).then(
    async () => (await stat(program)).isFile(),
    () => false,
  );
}

/** What the status commands say is what is seen of the slots: one that serves answers, one that is stopped does not. */
export async function examineStatus({ log, slots, signal }: ExaminedHost): Promise<Check[]> {
  return await examined('STATUS_TELLS', 'warning', async () => {
    const said: string[] = [];
    for (const slot of slots) {
      const { name, url, commands } = slot;
      const runs = await slotIsRunning(
        { slot: `slot ${name}`, verb: 'status', command: commands.status },
        signal,
      );
      if (runs !== (await answers(slot, signal))) {
        throw refuse('STATUS_MISLEADS', { log, slot: name, command: shellLine(commands.status), runs, url });
      }
      said.push(`slot ${name} ${runs ? 'runs' : 'does not run'}`);
    }
    return { said };
  });
}

/** Whether anything at all speaks HTTP there. */
async function answers({ url }: ExaminedSlot, signal: AbortSignal): Promise<boolean> {
  const answered = await freshRequest(`${url}/ping`, { signal, timeoutMs: ANSWER_MS }).then(
    () => true,
    // A certificate that is not for this address is an answer, too, and so is what is no HTTP: who looks at those is preflight.
    isOfSomebody,
  );
  signal.throwIfAborted();
  return answered;
}

/** Whether an error shows that somebody spoke: by TLS, or with what undici's parser of HTTP cannot read. */
function isOfSomebody(error: unknown): boolean {
  return error instanceof errors.HTTPParserError || isTlsCode(innermostCode(error));
}
