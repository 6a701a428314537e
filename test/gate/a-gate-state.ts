import type { GateState } from '../../gate/messages';

/** What a gate says that passes everything and has not held yet. */
export const aGateState: GateState = {
  ...{ process: 'p', informed: true, switching: 'no', leaseMs: 0 },
  ...{ mode: 'pass', instances: ['http://a:1'], attemptId: 'r/1', number: 7 },
  ...{ writesInFlight: 0, streamsInFlight: 0, writesWaiting: 0, shards: null, unproven: [] },
  ...{ bodyMemoryBytes: 0, spooledBytes: 0, hold: null, writes: null },
};
