import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rekorOfCommand } from '../../programs/command-program';
import { rekorInScript } from '../../programs/readers/shell-script';
import { valueOf } from '../../programs/variables';

const folder = mkdtempSync(join(tmpdir(), 'commands-'));

function planted(name: string, text: string, mode = 0o755): string {
  const file = join(folder, name);
  writeFileSync(file, text, { mode });
  return file;
}

/** What flag a command starts Rekor with; else why it is not known. */
function redisOf(...command: readonly string[]): string | undefined {
  const found = rekorOfCommand(command, folder);
  return 'unknown' in found ? found.unknown : valueOf(found, 'redis_server.address');
}

const REKOR = 'rekor-server serve --trillian_log_server.tlog_id="$TREE" \\\n  --redis_server.address=index';

describe('the Rekor that a command would start is read', () => {
  it('from its own words, and those of a shell', () => {
    expect(redisOf('env', 'A=b', '/bin/rekor-server', 'serve', '--redis_server.address', 'index')).toBe(
      'index',
    );
    expect(redisOf('sh', '-c', `exec ${REKOR} &`)).toBe('index');
  });

  it('from a script, by whatever it is run', () => {
    const script = planted(
      'start',
      `#!/bin/sh\n# rekor-server serve --redis_server.address=no\nexec ${REKOR} >>"$LOG" 2>&1 &\n`,
    );
    expect([redisOf(script, 'blue'), redisOf('sh', script), redisOf('/bin/bash', '-e', 'start')]).toEqual([
      'index',
      'index',
      'index',
    ]);
    // As in /etc/init.d.
    expect(redisOf(planted('rekor-server', `#!/usr/bin/env bash\n${REKOR}\n`), 'start')).toBe('index');
  });

  it('from a script that names the program by a variable', () => {
    expect(
      rekorInScript(`"$alone" "$BIN" ${REKOR.replace('rekor-server ', '')} </dev/null`)?.mayHaveMore,
    ).toBe(false);
  });

  it('from a compose file, with the variables of the service', () => {
    const file = planted(
      'compose.yaml',
      [
        'services:',
        '  green:',
        '    image: rekor',
        '    command: [rekor-server, serve, "--trillian_log_server.tlog_id=1", "--redis_server.address=$INDEX"]',
        '    environment: { INDEX: of-compose }',
        '  other: { image: nothing }',
      ].join('\n'),
    );
    expect(redisOf('docker', 'compose', '-p', 'log', '-f', file, 'up', '-d', '--no-deps', 'green')).toBe(
      'of-compose',
    );
    expect(redisOf('docker-compose', '--file=compose.yaml', 'start', 'green')).toBe('of-compose');
    expect(redisOf('docker', 'compose', '-f', file, 'up', '-d', 'other')).toContain('names no Rekor');
    expect(redisOf('docker', 'compose', '-f', 'none.yaml', 'up', 'green')).toContain(
      'none.yaml cannot be read',
    );
    expect(redisOf('docker', 'compose', 'up', 'green')).toContain('names no compose file');
    const broken = planted('broken.yaml', 'services: [hunter2');
    expect(redisOf('docker', 'compose', '-f', broken, 'up', 'green')).toMatch(
      /broken.yaml is no YAML that can be read$/,
    );
  });
});

describe('is not known', () => {
  it.each([
    [['docker', 'start', 'rekor-green'], 'what docker starts is not looked up'],
    [['docker', 'compose', '--env-file', 'x', '-f', 'compose.yaml', 'up', 'green'], 'what docker starts'],
    [['ssh', 'web', 'start-rekor'], 'what ssh starts is not looked up'],
    [['/nowhere/start'], 'what start starts is not looked up'],
    [
      ['sh', planted('two', `if [ "$1" = blue ]; then\n${REKOR}\nelse\n${REKOR}2\nfi\n`)],
      'not exactly one command',
    ],
    [['sh', planted('none', 'exec "$@"\n')], 'not exactly one command'],
    [[planted('program', '\u007fELF rekor-server serve --port=1')], 'what program starts is not looked up'],
  ])('%j', (command, reason) => {
    expect(redisOf(...command)).toContain(reason);
  });

  it('whether there are more flags, where a variable may stand for several', () => {
    const more = (line: string) => rekorInScript(line)?.mayHaveMore;
    expect(more(`${REKOR} $MORE`)).toBe(true);
    expect(more(`${REKOR} "$@"`)).toBe(true);
    expect(more(`${REKOR} --port "$PORT"`)).toBe(false);
    expect(more(`${REKOR} --enable_retrieve_api >>$LOG &`)).toBe(false);
  });
});
