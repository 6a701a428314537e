import { sendsTo } from '../../../workflows/model/traffic';
import { createHash } from 'node:crypto';
import { refuse } from '../../../activities/errors/refusal-error';
import { copyWith, filledIn } from '../../../activities/installation/content';
import type { Installation } from '../../../activities/installation/installation';
import type {
  Content,
  InstallationPatience,
  Piece,
  PlannedChanges,
  Release,
  Replacement,
} from '../../../workflows/model/installation';
import type { Instance, TreeId } from '../../../workflows/model/log';
import type { FakeLog } from '../fake-log';

export const standing: Release = { id: 'rekor', name: 'Deployment rekor' };
export const copy: Release = { id: 'rekor-next', name: 'Deployment rekor-next' };
export const STANDING_URL = 'http://rekor.log.svc';
export const SECRET = 'hunter2';

const objectOf = ({ id }: Release): string => `ConfigMap ${id}`;
const textFor = (treeId: string, list: string): string =>
  `treeID: ${treeId}\nshards:${list}\npassword: ${SECRET}\n`;

/**
 * Another way to run a log: one standing release, whose configuration is an object, and whose pods get new addresses with each
 * start. The next release is a copy beside it; settling gives the standing one its configuration, and the copy goes.
 */
export class StandingInstallation implements Installation {
  readonly supersedes = false;
  readonly rehearses: boolean = true;
  patience: InstallationPatience = {
    ...{
      stageMs: 600_000,
      rehearsalMs: 300_000,
      startMs: 120_000,
      stopMs: 60_000,
      discardMs: 300_000,
      settleMs: 900_000,
    },
  };
  readonly #objects = new Map([[objectOf(standing), textFor('200', ' 100')]]);
  /** The attempt that an object's annotation names. */
  readonly #annotations = new Map<string, string>();
  readonly #log: FakeLog;
  readonly #pods: Record<string, Instance[]> = {};
  #podsMade = 0;

  constructor(log: FakeLog) {
    this.#log = log;
    this.#makePods(standing);
    log.gate.instances = this.addressesOf(standing);
  }

  giveBack(): Promise<void> {
    return Promise.resolve();
  }

  examine(): Promise<readonly []> {
    return Promise.resolve([]);
  }

  /** By kind and name. */
  get objects(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#objects);
  }

  get annotations(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#annotations);
  }

  pods({ id }: Release): readonly Instance[] {
    return this.#pods[id] ?? [];
  }

  /** One pod is evicted, and another comes in its place, under another address. */
  replacePod({ id }: Release): void {
    const [gone, ...others] = this.#pods[id] ?? [];
    this.#log.running.delete(gone?.name ?? '');
    this.#pods[id] = others;
    this.#makePods({ id, name: '' });
  }

  /** What stands before the standing pods outlives each of them; those of the copy are reached by themselves. */
  addressesOf(release: Release): readonly string[] {
    return release.id === standing.id ? [STANDING_URL] : this.pods(release).map(({ url }) => url);
  }

  roles(serving: readonly string[]) {
    const current = [standing, copy].find((release) => sendsTo(serving, this.addressesOf(release)));
    if (!current) {
      const known = [standing, copy].flatMap((release) => this.addressesOf(release));
      throw refuse('SENT_ELSEWHERE', { log: 'production', instances: serving, known });
    }
    const other = current === standing ? copy : standing;
    return Promise.resolve({ current, next: other, replaced: other });
  }

