import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SlotName } from '../../lab/files';
import { ensureBinaries } from '../../tools/binaries';
import { isFailed } from '../../workflows/model/checks';
import type { RefusalCode } from '../../workflows/model/refusals';
import type { RotationResult } from '../../workflows/model/result';
import { privateAuthority, tlsProxy } from '../activities/private-authority';
import { unhurried } from '../../harness/configuration';
import { expectAsBefore, expectOutcome } from './outcome';
import { useLog } from './use-log';

describe('the log as its clients see it', () => {
  const log = useLog();

  function codesOf({ refusals }: RotationResult): RefusalCode[] {
    return refusals.map(({ code }) => code);
  }

  /** Refused before anything was changed, for this reason; returns its words. */
  async function expectRefused(code: RefusalCode): Promise<string> {
    const before = await log.snapshot();
    const result = await log.rotate();
    expectOutcome(result, 'refused');
    expect(codesOf(result)).toContain(code);
    expect(await log.snapshot()).toEqual(before);
    await log.expectWritable();
    return result.reason;
  }

  /** Taken back in the rehearsal, for this reason, before any write waited. */
  async function expectTakenBack(code: RefusalCode): Promise<string> {
    const before = await log.snapshot();
    log.gate.forgetCalls();
    const result = await log.rotate();
    expectOutcome(result, 'rolledBack');
    expect(codesOf(result)).toEqual([code]);
    expect(log.gate.calls.filter(({ path }) => path.endsWith('/hold'))).toEqual([]);
    expectAsBefore(before, await log.snapshot());
    await log.expectWritable();
    return result.reason;
  }

  let putBack: () => Promise<void> = () => Promise.resolve();
  afterEach(() => putBack());

  /** Adds lines to a slot's environment file, in which the last ones count; they are gone after the test. */
  function withEnvironment(slot: SlotName, lines: Readonly<Record<string, string>>): void {
    const file = log.section.installation.slots[slot]?.environmentFile ?? '';
    const before = readFileSync(file, 'utf8');
    const added = Object.entries(lines).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(file, before + added.join(''));
    putBack = async () => {
      writeFileSync(file, before);
      putBack = () => Promise.resolve();
      if ((await log.serving()).current === slot) {
        await restarted(slot);
      }
    };
  }

  /** The server with some operations only, as `--enabled_api_endpoints` lists them. */
  async function serverWithout(operation: string): Promise<string> {
    const { rekorServer } = await ensureBinaries(() => undefined);
    const all = ['getLogInfo', 'getPublicKey', 'getLogProof', 'createLogEntry'];
    const listed = [...all, 'getLogEntryByIndex', 'getLogEntryByUUID', 'searchLogQuery'];
    const flag = `--enabled_api_endpoints=${listed.filter((each) => each !== operation).join(',')}`;
    const file = join(log.newDirectory(), 'rekor-server');
    writeFileSync(file, `#!/bin/sh\nexec '${rekorServer}' "$@" '${flag}'\n`, { mode: 0o755 });
    return file;
  }

  describe('at an address that the worker cannot reach', () => {
    afterAll(async () => {
      await log.reconfigure();
    });

    it('is no reason to begin: its name has no address', async () => {
      await log.reconfigure((section) => (section.publicUrl = 'https://rekor.invalid'));
      expect(await expectRefused('HOST_NAME_UNRESOLVED')).toContain('rekor.invalid');
    });

    it('is no reason to begin, until the authority that signed for it is configured', async () => {
      const authority = privateAuthority();
      const gatePort = Number(new URL(log.section.publicUrl).port);
      const proxy = await tlsProxy(authority.serverFor('127.0.0.1'), gatePort);
      await log.reconfigure((section) => (section.publicUrl = proxy.url));
      expect(await expectRefused('TLS_FAILED')).toContain(`${proxy.url} (logs.${log.name}.publicUrl)`);

      await log.reconfigure((section) => {
        unhurried(section);
        section.publicUrl = proxy.url;
        section.tls = { caFile: authority.file };
      });
      const result = await log.rotate();
      expectOutcome(result, 'completed');
      expect(result.verification?.entriesVerified).toBeGreaterThan(0);
      await proxy.close();
    });
  });

  describe('under another host name', () => {
    afterAll(async () => {
      await log.reconfigure();
    });

    it('than the configured one is refused', async () => {
      await log.reconfigure((section) => (section.hostname = 'rekor.example'));
      expect(await expectRefused('HOSTNAME_DIFFERS')).toContain('"127.0.0.1"');
    });

    it('than that of the public address is a warning, for clients may trust it under another', async () => {
      const { port } = new URL(log.section.publicUrl);
      await log.reconfigure((section) => {
        delete section.hostname;
        section.publicUrl = `http://localhost:${port}`;
      });
      const { outcome, checks = [] } = await log.rotate({ dryRun: true });
      expect(outcome).toBe('planned');
      expect(checks.filter(isFailed)).toMatchObject([
        {
          state: 'warning',
          reason: 'HOSTNAME_NOT_IN_ADDRESS',
          found: expect.stringContaining('"127.0.0.1"') as string,
        },
      ]);
    });
  });

  it.each(['getLogProof', 'getLogEntryByUUID'])(
    'with %s switched off in the current slot is no reason to begin',
    async (operation) => {
      const { current } = await log.serving();
      withEnvironment(current, { REKOR_SERVER: await serverWithout(operation) });
      await restarted(current);
      const reason = await expectRefused('OPERATION_SWITCHED_OFF');

      expect(reason).toContain(`its operation ${operation} is switched off`);
      expect(reason).toContain('--enabled_api_endpoints');
    },
  );

  async function restarted(slot: SlotName): Promise<void> {
    await log.byHand(slot, 'stop');
    await log.byHand(slot, 'start');
    await log.expectWritable();
  }

  it.each(['getPublicKey', 'getLogEntryByIndex', 'createLogEntry', 'searchLogQuery'])(
    'would have %s switched off in the next slot: found in the rehearsal',
    async (operation) => {
      const { next } = await log.serving();
      withEnvironment(next, { REKOR_SERVER: await serverWithout(operation) });
      const reason = await expectTakenBack('OPERATION_SWITCHED_OFF');

      expect(reason).toContain(`its operation ${operation} is switched off`);
    },
  );

  it('would be signed under another name, or with another key, in the next slot: found in the rehearsal', async () => {
    const { next } = await log.serving();
    withEnvironment(next, { PUBLIC_NAME: 'rekor.other' });
    expect(await expectTakenBack('RELEASES_DIFFER')).toContain('is rekor.other, that of');
    await putBack();

    const key = join(log.newDirectory(), 'key.pem');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(key, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    withEnvironment(next, { SIGNER_KEY: key });
    // With these the plan compares what stands in both files.
    await log.reconfigure(({ installation }) => delete installation.signerVariables);
    expect(await expectTakenBack('RELEASES_DIFFER')).toContain('signing key');
  });

  it('is rotated once all of this is as it was', async () => {
    await log.reconfigure(unhurried);
    expectOutcome(await log.rotate(), 'completed');
    await log.expectNothingLost();
  });
});
