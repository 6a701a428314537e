import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { RotationConfiguration } from '../../config/configuration';
import { loadConfiguration, logNamed } from '../../config/load';
import { gateAdminUrls } from '../../workers/gate-admin';
import { connectSystems } from '../../workers/systems';
import { slotBlue, slotGreen } from '../model/two-slots';

const log = logNamed(
  loadConfiguration(resolve(__dirname, '../../examples/rekor-rotate.yaml'), {}),
  'production',
);

function guarded(rotation: Partial<RotationConfiguration>) {
  const { logServerMetrics, signerMetrics, signerIntervalMs, guardWindowMs, clockDifferenceMs } =
    log.trillian;
  const { trillian, ...systems } = connectSystems({
    ...log,
    trillian: {
      address: '127.0.0.1:9',
      ...{ logServerMetrics, signerMetrics, signerIntervalMs, guardWindowMs, clockDifferenceMs },
    },
    rotation: { ...log.rotation, ...rotation },
    guard: { everyMs: 60_000, recover: false },
  });
  trillian.close();
  return systems;
}

it.each([
  [{ soakMs: 0 }, 10],
  [{ soakMs: 600_000 }, 25],
  [{ soakMs: 0, pauseBetweenAttemptsMs: 3_600_000 }, 65],
  [{ soakMs: 0, stopCurrentAfterMs: 1_200_000 }, 25],
])('takes no rotation for stuck that only waits as configured: %j (H23)', (rotation, minutes) => {
  expect(guarded(rotation).guard).toEqual({ recover: false, stuckAfterMs: minutes * 60_000 });
});

it.each([
  ['where it listens', {}, 'http://127.0.0.1:8'],
  ['at another address that is configured', { adminAddress: '127.0.0.1:9' }, 'http://127.0.0.1:9'],
])('reaches the admin interface of the gate %s', async (_, reached, url) => {
  const { adminAddress, ...listening } = log.gate as NonNullable<typeof log.gate>;
  expect(adminAddress).toBe('gate.example.com:3100');
  const gate = {
    ...{ ...listening, ...reached, admin: '127.0.0.1:8' },
    token: { field: 'gate.token', environment: 'PATH' },
  };
  const { trillian, traffic } = connectSystems({ ...log, gate });
  trillian.close();
  expect(gateAdminUrls(gate)).toEqual([url]);
  await expect(traffic.state(AbortSignal.timeout(5_000))).rejects.toThrow(`at ${url} does not answer`);
});

it('knows the addresses and commands by which a person would finish something', () => {
  const { addresses, installation } = guarded({});
  expect(addresses).toEqual({ trillian: '127.0.0.1:9' });
  expect(installation.byHand.start(slotBlue)).toEqual(['systemctl start rekor@blue']);
  expect(installation.byHand.stop(slotGreen)).toEqual(['systemctl stop rekor@green']);
});

it('goes forward where no third tree can be made beside what serves, whatever is configured', () => {
  expect(guarded({ ifNextFails: 'supersede' }).timing.ifNextFails).toBe('supersede');
  const installation = {
    ...({ kind: 'kubernetes', kubeconfig: 'kubeconfig', namespace: 'rekor-system' } as const),
    ...{ deployment: 'rekor-server', service: 'rekor-server', launcherImage: 'rekor-rotate:1' },
    ...{ entrypoint: ['/ko-app/rekor-server'], strategy: 'blue-green' as const },
  };
  const directory = mkdtempSync(join(tmpdir(), 'systems-'));
  const kubeconfig = join(directory, 'kubeconfig');
  const context = { name: 'lab', context: { cluster: 'lab', user: 'lab' } };
  const clusters = [{ name: 'lab', cluster: { server: 'https://127.0.0.1:9' } }];
  const users = [{ name: 'lab', user: { token: 'none' } }];
  const file = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters,
    users,
    contexts: [context],
    'current-context': 'lab',
  };
  writeFileSync(kubeconfig, JSON.stringify(file));
  const { trillian, timing } = connectSystems({ ...log, installation: { ...installation, kubeconfig } });
  trillian.close();
  rmSync(directory, { recursive: true });
  expect(log.rotation.ifNextFails).toBe('supersede');
  expect(timing.ifNextFails).toBe('hold');
});
