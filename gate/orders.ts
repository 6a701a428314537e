import type { LoadedShards } from '../workflows/model/shards';
import type { GateRefusal, HoldOrder, NextNotice, ReleaseOrder, ShardsNotice } from './messages';

/** What the gate remembers of its orders: in memory and in its state file. */
export interface Standing {
  readonly mode: 'pass' | 'hold';
  readonly upstream: string;
  readonly rotation: string | null;
  readonly number: number;
  /** What a Rekor at `upstream` must have loaded; null when that is unknown. */
  readonly shards: LoadedShards | null;
}

export type Order =
  | { readonly kind: 'hold'; readonly order: HoldOrder }
  | { readonly kind: 'release'; readonly order: ReleaseOrder };

export type Ruling =
  | { readonly accepted: true; readonly standing: Standing }
  | {
      readonly accepted: false;
      readonly code: Extract<GateRefusal['code'], `ORDER_${string}` | 'NOTICE_OUTDATED'>;
      readonly message: string;
    };

/**
 * Does this order follow the ones before it, and how does the gate stand after it? Numbers never fall, so an order that
 * lands late changes nothing; a hold is over for good with the release that has its number, so one that lands after it
 * holds nobody. Releases of one number may differ: the undo after an exposure is one, and the last one stands.
 */
export function rule(standing: Standing, { kind, order }: Order): Ruling {
  const who = `order ${order.number} of ${order.rotation}`;
  const follows = `the gate follows order ${standing.number} of ${standing.rotation ?? 'nobody'}`;
  if (order.number < standing.number) {
    return { accepted: false, code: 'ORDER_TOO_LOW', message: `${who} comes too late: ${follows}` };
  }
  if (kind === 'release') {
    const { upstream, rotation: rotationId, number } = order;
    const shards = order.shards ?? (upstream === standing.upstream ? standing.shards : null);
    return { accepted: true, standing: { mode: 'pass', upstream, rotation: rotationId, number, shards } };
  }
  if (order.number === standing.number && standing.mode === 'pass') {
    return { accepted: false, code: 'ORDER_ENDED', message: `${who} was already released: ${follows}` };
  }
  if (order.number === standing.number && order.rotation !== standing.rotation) {
    return {
      accepted: false,
      code: 'ORDER_TOO_LOW',
      message: `${who} has a number that is taken: ${follows}`,
    };
  }
  const { rotation: rotationId, number } = order;
  const { upstream, shards } = standing;
  return { accepted: true, standing: { mode: 'hold', upstream, rotation: rotationId, number, shards } };
}

/** Is this notice about how the gate stands? Whoever sent it may have looked before an order that knows better. */
export function note(standing: Standing, { number, upstream, shards }: ShardsNotice): Ruling {
  if (number === standing.number && upstream === standing.upstream)
    return { accepted: true, standing: { ...standing, shards } };
  const message =
    `these shards are those of ${upstream} after order ${number}: ` +
    `the gate sends to ${standing.upstream} and follows order ${standing.number}`;
  return { accepted: false, code: 'NOTICE_OUTDATED', message };
}

/** Is this notice about the order that holds writes? What it says is of no use before one, and too late after its release. */
export function noteNext(standing: Standing, { number, upstream }: NextNotice): Ruling {
  if (number === standing.number && standing.mode === 'hold') return { accepted: true, standing };
  const message =
    `${upstream} is where the writes go that order ${number} holds: ` +
    `the gate follows order ${standing.number}, mode ${standing.mode}`;
  return { accepted: false, code: 'NOTICE_OUTDATED', message };
}
