import type { TreeId } from '../../workflows/model/log';
import type { PemFile } from './authorities';
import { connectionRefusal } from './connection-failure';
import { errorReason } from '../errors/error-reason';
import { clockAt } from './clock';
import { freshLines, type HttpTransport } from './http';
import { OwnWords } from '../errors/own-words';
import { parseSample, sampleName, type Sample } from './prometheus';
import { refuse, type RefusalError } from '../errors/refusal-error';

/** What the signers did for one tree since their start. */
export interface SignerPasses {
  /** Passes over the tree that succeeded, whether or not they added leaves. */
  readonly runs: number;
  readonly failedRuns: number;
  /** Leaves integrated. */
  readonly added: number;
  /** How many signers there are: so many passes may have been under way at the moment of reading. */
  readonly signers: number;
  /** Metrics pages of signers that have not seen the tree since their start, or belong to another Trillian. */
  readonly unknownTo: readonly string[];
  /** Size of the largest page: it grows by some 140 KB with each tree that its signer has seen open. */
  readonly pageBytes: number;
}

/** A signer that leaves alone, for so long, what a log server queues. */
export interface SignerBehind {
  /** Of its metrics page. */
  readonly url: string;
  /** At least; milliseconds. */
  readonly behindMs: number;
}

export interface MetricsOptions {
  /** The log's name in the configuration, for messages. */
  readonly log: string;
  /** The metrics pages of every log server process, each by its own address. */
  readonly logServers: readonly string[];
  readonly signers: readonly string[];
  /** Who may sign for an https address. */
  readonly authorities?: PemFile | undefined;
  readonly transport?: HttpTransport | undefined;
}

/** A signer that has seen hundreds of trees needs a second or two for its page. */
const TIMEOUT_MS = 5_000;
/** So many samples may be of interest at most: a page of one process has some ten. */
const MAX_SAMPLES = 10_000;
/** A process that is restarted each time is none to be waited for. */
const MAX_TRIES = 5;
const QUEUE_LEAF = '/trillian.TrillianLog/QueueLeaf';
const GET_TREE = '/trillian.TrillianAdmin/GetTree';

const BEGUN = 'log_rpc_requests';
const SUCCEEDED = 'log_rpc_success';
const FAILED = 'log_rpc_errors';
/** There from the start, other than what counts calls (trillian: server/log_rpc_server.go). */
const FROM_THE_START = 'proof_index_percentiles_count';
/** Set for every tree that a signer lists, master or not (trillian: log/operation_manager.go). */
const KNOWN_LOGS = 'known_logs';

/** A page, as far as it was asked for. */
interface Page {
  readonly bytes: number;
  has(name: string): boolean;
  /** Over all samples with this name and label, whatever other labels they bear. */
  sum(name: string, label: string, value: string): number;
}

/** What `connectMetrics` gives. */
export type TrillianMetrics = ReturnType<typeof connectMetrics>;

