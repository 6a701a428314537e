import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireSameService } from '../../../activities/steps/served-identity';
import type { ClientOperation } from '../../../activities/clients/rekor';
import type { PlannedSigner, Superseded } from '../../../workflows/model/installation';
import { byKey, type KeyOfTree } from '../../../activities/steps/shard-keys';
import { readLogKey } from '../../../activities/verification/log-key';
import type { BoundSystems, ExpectedSigner } from '../../../activities/systems';
import type { LogIdentity } from '../../../activities/verification/rehearsal';
import { addresses, FakeLog, order } from '../fake-log';
import { refused } from '../refused';

/** What a slot serves: shard 100, and the current tree inactive or active; each signed with a key. */
function servedWith(logId: string, active = '200', keys: Readonly<Record<string, string>> = {}): LogIdentity {
  const trees = active === '300' ? ['100', '200', '300'] : ['100', '200'];
  const shards = trees.map((treeId) => ({
    ...{ treeId, length: 10, rootHash: `root of ${treeId}` },
    logId: keys[treeId] ?? 'aa',
  }));
  return { hostname: 'rekor.example', logId, shards };
}

interface Slot {
  readonly identity: LogIdentity;
  readonly off: readonly ClientOperation[];
}

const same: Slot = { identity: servedWith('aa'), off: [] };
/** The same of the next slot. */
const alike: Slot = { identity: servedWith('aa', '300'), off: [] };
const green = { name: 'green', url: addresses['green'] ?? '' };

/** Looks whether slot green can follow slot blue; blue does not answer when it is null. */
function comparison(
  blue: Slot | null,
  ofGreen: Slot,
  {
    supersedes,
    signer,
    expectedSigner,
  }: {
    readonly supersedes?: Superseded;
    readonly signer?: PlannedSigner;
    readonly expectedSigner?: ExpectedSigner;
  } = {},
): Promise<KeyOfTree> {
  const slotAt = (url: string): Promise<Slot> => {
    const slot = url === green.url ? ofGreen : blue;
    return slot ? Promise.resolve(slot) : Promise.reject(new Error('blue was asked'));
  };
  const systems: BoundSystems = new FakeLog().systems();
  return requireSameService(
    {
      ...systems,
      ...(expectedSigner && { expectedSigner }),
      rekor: { ...systems.rekor, switchedOff: async ({ url }) => (await slotAt(url)).off },
      verifier: { ...systems.verifier, rehearse: async ({ url }) => (await slotAt(url)).identity },
    },
    {
      ...order,
      ...(signer && { signer }),
      release: { ...order.release, ...(supersedes && { supersedes }) },
    },
    green,
  );
}

describe('the next slot', () => {
  it('may follow one that signs alike and serves as much', async () => {
    await expect(comparison(same, alike)).resolves.toEqual(
      new Map([
        ['100', 'aa'],
        ['200', 'aa'],
        ['300', 'aa'],
      ]),
    );
  });

  it('is refused when it signs under another host name, or with another key', async () => {
    const { identity } = same;
    const renamed = { ...same, identity: { ...identity, hostname: 'rekor.other' } };
    expect(await refused('RELEASES_DIFFER', comparison(same, renamed))).toContain(
      'its --rekor_server.hostname is rekor.other, that of slot blue is rekor.example',
    );
    const rekeyed = { ...same, identity: { ...identity, logId: 'bb' } };
    expect(await refused('RELEASES_DIFFER', comparison(same, rekeyed))).toContain(
      'is bb, that of slot blue is aa',
    );
  });

  it('is refused when a search is off that is on in the current slot; one that is off in both is meant to be', async () => {
    const off: Slot = { ...alike, off: ['searchIndex'] };
    expect(await refused('OPERATION_SWITCHED_OFF', comparison(same, off))).toContain('searchIndex');
    await expect(comparison({ ...same, off: off.off }, off)).resolves.toBeDefined();
  });

  it('is refused when it takes no entries, whatever the current slot does', async () => {
    const off: Slot = { ...same, off: ['createLogEntry'] };
    expect(await refused('OPERATION_SWITCHED_OFF', comparison(off, off))).toContain('createLogEntry');
  });

  it('is not compared with one that it supersedes, for that cannot serve', async () => {
    await expect(
      comparison(null, same, { supersedes: { trees: [order.release.currentTreeId], unnamed: 1 } }),
    ).resolves.toBeDefined();
  });
});

