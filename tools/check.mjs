/**
 * What `npm run check` calls: format, lint, types, imports and what is generated, all at a time, since each of them has one
 * processor's work. Prints what each had to say when all have ended, and ends with 1 when one of them failed.
 */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const checks = ['lint', 'typecheck', 'imports', 'format:check', 'proto:check'];

const results = await Promise.all(checks.map(run));
for (const { name, code, text } of results) {
  console.log(`${name}: ${code === 0 ? 'clean' : 'failed'}`);
  if (code !== 0) {
    console.log(text);
  }
}
process.exitCode = results.every(({ code }) => code === 0) ? 0 : 1;

async function run(name) {
  const { npm_execpath: npm } = process.env;
  const [program, ...first] = npm ? [process.execPath, npm] : ['npm'];
  const child = spawn(program, [...first, 'run', '--silent', name], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part) => (text += part));
  }
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ name, code, text }));
  });
}