  configured(release: Release) {
    const [, activeTreeId = '', list = ''] = /treeID: (\d+)\nshards:([\d ]*)/.exec(this.#text(release)) ?? [];
    return Promise.resolve({
      activeTreeId,
      inactiveTreeIds: list.split(' ').filter((treeId) => treeId !== ''),
    });
  }

  instances(release: Release) {
    return Promise.resolve(this.pods(release));
  }

  serves(release: Release, serving: readonly string[]) {
    return Promise.resolve(sendsTo(serving, this.addressesOf(release)));
  }

  addresses(release: Release) {
    return Promise.resolve(this.addressesOf(release));
  }

  runs(release: Release) {
    return Promise.resolve(this.pods(release).length > 0);
  }

  unfinishedOn(release: Release) {
    return Promise.resolve(this.#annotations.get(release.id) ?? null);
  }

  async plan(
    { current }: { readonly current: Release },
    earlier: readonly TreeId[],
  ): Promise<PlannedChanges> {
    const { inactiveTreeIds } = await this.configured(current);
    const added = earlier.filter((treeId) => !inactiveTreeIds.includes(treeId));
    const list = [...inactiveTreeIds, ...added].map((treeId) => ` ${treeId}`).join('');
    const shown = { removed: [], added: [`shards:${list}`, 'treeID: <next tree>'] };
    const change = { kind: 'object', what: 'configuration of its Rekor', ...shown } as const;
    const target = objectOf(copy);
    return {
      changes: [
        { step: 'stage', target, ...change, content: this.#content(current, list) },
        { step: 'settle', target: objectOf(standing), ...change },
      ],
      fingerprint: this.#fingerprint(current),
    };
  }

  stage({ attemptId, current, nextTreeId }: Replacement, { changes, fingerprint }: PlannedChanges) {
    if (this.#fingerprint(current) !== fingerprint) {
      throw refuse('CHANGED_BY_SOMEONE', { what: objectOf(current), expected: 'as planned', now: 'another' });
    }
    this.#annotations.set(copy.id, attemptId);
    for (const { step, target, content } of changes) {
      if (step === 'stage' && content) {
        const textOf = (name: string): string => this.#objects.get(name) ?? '';
        this.#objects.set(target, filledIn(content, { textOf, nextTreeId, signerPart: () => '' }));
      }
    }
    return Promise.resolve();
  }

  requireStaged({ attemptId, next }: Replacement) {
    if (this.#annotations.get(next.id) !== attemptId) {
      throw refuse('CHANGED_BY_SOMEONE', { what: objectOf(next), expected: attemptId, now: 'another' });
    }
    return Promise.resolve();
  }

  discard({ attemptId, next }: Replacement) {
    if (this.#annotations.get(next.id) === attemptId) {
      this.#remove(next);
    }
    return Promise.resolve();
  }

  start(release: Release) {
    if (this.pods(release).length === 0) {
      this.#makePods(release);
    }
    return Promise.resolve();
  }

  stop({ id }: Release) {
    this.#pods[id]?.forEach(({ name }) => this.#log.running.delete(name));
    this.#pods[id] = [];
    return Promise.resolve();
  }

  async settle({ attemptId, next }: Replacement) {
    if (next.id === copy.id) {
      this.#annotations.set(standing.id, attemptId);
      this.#objects.set(objectOf(standing), this.#text(next));
      await this.stop(standing);
      await this.start(standing);
    }
    return standing;
  }

  async settledInto({ next, nextTreeId }: Pick<Replacement, 'next' | 'nextTreeId'>) {
    const { activeTreeId } = await this.configured(standing);
    return next.id === copy.id && activeTreeId === nextTreeId ? standing : null;
  }

  ownership() {
    return Promise.resolve(null);
  }

  async forget() {
    await this.stop(copy);
    this.#remove(copy);
    this.#annotations.delete(standing.id);
  }

  readonly byHand = {
    start: ({ id }: Release) => [`kubectl scale deployment/${id} --replicas=2`],
    stop: ({ id }: Release) => [`kubectl scale deployment/${id} --replicas=0`],
    discard: () => Promise.resolve([`kubectl delete deployment/${copy.id}`]),
    settle: () => [`kubectl delete deployment/${copy.id}`],
  };

  #text(release: Release): string {
    return this.#objects.get(objectOf(release)) ?? '';
  }

  /** The standing object with another list and tree id; what else is in it is copied, unseen. */
  #content(current: Release, list: string): Content {
    const place = '<id>';
    const after = this.#text(current)
      .replace(/treeID: \d+/, `treeID: ${place}`)
      .replace(/shards:[\d ]*/, `shards:${list}`);
    const pieces = copyWith(objectOf(current), this.#text(current), after);
    return pieces.flatMap((piece): Piece[] => {
      if (!('text' in piece)) return [piece];
      const [before = '', behind = ''] = piece.text.split(place);
      return [{ text: before }, { nextTreeId: true }, { text: behind }];
    });
  }

  #fingerprint(current: Release): string {
    return createHash('sha256').update(this.#text(current)).digest('hex');
  }

  #remove({ id }: Release): void {
    this.#objects.delete(objectOf({ id, name: '' }));
    this.#annotations.delete(id);
  }

  /** As many as two, which load what is configured now. */
  #makePods(release: Release): void {
    const [, active = '', list = ''] = /treeID: (\d+)\nshards:([\d ]*)/.exec(this.#text(release)) ?? [];
    const pods = [...this.pods(release)];
    while (pods.length < 2) {
      const number = (this.#podsMade += 1);
      const name = `${release.id}-${number}`;
      pods.push({ name, url: `http://10.0.0.${number}:3000` });
      this.#log.slots[name] = { active, inactive: list.split(' ').filter((treeId) => treeId !== '') };
      this.#log.running.add(name);
    }
    this.#pods[release.id] = pods;
  }
}
