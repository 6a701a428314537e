import type { SlotName } from './files';
import type { GateName } from './gates';
import type { Ports } from './ports';

/**
 * The ports at which parts look for each other. They are those that the others listen on, unless something has been put
 * between them, such as a proxy that can be cut.
 */
export interface Routes {
  readonly gate: Readonly<Record<SlotName, number>>;
  readonly rekor: { readonly trillian: number };
  readonly logServer: { readonly database: number };
  readonly signer: { readonly database: number };
  /** Where two gates look for each other. */
  readonly gateAdmins: Readonly<Record<GateName, number>>;
}

/** Nothing is between the parts. */
export function directRoutes(ports: Ports): Routes {
  const { database, trillian, blue, green, gateAdmin, secondGateAdmin } = ports;
  return {
    gate: { blue, green },
    rekor: { trillian },
    logServer: { database },
    signer: { database },
    gateAdmins: { gate: gateAdmin, 'gate-2': secondGateAdmin },
  };
}
