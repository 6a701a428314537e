import { pino } from 'pino';
import { ByteBudget } from '../../gate/byte-budget';
import type { Lines } from '../../gate/lines';
import { OrderDesk } from '../../gate/order-desk';

type Parts = ConstructorParameters<typeof OrderDesk>[0];

/** An order desk before which nobody waits, and whose lines lead nowhere. */
export function aDesk(given: Omit<Parts, 'lines' | 'bodies' | 'waiting' | 'log'>): OrderDesk {
  const nothing = (): void => undefined;
  const lines = { unproven: [], aim: nothing, recall: nothing, dropPrepared: nothing };
  const none = new ByteBudget(1);
  return new OrderDesk({
    ...{ ...given, lines: lines as unknown as Lines, log: pino({ level: 'silent' }) },
    ...{ bodies: { memory: none, toWrite: none, disk: none }, waiting: { count: 0 } },
  });
}
