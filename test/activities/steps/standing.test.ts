import { refuse } from '../../../activities/errors/refusal-error';
import { confirm, soak } from '../../../activities/steps/log-checks';
import { holdAndFreeze, openAndExpose } from '../../../activities/steps/critical-section';
import { leftovers } from '../../../activities/steps/leftovers';
import { discard, settle, stage, stop } from '../../../activities/steps/next-release';
import { readInstallation } from '../../../activities/installation/installation';
import type { BoundSystems } from '../../../activities/systems';
import { planText } from '../../../cli/plan-text';
import { dryRun } from '../../../workflows/dry-run';
import { Journal } from '../../../workflows/journal';
import { planRotation } from '../../../workflows/model/plan';
import { fenceOf } from '../../../workflows/model/fencing';
import { planRecovery, type RecoveryKind } from '../../../workflows/model/recovery';
import { planned } from '../../../workflows/model/result';
import { aFoundLog } from '../../model/found-log';
import { FakeLog, identity, inAnotherTry, order } from '../fake-log';
import { copy, SECRET, standing, StandingInstallation } from '../installation/standing-installation';
import { refused } from '../refused';

/**
 * Everything that the steps ask of an installation, asked of another kind than a host: one standing release with pods that
 * come and go, objects instead of files, and a next release that is only there until the standing one has its configuration.
 */

const { signal } = new AbortController();

/** A log that is run so, and its first attempt. */
class StandingLog {
  readonly log = new FakeLog();
  readonly installation = new StandingInstallation(this.log);
  readonly systems: BoundSystems;

  constructor() {
    const systems = this.log.systems();
    const same = { hostname: 'rekor.example', logId: 'aa', shards: [] };
    const proven = {
      ...{ entriesVerified: 0, proofsVerified: 0, checkpointsVerified: 0, shards: [], withoutBundle: 0 },
    };
    this.systems = {
      ...systems,
      installation: this.installation,
      rekor: { ...systems.rekor, switchedOff: () => Promise.resolve([]) },
      verifier: { verify: () => Promise.resolve(proven), rehearse: () => Promise.resolve(same) },
    };
    this.log.done.length = 0;
  }

  async attempt() {
    const { instances } = this.log.gate;
    const { current, next } = await this.installation.roles(instances);
    const plan = await this.installation.plan({ current }, ['200']);
    return { ...order, ...plan, release: { ...order.release, current, next } };
  }

  /** Through its critical section: clients are sent to the pods of the copy. */
  async exposed() {
    const input = await this.attempt();
    await stage(this.systems, input);
    const frozen = await holdAndFreeze(inAnotherTry(this.systems), input);
    const { handover } = await openAndExpose(inAnotherTry(this.systems), { ...input, frozen });
    return { ...input, frozen, handover, forMs: 0 };
  }

  sendsTo(): string {
    const { instances } = this.log.gate;
    return (
      [standing, copy].find((one) =>
        this.installation.addressesOf(one).some((address) => instances.includes(address)),
      )?.name ?? instances.join()
    );
  }
}

