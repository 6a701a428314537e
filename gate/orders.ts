import type { GateRefusal, HoldOrder, ReleaseOrder } from './messages';

/** What the gate remembers of its orders: in memory and in its state file. */
export interface Standing {
  readonly mode: 'pass' | 'hold';
  readonly upstream: string;
  readonly rotation: string | null;
  readonly number: number;
}

export type Order =
  | { readonly kind: 'hold'; readonly order: HoldOrder }
  | { readonly kind: 'release'; readonly order: ReleaseOrder };

export type Ruling =
  | { readonly accepted: true; readonly standing: Standing }
  | {
      readonly accepted: false;
      readonly code: Extract<GateRefusal['code'], `ORDER_${string}`>;
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
    const { upstream, rotation, number } = order;
    return { accepted: true, standing: { mode: 'pass', upstream, rotation, number } };
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
  const { rotation, number } = order;
  return { accepted: true, standing: { mode: 'hold', upstream: standing.upstream, rotation, number } };
}
