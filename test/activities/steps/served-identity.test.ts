import { requireSameService } from '../../../activities/steps/served-identity';
import type { ClientOperation } from '../../../activities/clients/rekor';
import type { Superseded } from '../../../workflows/model/installation';
import type { BoundSystems } from '../../../activities/systems';
import type { LogIdentity } from '../../../activities/verification/rehearsal';
import { addresses, FakeLog, order } from '../fake-log';
import { refused } from '../refused';

interface Slot {
  readonly identity: LogIdentity;
  readonly off: readonly ClientOperation[];
}

const same: Slot = { identity: { hostname: 'rekor.example', logId: 'aa' }, off: [] };
const green = { name: 'green', url: addresses['green'] ?? '' };

/** Looks whether slot green can follow slot blue; blue does not answer when it is null. */
function comparison(blue: Slot | null, ofGreen: Slot, supersedes?: Superseded): Promise<void> {
  const slotAt = (url: string): Promise<Slot> => {
    const slot = url === green.url ? ofGreen : blue;
    return slot ? Promise.resolve(slot) : Promise.reject(new Error('blue was asked'));
  };
  const systems: BoundSystems = new FakeLog().systems();
  return requireSameService(
    {
      ...systems,
      rekor: { ...systems.rekor, switchedOff: async ({ url }) => (await slotAt(url)).off },
      verifier: { ...systems.verifier, rehearse: async ({ url }) => (await slotAt(url)).identity },
    },
    { ...order, release: { ...order.release, ...(supersedes && { supersedes }) } },
    green,
  );
}

describe('the next slot', () => {
  it('may follow one that signs alike and serves as much', async () => {
    await expect(comparison(same, same)).resolves.toBeUndefined();
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
    const off: Slot = { ...same, off: ['searchIndex'] };
    expect(await refused('OPERATION_SWITCHED_OFF', comparison(same, off))).toContain('searchIndex');
    await expect(comparison(off, off)).resolves.toBeUndefined();
  });

  it('is refused when it takes no entries, whatever the current slot does', async () => {
    const off: Slot = { ...same, off: ['createLogEntry'] };
    expect(await refused('OPERATION_SWITCHED_OFF', comparison(off, off))).toContain('createLogEntry');
  });

  it('is not compared with one that it supersedes, for that cannot serve', async () => {
    await expect(
      comparison(null, same, { trees: [order.release.currentTreeId], unnamed: 1 }),
    ).resolves.toBeUndefined();
  });
});
