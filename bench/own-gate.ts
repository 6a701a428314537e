import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { GateState } from '../gate/messages';
import type { GateProcessOptions, GateProcessWord, Taken } from './gate-process';

/** What its orders must bear. */
export const OWN_TOKEN = 'of the bench';

/** A gate of the bench's own, in a process of its own. */
export interface OwnGate {
  readonly publicUrl: string;
  ask(method: string, path: string, body?: object): Promise<GateState>;
  taken(): Promise<Taken>;
  end(): Promise<void>;
}

/**
 * Starts it.
 *
 * @param build the folder that `npm run build` of some checkout has filled; this one by itself.
 * @throws Error where the process ends at once; it has written why.
 */
export async function ownGate(options: GateProcessOptions, build = join(__dirname, '..')): Promise<OwnGate> {
  const child = fork(join(__dirname, 'gate-process.js'), [JSON.stringify(options), build]);
  const ended = once(child, 'exit');
  const opened = await nextWord(child);
  if (!('publicUrl' in opened)) throw new Error('the gate told something else than its addresses');
  return {
    publicUrl: opened.publicUrl,
    ask: async (method, path, body) => {
      const response = await fetch(opened.adminUrl + path, {
        method,
        headers: { authorization: `Bearer ${OWN_TOKEN}`, 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      });
      if (!response.ok) throw new Error(`the gate answers ${method} ${path} with ${response.status}`);
      return (await response.json()) as GateState;
    },
    taken: async () => {
      const told = nextWord(child);
      child.send('taken');
      const word = await told;
      if (!('maxRssKib' in word)) throw new Error('the gate told something else than what it has taken');
      return word;
    },
    end: async () => {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

async function nextWord(child: ChildProcess): Promise<GateProcessWord> {
  const over = new AbortController();
  try {
    const ended = once(child, 'exit', over).then(() => Promise.reject(new Error('the gate has ended')));
    const [word] = (await Promise.race([once(child, 'message', over), ended])) as [GateProcessWord];
    return word;
  } finally {
    over.abort();
  }
}