/** The metrics of Trillian's log servers and signers. All refuse METRICS_UNREACHABLE. */
export function connectMetrics(options: MetricsOptions) {
  const { log, logServers, signers, authorities, transport } = options;
  const request = (signal: AbortSignal) => ({ signal, timeoutMs: TIMEOUT_MS, authorities, transport });

  function unreadable(url: string, reason: string, cause?: unknown): RefusalError {
    return refuse('METRICS_UNREACHABLE', { log, url, reason }, cause);
  }

  /** Keeps the samples of these names of which `label` is one of `values`, and forgets the rest as it comes. */
  async function read(
    url: string,
    names: readonly string[],
    label: string,
    values: readonly string[],
    signal: AbortSignal,
  ): Promise<Page> {
    const kept: Sample[] = [];
    const seen = new Set<string>();
    const take = (line: string): void => {
      const name = sampleName(line);
      if (name === null || !names.includes(name)) return;
      seen.add(name);
      if (name === FROM_THE_START) return;
      const sample = parseSample(line);
      const value = sample.labels.get(label);
      if (value === undefined) throw new OwnWords(`its samples of ${name} have no label ${label}`);
      if (!values.includes(value)) return;
      requireOfNow(sample);
      if (kept.push(sample) > MAX_SAMPLES)
        throw new OwnWords(`it has more than ${MAX_SAMPLES} samples of ${name}`);
    };
    try {
      const { status, bytes } = await freshLines(url, request(signal), take);
      if (status !== 200) throw new OwnWords(`it answered ${status}`);
      return {
        bytes,
        has: (name) => seen.has(name),
        sum: (name, wanted, value) =>
          kept
            .filter((sample) => sample.name === name && sample.labels.get(wanted) === value)
            .reduce((total, sample) => total + sample.value, 0),
      };
    } catch (error) {
      signal.throwIfAborted();
      const field = `logs.${log}.trillian.${logServers.includes(url) ? 'logServerMetrics' : 'signerMetrics'}`;
      throw (
        connectionRefusal(error, { url, field, authorities }) ?? unreadable(url, errorReason(error), error)
      );
    }
  }

  async function readLogServer(url: string, signal: AbortSignal): Promise<Page> {
    const names = [BEGUN, SUCCEEDED, FAILED, FROM_THE_START];
    const page = await read(url, names, 'method', [QUEUE_LEAF, GET_TREE], signal);
    // A wrong address would look as if nothing was ever in flight.
    if (!page.has(BEGUN) && !page.has(FROM_THE_START)) {
      throw unreadable(url, 'these are not the metrics of a Trillian log server');
    }
    return page;
  }

  async function queueLeafCalls(url: string, signal: AbortSignal): Promise<{ begun: number; ended: number }> {
    const page = await readLogServer(url, signal);
    const calls = (name: string): number => page.sum(name, 'method', QUEUE_LEAF);
    return { begun: calls(BEGUN), ended: calls(SUCCEEDED) + calls(FAILED) };
  }

  /**
   * The counters of one page are not read at one instant: a call that begins and ends between two of them would hide
   * another that is still in flight. So zero is believed only of calls begun by a second reading and ended by the first.
   */
  async function inFlightAt(url: string, signal: AbortSignal): Promise<number> {
    for (let tries = 1; tries <= MAX_TRIES; tries++) {
      const first = await queueLeafCalls(url, signal);
      if (first.begun > first.ended) return first.begun - first.ended;
      const second = await queueLeafCalls(url, signal);
      if (second.begun >= first.ended) return second.begun - first.ended;
      // Fewer begun than ended: the process was restarted between the readings.
    }
    throw unreadable(url, 'it counts more calls that ended than calls that began');
  }

  async function readSigner(url: string, treeId: TreeId, signal: AbortSignal): Promise<Page> {
    const names = ['signing_runs', 'failed_signing_runs', 'entries_added', KNOWN_LOGS];
    const page = await read(url, names, 'logid', [treeId], signal);
    if (!page.has(KNOWN_LOGS)) throw unreadable(url, 'these are not the metrics of a Trillian signer');
    return page;
  }

  return {
    /**
     * How many QueueLeaf calls are being worked on, of all trees, summed over every log server: never less than there
     * were at one instant during the call. Zero after a tree was closed means that its queue can only shrink (H2).
     */
    async queueLeafInFlight(signal: AbortSignal): Promise<number> {
      return sum(await Promise.all(logServers.map((url) => inFlightAt(url, signal))));
    },

    /** How many calls of GetTree have begun, summed over every log server since its start. */
    async getTreeCalls(signal: AbortSignal): Promise<number> {
      const pages = await Promise.all(logServers.map((url) => readLogServer(url, signal)));
      return sum(pages.map((page) => page.sum(BEGUN, 'method', GET_TREE)));
    },

    /** Summed over all signers; zero for a signer that has not seen the tree, as those that are not its master. */
    async signer(treeId: TreeId, signal: AbortSignal): Promise<SignerPasses> {
      const pages = await Promise.all(signers.map((url) => readSigner(url, treeId, signal)));
      const total = (name: string): number => sum(pages.map((page) => page.sum(name, 'logid', treeId)));
      return {
        runs: total('signing_runs'),
        failedRuns: total('failed_signing_runs'),
        added: total('entries_added'),
        signers: signers.length,
        unknownTo: signers.filter((_, position) => pages[position]?.sum(KNOWN_LOGS, 'logid', treeId) === 0),
        pageBytes: Math.max(0, ...pages.map(({ bytes }) => bytes)),
      };
    },

    /** The signers whose clocks are behind that of a log server, as far as the answers for their pages tell it. */
    async signersBehind(signal: AbortSignal): Promise<readonly SignerBehind[]> {
      const [servers, behind] = await Promise.all([
        Promise.all(logServers.map((url) => clockAt(url, request(signal)))),
        Promise.all(signers.map(async (url) => ({ url, clock: await clockAt(url, request(signal)) }))),
      ]);
      const furthest = Math.max(...servers.map(({ atLeastMs }) => atLeastMs));
      return behind
        .map(({ url, clock }) => ({ url, behindMs: furthest - clock.atMostMs }))
        .filter(({ behindMs }) => behindMs > 0);
    },
  };
}

/** A proof needs what is counted now. Federated pages and those of gateways show what was collected some time ago. */
function requireOfNow({ name, value, timestamp }: Sample): void {
  if (timestamp !== undefined) {
    throw new OwnWords(
      `its ${name} is of ${new Date(timestamp).toISOString()}, and not of now: name the page of the process itself`,
    );
  }
  if (!(value >= 0 && value < Infinity))
    throw new OwnWords(`its ${name} is ${value}, which no counter can be`);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