describe('the next slot with a new signer', () => {
  const signer = { changes: true, what: 'the key file /new.pem', named: ['100', '200'] };
  const green = (keys: Readonly<Record<string, string>>, active = 'aa'): Slot => ({
    identity: { ...servedWith('aa', '300', keys), logId: active },
    off: [],
  });

  it('signs its own tree with another key, and each earlier one with the key that it had', async () => {
    const rekeyed = green({ '300': 'bb' }, 'bb');
    const keys = await comparison(same, rekeyed, { signer });
    expect(byKey(keys)).toEqual([
      { logId: 'aa', trees: ['100', '200'] },
      { logId: 'bb', trees: ['300'] },
    ]);
  });

  it.each(['100', '200'])('is refused when it signs tree %s with another key, too', async (tree) => {
    const refusal = await refused(
      'SHARD_KEY_DIFFERS',
      comparison(same, green({ [tree]: 'bb', '300': 'bb' }, 'bb'), { signer }),
    );
    expect(refusal).toContain(`signs tree ${tree} with the key bb`);
    expect(refusal).toContain('not with aa, which it has been signed with so far');
  });

  it('is refused when it has another checkpoint of an earlier shard', async () => {
    const { identity } = green({ '300': 'bb' }, 'bb');
    const shards = identity.shards.map((shard) => (shard.treeId === '100' ? { ...shard, length: 9 } : shard));
    const shorter = { ...same, identity: { ...identity, shards } };
    expect(await refused('VERIFICATION_FAILED', comparison(same, shorter, { signer }))).toContain('tree 100');
  });

  it('is refused when its key is the former one', async () => {
    expect(await refused('SIGNER_WITHOUT_EFFECT', comparison(same, green({}), { signer }))).toContain(
      'still signs tree 300',
    );
  });

  describe('of a key that the configuration names', () => {
    const { publicKey } = generateKeyPairSync('ed25519');
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const { logId } = readLogKey(pem);
    const folder = mkdtempSync(join(tmpdir(), 'signer-'));
    const file = join(folder, 'new.pub');
    const expectedSigner = { field: 'logs.production.nextSigner', publicKeyFile: file };
    beforeEach(() => writeFileSync(file, pem));
    afterAll(() => rmSync(folder, { recursive: true }));

    it('has that key, or is refused', async () => {
      await comparison(same, green({ '300': logId }, logId), { signer, expectedSigner });
      const wrong = comparison(same, green({ '300': 'bb' }, 'bb'), { signer, expectedSigner });
      expect(await refused('SHARD_KEY_DIFFERS', wrong)).toContain(
        `not with ${logId}, as logs.production.nextSigner.publicKey says`,
      );
    });

    it('is refused where the file has no public key', async () => {
      const { privateKey } = generateKeyPairSync('ed25519');
      for (const text of ['nothing', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()]) {
        writeFileSync(file, text);
        const found = await refused(
          'SIGNER_UNUSABLE',
          comparison(same, green({ '300': logId }, logId), { signer, expectedSigner }),
        );
        expect(found).toContain('there is no public key in it');
      }
    });
  });

  it('is compared with what was rehearsed when it supersedes, for nobody can be asked', async () => {
    const keys = [
      { logId: 'aa', trees: ['100'] },
      { logId: 'bb', trees: ['200'] },
    ];
    const supersedes = { trees: ['200'], unnamed: 1, keys };
    await comparison(null, green({ '200': 'bb', '300': 'bb' }, 'bb'), { supersedes });
    for (const wrong of [green({ '300': 'bb' }, 'bb'), green({ '200': 'bb' })]) {
      expect(await refused('SHARD_KEY_DIFFERS', comparison(null, wrong, { supersedes }))).toContain(
        'with the key aa',
      );
    }
  });
});
