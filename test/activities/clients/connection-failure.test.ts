import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PemFile } from '../../../activities/clients/authorities';
import { connectRekor } from '../../../activities/clients/rekor';
import { connectMetrics } from '../../../activities/clients/metrics';
import { connectTrillian } from '../../../activities/clients/trillian';
import { logVerifier } from '../../../activities/verification/verification';
import type { RefusalCode } from '../../../workflows/model/refusals';
import { answeringServer, type AnsweringServer } from '../answering-server';
import { privateAuthority, tlsProxy, type TlsProxy } from '../private-authority';
import { refused } from '../refused';
import { PATIENCE_MS } from '../../../harness/waiting';
import { FakeLog } from '../verification/fake-log';
import { hashedRekord } from '../verification/leaves';

const authority = privateAuthority();
const field = 'logs.production.tls.caFile';
const trusted: PemFile = { field, file: authority.file };
const signal = AbortSignal.timeout(PATIENCE_MS);

let log: FakeLog;
let metrics: AnsweringServer;
let secureLog: TlsProxy;
let secureMetrics: TlsProxy;

beforeAll(async () => {
  log = new FakeLog([{ treeId: '77', leaves: [hashedRekord('one', 1_790_000_000)] }]);
  metrics = await answeringServer((_, response) => response.end('proof_index_percentiles_count 0\n'));
  const server = authority.serverFor('127.0.0.1');
  secureLog = await tlsProxy(server, Number(new URL(await log.listen()).port));
  secureMetrics = await tlsProxy(server, Number(new URL(metrics.url).port));
});

afterAll(async () => {
  await Promise.all([secureLog, secureMetrics, metrics, log].map((server) => server.close()));
});

/** Everything that may be configured with an https address, by the field that says so. */
const readers: readonly [string, (url: string, authorities?: PemFile) => Promise<unknown>][] = [
  [
    'logs.production.installation.slots.blue.url',
    (url, authorities) => connectRekor({ log: 'production', authorities }).log({ name: 'blue', url }, signal),
  ],
  [
    'logs.production.publicUrl',
    (url, authorities) =>
      logVerifier({ log: 'production', authorities, clockDifferenceMs: 0 }).rehearse(
        { url, field: 'logs.production.publicUrl' },
        { activeTreeId: '77', inactive: [] },
        signal,
      ),
  ],
  [
    'logs.production.trillian.logServerMetrics',
    (url, authorities) =>
      connectMetrics({ log: 'production', logServers: [url], signers: [], authorities }).queueLeafInFlight(
        signal,
      ),
  ],
];

const addressFor = (name: string): string => (name.endsWith('Metrics') ? secureMetrics : secureLog).url;

describe.each(readers)('the address in %s', (name, read) => {
  const refusalOf = (code: RefusalCode, url: string, authorities?: PemFile): Promise<string> =>
    refused(code, read(url, authorities));

  it('is read when the authority that signed for it is configured', async () => {
    await expect(read(addressFor(name), trusted)).resolves.toBeDefined();
  });

  it('is refused with field, reason and who is trusted, when nobody trusts its certificate', async () => {
    const url = addressFor(name);
    const unknown = await refusalOf('TLS_FAILED', url);
    expect(unknown).toContain(`${url} (${name})`);
    expect(unknown).toMatch(/UNABLE_TO_VERIFY_LEAF_SIGNATURE.*that Node.js brings along/);
    const { file } = privateAuthority();
    expect(await refusalOf('TLS_FAILED', url, { field, file })).toContain(
      `in ${file} (${field}), and no others`,
    );
  });

  it('is refused when its certificate is for another name, and when nobody speaks TLS there', async () => {
    const { port } = new URL(addressFor(name));
    expect(await refusalOf('TLS_FAILED', `https://localhost:${port}`, trusted)).toContain(
      'ERR_TLS_CERT_ALTNAME_INVALID',
    );
    expect(await refusalOf('TLS_FAILED', metrics.url.replace('http:', 'https:'), trusted)).toMatch(
      /ERR_SSL_/,
    );
  });

  it('is refused when its name has no address', async () => {
    const text = await refusalOf('HOST_NAME_UNRESOLVED', 'https://rekor.invalid:3000', trusted);
    expect(text).toContain(`rekor.invalid, of https://rekor.invalid:3000 (${name})`);
  });

  it('is refused with field and file when the authorities cannot be read', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'authorities-'));
    const noCertificate = join(directory, 'key.pem');
    writeFileSync(noCertificate, '-----BEGIN PUBLIC KEY-----\n');
    const cut = join(directory, 'cut.pem');
    writeFileSync(cut, '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n');
    for (const [file, reason] of [
      [join(directory, 'absent.pem'), 'it does not exist'],
      [directory, 'it is a directory'],
      [noCertificate, 'there is no PEM certificate in it'],
      [cut, 'certificate 1 of 1 in it cannot be read'],
    ] as const) {
      const text = await refusalOf('TLS_FILE_UNUSABLE', addressFor(name), { field, file });
      expect(text).toContain(`${file} (${field}) cannot be used: ${reason}`);
    }
  });
});

it("Trillian's TLS files are read with the first call, and one that cannot be used is named", async () => {
  const file = '/nowhere/ca.pem';
  const trillian = connectTrillian({ log: 'production', address: '127.0.0.1:1', tls: { caFile: file } });
  const text = await refused('TLS_FILE_UNUSABLE', trillian.listTrees({ signal }));
  expect(text).toContain(`${file} (logs.production.trillian.tls.caFile)`);
  trillian.close();
});
