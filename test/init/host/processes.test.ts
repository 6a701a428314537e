import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filePlace } from '../../../init/host/file-place';
import { readProcesses } from '../../../programs/readers/processes';
import { search } from '../../../init/host/search';
import { PASSWORD, plantedHost } from './planted-host';

const onLinux = process.platform === 'linux' ? it : it.skip;

onLinux('reads a process that runs: its arguments, and the folder that its paths count from', async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'init-')));
  const program = join(folder, 'rekor-server');
  symlinkSync(process.execPath, program);
  writeFileSync(join(folder, 'serve'), 'console.log("runs"); process.stdin.resume();');
  const flags = ['--port=3999', '--trillian_log_server.sharding_config', 'list.yaml'];
  const secret = `--redis_server.password=${PASSWORD}`;
  const child = spawn(program, ['serve', ...flags, secret], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    await once(child.stdout, 'data');
    const found = readProcesses().filter(({ where }) => where === `process ${child.pid}`);
    expect(found).toMatchObject([{ program: 'rekor-server', run: { by: 'process', pid: child.pid } }]);
    const [rekor] = found;
    expect([...(rekor?.flags ?? [])]).toEqual([
      ['port', '3999'],
      ['trillian_log_server.sharding_config', 'list.yaml'],
    ]);
    expect(rekor && filePlace(rekor, 'list.yaml')).toEqual({ path: join(folder, 'list.yaml') });
  } finally {
    const ended = once(child, 'exit');
    child.kill();
    await ended;
  }
});

describe('of a process', () => {
  const rekor = ['rekor-server', 'serve', '--trillian_log_server.tlog_id=7'];
  const found = (group: string, files = {}) => {
    const { root } = plantedHost(files, { 7: { words: rekor, group } });
    const named = { units: [], composeFiles: [], kubeFiles: [] };
    return search(named, { root, folder: root }).programs;
  };

  it('the unit is known whose file nobody may read, or says another program', () => {
    const group = '/system.slice/log.service';
    const unit = { by: 'systemd', unit: { name: 'log', installs: false } };
    expect(found(group)).toMatchObject([{ where: 'log.service (process 7)', run: unit }]);
    const script = { 'etc/systemd/system/log.service': '[Service]\nExecStart=/opt/start.sh\n[Install]\n' };
    expect(found(group, script)).toMatchObject([{ run: { unit: { name: 'log', installs: true } } }]);
  });

  it('the files and ports in a container are not those of the host', () => {
    const [inside] = found(`/system.slice/docker-${'b'.repeat(64)}.scope`);
    expect(inside).toMatchObject({ run: { by: 'container' }, ports: new Map(), mounts: [] });
  });

  it('nothing is found where there is no /proc', () => {
    expect(readProcesses('/nowhere')).toEqual([]);
  });
});
