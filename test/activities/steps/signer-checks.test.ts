import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkSigner } from '../../../activities/steps/signer-checks';
import type { Check } from '../../../workflows/model/checks';
import { FakeLog } from '../fake-log';

const folder = mkdtempSync(join(tmpdir(), 'signer-checks-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What the plan says of a new signer with this key. */
async function checksOf(publicKey: KeyObject, changes = true): Promise<readonly Check[]> {
  const publicKeyFile = join(folder, 'new.pub');
  writeFileSync(publicKeyFile, publicKey.export({ type: 'spki', format: 'pem' }));
  const expectedSigner = { field: 'logs.production.nextSigner', publicKeyFile };
  const signer = { changes, what: 'the key file /etc/rekor/key-2.pem', named: ['100'] };
  const { checks } = await checkSigner({ ...new FakeLog().systems(), expectedSigner }, signer, null);
  return checks.filter(({ code }) => code === 'SIGNER_KNOWN');
}

const ofCurve = (namedCurve: string): KeyObject => generateKeyPairSync('ec', { namedCurve }).publicKey;

describe('the kind of a new key', () => {
  it('may be P-256, which every client verifies', async () => {
    expect(await checksOf(ofCurve('P-256'))).toMatchObject([{ state: 'ok' }]);
  });

  it.each([
    ['PKIX_ECDSA_P384_SHA_256', ofCurve('P-384')],
    ['PKIX_ECDSA_P521_SHA_256', ofCurve('P-521')],
    ['PKIX_ED25519', generateKeyPairSync('ed25519').publicKey],
    ['PKIX_RSA_PKCS1V15_2048_SHA256', generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey],
  ])('is warned of when it is %s', async (kind, key) => {
    const [check, ...others] = await checksOf(key);
    expect(others).toEqual([]);
    expect(check).toMatchObject({ state: 'warning', reason: 'NEW_KEY_UNUSUAL' });
    expect(check?.found).toContain(`a key of the kind ${kind}`);
  });

  it('is no matter once the log has that key', async () => {
    expect(await checksOf(ofCurve('P-384'), false)).toMatchObject([{ state: 'ok' }]);
  });
});
