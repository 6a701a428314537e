import type { TreeId } from '../workflows/model/log';
import type { PemFile } from './authorities';
import { connectionRefusal } from './connection-failure';
import { errorReason } from './error-reason';
import { freshRequest } from './fresh-request';
import { type MetricsPage, parseMetrics } from './prometheus';
import { refuse, type RefusalError } from './refusal-error';
import { throwIfAborted } from './waiting';

/** What the signers did for one tree since their start. */
export interface SignerPasses {
  /** Passes over the tree that succeeded, whether or not they added leaves. */
  readonly runs: number;
  readonly failedRuns: number;
  /** Leaves integrated. */
  readonly added: number;
  /** How many signers there are: so many passes may have been under way at the moment of reading. */
  readonly signers: number;
}

/** The metrics of Trillian's log servers and signers. Both refuse METRICS_UNREACHABLE. */
export interface TrillianMetrics {
  /**
   * How many QueueLeaf calls are being worked on, of all trees, summed over every log server: never less than there
   * were at one instant during the call. Zero after a tree was closed means that its queue can only shrink (H2).
   */
  queueLeafInFlight(signal: AbortSignal): Promise<number>;
  /** Summed over all signers; zero for a signer that has not seen the tree, as those that are not its master. */
  signer(treeId: TreeId, signal: AbortSignal): Promise<SignerPasses>;
}

export interface MetricsOptions {
  /** The log's name in the configuration, for messages. */
  readonly log: string;
  /** The metrics pages of every log server process, each by its own address. */
  readonly logServers: readonly string[];
  readonly signers: readonly string[];
  /** Who may sign for an https address. */
  readonly authorities?: PemFile | undefined;
}

const TIMEOUT_MS = 2000;
const QUEUE_LEAF = '/trillian.TrillianLog/QueueLeaf';

/** Reads metrics anew for every question. */
export function connectMetrics(options: MetricsOptions): TrillianMetrics {
  const { log, logServers, signers, authorities } = options;

  function unreadable(url: string, reason: string, cause?: unknown): RefusalError {
    return refuse('METRICS_UNREACHABLE', { log, url, reason }, cause);
  }

  async function read(url: string, signal: AbortSignal): Promise<MetricsPage> {
    try {
      const { status, text } = await freshRequest(url, { signal, timeoutMs: TIMEOUT_MS, authorities });
      if (status !== 200) throw new Error(`it answered ${status}`);
      return parseMetrics(text);
    } catch (error) {
      throwIfAborted(signal);
      const field = `logs.${log}.trillian.${logServers.includes(url) ? 'logServerMetrics' : 'signerMetrics'}`;
      throw (
        connectionRefusal(error, { url, field, authorities }) ?? unreadable(url, errorReason(error), error)
      );
    }
  }

  async function readLogServer(url: string, signal: AbortSignal): Promise<QueueLeafCounts> {
    const page = await read(url, signal);
    // A wrong address would look as if nothing was ever in flight. The first is absent before the first call, the
    // second is there from the start (trillian: server/log_rpc_server.go).
    if (!page.has('log_rpc_requests') && !page.has('proof_index_percentiles_count')) {
      throw unreadable(url, 'these are not the metrics of a Trillian log server');
    }
    return {
      begun: page.counter('log_rpc_requests', 'method', QUEUE_LEAF),
      ended:
        page.counter('log_rpc_success', 'method', QUEUE_LEAF) +
        page.counter('log_rpc_errors', 'method', QUEUE_LEAF),
    };
  }

  /**
   * The counters of one page are not read at one instant: a call that begins and ends between two of them would hide
   * another that is still in flight. So zero is believed only of calls begun by a second reading and ended by the first.
   */
  async function inFlightAt(url: string, signal: AbortSignal): Promise<number> {
    const first = await readLogServer(url, signal);
    if (first.begun > first.ended) return first.begun - first.ended;
    const second = await readLogServer(url, signal);
    // Fewer begun than ended: the process was restarted between the readings.
    return second.begun < first.ended ? inFlightAt(url, signal) : second.begun - first.ended;
  }

  return {
    async queueLeafInFlight(signal) {
      return sum(await Promise.all(logServers.map((url) => inFlightAt(url, signal))));
    },

    async signer(treeId, signal) {
      const pages = await Promise.all(signers.map((url) => read(url, signal)));
      const total = (name: string): number => sum(pages.map((page) => page.counter(name, 'logid', treeId)));
      return {
        runs: total('signing_runs'),
        failedRuns: total('failed_signing_runs'),
        added: total('entries_added'),
        signers: signers.length,
      };
    },
  };
}

interface QueueLeafCounts {
  readonly begun: number;
  readonly ended: number;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
