import { execFileSync } from 'node:child_process';
import { shellLine } from '../../workflows/model/shell-line';

it.each([
  [['systemctl', 'stop', 'rekor@blue.service']],
  [['sh', '-c', `echo "it's $HOME" && true`, '']],
  [['docker', 'compose', '-f', '/srv/a folder/compose.yaml', 'stop']],
])('%j is one line that a shell reads as the same words', (words) => {
  const line = shellLine(words);
  const read = execFileSync('/bin/sh', ['-c', `printf '%s\\n' ${line}`], { encoding: 'utf8' });
  expect(read).toBe(words.map((word) => `${word}\n`).join(''));
});

it('leaves a plain command as a person would write it', () => {
  expect(shellLine(['systemctl', 'stop', 'rekor@blue.service'])).toBe('systemctl stop rekor@blue.service');
});
