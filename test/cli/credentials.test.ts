import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { read } from '../docs/markdown';
import { saidBy } from './recording-terminal';

const secret = 'hunter2-very-secret';
const url = `https://rekor:${secret}@rekor.example.com`;
/** No URL, so that nothing can be taken out of it. */
const broken = `https://rekor:${secret}/@[rekor.example.com`;

const folder = mkdtempSync(path.join(tmpdir(), 'credentials-'));
const config = path.join(folder, 'rekor-rotate.yaml');
const token = path.join(folder, 'token');
writeFileSync(token, 'known');
writeFileSync(
  config,
  read('examples/rekor-rotate.yaml')
    .replace(/(token:\n +file: ).*/, `$1${token}`)
    .replace(/(stateFile: ).*/, `$1${folder}/gate.json`),
);

it.each([
  [['audit', url], 2],
  [['audit', broken], 2],
  [['audit', url.toUpperCase().replace(secret.toUpperCase(), secret)], 2],
  [['audit', url.replace('https', 'ftp'), '-c', config], 2],
  [['audit', `https://rekor.example.com/?token=${secret}`], 2],
  [['quiet-hours', url], 2],
  [['quiet-hours', broken], 2],
  [['quiet-hours', url.replace('https', 'ftp'), '-c', config], 2],
  [['doctor', url, '-c', config], 2],
  [['gate', '--log', url, '-c', config], 2],
  [['gate', '--log', 'production', '--first-instance', url, '-c', config], 2],
  [['worker', '--metrics', url, '-c', config], 2],
  [['init', url, '--host'], 2],
  [['init', '--host', '--compose', `${url}/compose.yaml`], 2],
  [['init', '--host', '--unit', `${url}/rekor.service`], 2],
  [['audit', 'production', '-c', url], 2],
  [['audit', 'production', '-c', config, '--key', `${url}/key.pem`], 2],
  [['quiet-hours', 'production', '-c', config, '--svg', `${url}/week.svg`], 2],
  [['receipt', 'verify', `${url}/receipt.json`, '--key', `${url}/key.pem`, '--verbose'], 2],
  [['rotate', 'production', '-c', config, '--yes', '--plan', `${url}/plan.yaml`], 2],
  [[url], 2],
  [['status', `--pasword=${secret}`], 2],
])('says no secret again that stands in %j (H28)', async (command, code) => {
  const said = await saidBy(command);

  expect(said.words).not.toContain(secret);
  expect(said.words).not.toBe('');
  expect(said.code).toBe(code);
});