describe('an installation with one standing release', () => {
  it('is staged as planned, rehearsed in each pod, and stopped again', async () => {
    const one = new StandingLog();
    const { installation, log } = one;
    await stage(one.systems, await one.attempt());
    expect(installation.objects).toEqual({
      'ConfigMap rekor': `treeID: 200\nshards: 100\npassword: ${SECRET}\n`,
      'ConfigMap rekor-next': `treeID: 300\nshards: 100 200\npassword: ${SECRET}\n`,
    });
    expect(installation.pods(copy)).toEqual([]);
    expect([...log.running]).toContain(installation.pods(standing)[0]?.name);
  });

  it('is started by no stage where its start would end what serves, and tells no key', async () => {
    const one = new StandingLog();
    const { systems } = one;
    const started: string[] = [];
    const installation = Object.assign(one.installation, {
      rehearses: false,
      start: () => Promise.resolve(void started.push('start')),
    });
    expect(await stage({ ...systems, installation }, await one.attempt())).toEqual([]);
    expect(started).toEqual([]);
  });

  it('gives back what its start took when that is undone, unless clients are sent to it', async () => {
    const one = new StandingLog();
    const { systems } = one;
    let given = 0;
    const installation = Object.assign(one.installation, {
      giveBack: () => Promise.resolve(void (given += 1)),
    });
    const input = await one.attempt();
    await stop({ ...systems, installation }, input);
    expect(given).toBe(0);
    await stage(systems, input);
    await stop({ ...systems, installation }, input);
    expect(given).toBe(1);
    const other = new StandingLog();
    const after = await other.exposed();
    Object.assign(other.installation, { giveBack: () => Promise.resolve(void (given += 1)) });
    await stop(other.systems, after);
    expect(given).toBe(1);
  });

  it('is put back when it is taken back', async () => {
    const one = new StandingLog();
    const before = structuredClone(one.installation.objects);
    const input = await one.attempt();
    await stage(one.systems, input);
    await stop(one.systems, input);
    await discard(one.systems, input);
    expect(one.installation.objects).toEqual(before);
    expect(one.installation.annotations).toEqual({});
  });

  it('is waited for as long as it says', async () => {
    for (const [patience, rests] of [
      [{ startMs: 120_000, rehearsalMs: 300_000 }, 3],
      [{ startMs: -1, rehearsalMs: 300_000 }, Infinity],
      [{ startMs: 120_000, rehearsalMs: -1 }, Infinity],
    ] as const) {
      const one = new StandingLog();
      const { systems, installation } = one;
      const input = await one.attempt();
      installation.patience = { ...installation.patience, ...patience };
      // Its image is pulled.
      installation.runs = () => Promise.resolve(false);
      let asked = 0;
      const log: typeof systems.rekor.log = (instance, ...bounds) => {
        const why = { log: 'production', instance: instance.name, url: '', reason: 'no route' };
        asked += 1;
        return asked <= rests
          ? Promise.reject(refuse('REKOR_UNREACHABLE', why))
          : systems.rekor.log(instance, ...bounds);
      };
      const slow = { ...systems, rekor: { ...systems.rekor, log } };
      const staging = stage(slow, input);
      if (rests === Infinity) {
        expect(await refused('RELEASE_DOES_NOT_START', staging)).toContain(
          'Rekor in Deployment rekor-next was started',
        );
      } else {
        await expect(staging).resolves.toEqual([]);
      }
      expect(one.log.gate.mode).toBe('pass');
    }
  });

  it('is asked for its instances each time: a pod that came meanwhile is proven and sent to', async () => {
    const one = new StandingLog();
    const input = await one.attempt();
    await stage(one.systems, input);
    const frozen = await holdAndFreeze(inAnotherTry(one.systems), input);
    one.installation.replacePod(copy);
    one.installation.replacePod(copy);
    await openAndExpose(inAnotherTry(one.systems), { ...input, frozen });
    expect(one.sendsTo()).toBe(copy.name);
  });

  it('has clients sent to the pods that came after the exposure, once these are proven', async () => {
    const one = new StandingLog();
    const input = await one.exposed();
    one.installation.replacePod(copy);
    one.installation.replacePod(copy);
    expect(one.sendsTo()).not.toBe(copy.name);
    await confirm(one.systems, input);
    expect(one.log.gate.instances).toEqual(one.installation.addressesOf(copy));
    expect(one.log.gate).toMatchObject({ mode: 'pass', number: identity.number });

    // So it is while a settle was broken off: the standing release has the configuration, and nobody is sent there yet.
    await one.installation.settle(input.release);
    one.installation.replacePod(copy);
    one.installation.replacePod(copy);
    await confirm(one.systems, input);
    expect(one.log.gate.instances).toEqual(one.installation.addressesOf(copy));

    // One that is repeated late leaves clients where they were sent back to.
    await settle(one.systems, input);
    await confirm(one.systems, input).catch(() => undefined);
    expect(one.sendsTo()).toBe(standing.name);
  });

  it('has its standing configuration settled and proven, then clients are sent back and the copy goes', async () => {
    const one = new StandingLog();
    const input = await one.exposed();
    await confirm(one.systems, input);
    await settle(one.systems, input);
    expect(one.installation.objects).toEqual({
      'ConfigMap rekor': `treeID: 300\nshards: 100 200\npassword: ${SECRET}\n`,
    });
    expect(one.sendsTo()).toBe(standing.name);
    // An exposure that lands late has a lower number (H8).
    expect(one.log.gate).toMatchObject({ number: fenceOf(identity).undo, shards: { activeTreeId: '300' } });
    expect(one.installation.pods(copy)).toEqual([]);
    expect(one.installation.annotations).toEqual({});

    // What follows, or is repeated, finds the release where it was settled (H7).
    await soak({ ...one.systems }, input);
    const done = [...one.log.done];
    await stop(one.systems, input);
    await discard(one.systems, input);
    await refused('ALREADY_ROTATED', stage(one.systems, input));
    expect(one.log.done).toEqual(done);
    expect(one.installation.pods(copy)).toEqual([]);
  });

  it('is not settled while a gate still sends to what would be stopped', async () => {
    const one = new StandingLog();
    const input = await one.exposed();
    const serves = one.installation.serves.bind(one.installation);
    // Of several gates one has stayed behind.
    const installation = Object.assign(one.installation, {
      serves: (release: typeof copy, serving: readonly string[]) =>
        release.id === copy.id ? Promise.resolve(true) : serves(release, serving),
    });
    await refused('CHANGED_BY_SOMEONE', settle({ ...one.systems, installation }, input));
    expect(one.installation.pods(copy)).not.toEqual([]);
  });

  /** As often as said, a start of the standing release has its first pod load too short a length. */
  function loadsShort(one: StandingLog, times: number): { readonly starts: () => number } {
    const { installation, log } = one;
    const start = installation.start.bind(installation);
    let starts = 0;
    installation.start = async (release) => {
      await start(release);
      const [pod] = installation.pods(release);
      if (release.id !== standing.id || !pod) return;
      starts += 1;
      if (starts > times) return;
      const { inactive, ...loaded } = log.loadedBy(pod.name);
      const short = inactive.map((shard) => ({ ...shard, loadedLength: shard.liveLength - 1 }));
      Object.assign(log.slots[pod.name] ?? {}, { loaded: { ...loaded, inactive: short } });
    };
    return { starts: () => starts };
  }

  it('has clients sent back only to pods with the final lengths: another one is restarted before', async () => {
    const one = new StandingLog();
    const input = await one.exposed();
    const { installation, log } = one;
    const short = loadsShort(one, 1);
    await settle(one.systems, input);
    expect(short.starts()).toBe(2);
    expect(one.sendsTo()).toBe(standing.name);
    expect(log.loadedBy(installation.pods(standing)[0]?.name ?? '').inactive).toEqual([
      { treeId: '100', liveLength: 10, loadedLength: 10 },
      { treeId: '200', liveLength: 20, loadedLength: 20 },
    ]);
  });

  it('is refused where pods load another length however often they are restarted', async () => {
    const one = new StandingLog();
    const input = await one.exposed();
    const short = loadsShort(one, Infinity);
    await refused('VERIFICATION_FAILED', settle(one.systems, input));
    expect(short.starts()).toBe(4);
    expect(one.sendsTo()).toBe(copy.name);
  });

  it('keeps its copy when a later attempt has the log before clients are sent back', async () => {
    const one = new StandingLog();
    const input = await one.exposed();
    const settling = one.installation.settle.bind(one.installation);
    one.installation.settle = async (replacement) => {
      const settled = await settling(replacement);
      one.log.gate.number = identity.number + 9;
      return settled;
    };
    await refused('NOT_OURS', settle(one.systems, input));
    expect(one.sendsTo()).toBe(copy.name);
    expect(one.installation.pods(copy)).toHaveLength(2);
  });

  it.each<[string, RecoveryKind, typeof standing, (one: StandingLog) => Promise<unknown>]>([
    [
      'before its hold',
      'takeBack',
      copy,
      async (one) => {
        await stage(one.systems, await one.attempt());
      },
    ],
    ['after its exposure', 'finish', copy, (one) => one.exposed()],
    [
      'between the way back of its clients and its end',
      'finish',
      standing,
      async (one) => {
        const input = await one.exposed();
        const dies = new Error('the worker dies');
        one.installation.forget = () => Promise.reject(dies);
        await expect(settle(one.systems, input)).rejects.toBe(dies);
        delete (one.installation as Partial<StandingInstallation>).forget;
      },
    ],
  ])('is recovered where a rotation ended %s', async (_when, kind, next, interrupt) => {
    const one = new StandingLog();
    await interrupt(one);
    const { found } = await leftovers(one.systems, { log: 'production' });
    const recovery = found && planRecovery('production', found);
    if (!recovery || 'refusals' in recovery) {
      throw new Error(`nothing is planned: ${JSON.stringify(recovery)}`);
    }
    expect(recovery).toMatchObject({
      kind,
      input: { release: { next, nextTreeId: '300', currentTreeId: '200' } },
    });
    const input = { ...recovery.input, budgetMs: 2_000 };
    if (kind === 'takeBack') {
      await discard(one.systems, input);
    } else {
      await settle(one.systems, { ...input, frozen: { ...one.log.end('200'), proof: [] }, handover: null });
    }
    expect(Object.keys(one.installation.objects)).toEqual(['ConfigMap rekor']);
    expect(one.sendsTo()).toBe(standing.name);
    expect(one.installation.annotations).toEqual({});
  });

  it('is planned and said in its own words, its objects by content, without a secret (H28)', async () => {
    const { installation, log } = new StandingLog();
    const { instances } = log.gate;
    const found = {
      ...aFoundLog(),
      installation: await readInstallation(installation, instances, signal),
      ...(await installation.plan({ current: standing }, ['200'])),
      timing: { ...aFoundLog().timing, patience: installation.patience },
    };
    const made = planRotation({ log: 'production' }, { log: 'production', checks: [], found });
    if (!('plan' in made)) {
      throw new Error(JSON.stringify(made.refusals));
    }
    const { plan } = made;
    expect(plan.timing.patience.stageMs).toBe(600_000);
    expect(JSON.stringify(plan)).not.toContain(SECRET);
    const run = dryRun(plan, new Journal(plan.log, 'r'));
    await run.actions.stage({ ...order, ...found });
    expect(run.says('stage')).toEqual([
      expect.stringContaining('prepare Deployment rekor-next at '),
      'write ConfigMap rekor-next (configuration of its Rekor)',
    ]);
    const result = planned({ kind: 'rotation', log: plan.log, rotationId: 'r', plan });
    const text = planText(result, 100).replace(/\s+/g, ' ');
    expect(text).toContain('Objects ConfigMap rekor-next (configuration of its Rekor)');
    expect(text).toContain('Deployment rekor-next serves in place of Deployment rekor; 2 objects to write.');
    expect(text).not.toContain('slot');
  });
});
