import { connectMetrics } from '../../../activities/clients/metrics';
import { answeringServer, type AnsweringServer } from '../answering-server';
import { refused } from '../refused';

const signal = new AbortController().signal;
const QUEUE_LEAF = '{method="/trillian.TrillianLog/QueueLeaf"}';
const OTHER = '{method="/trillian.TrillianLog/InitLog"}';

let server: AnsweringServer;
/** One page for each scrape; the last is repeated. */
let pages: string[];

beforeEach(async () => {
  server = await answeringServer((_, response) => {
    response.end(pages.length > 1 ? pages.shift() : pages[0]);
  });
});

afterEach(async () => await server.close());

const logServerPage = (requests: number, success: number, errors: number): string =>
  `# TYPE log_rpc_requests counter\nlog_rpc_requests${OTHER} 7\nlog_rpc_requests${QUEUE_LEAF} ${requests}\n` +
  `log_rpc_success${QUEUE_LEAF} ${success}\nlog_rpc_errors${QUEUE_LEAF} ${errors}\nlog_rpc_errors${OTHER} 6\n`;

const connect = (logServers = [server.url], signers = [server.url]) =>
  connectMetrics({ log: 'production', logServers, signers });

describe('QueueLeaf calls in flight', () => {
  it('are those that began and neither succeeded nor failed, of every log server (H2)', async () => {
    pages = [logServerPage(1000, 990, 7)];
    await expect(connect([server.url, server.url]).queueLeafInFlight(signal)).resolves.toBe(6);
  });

  it('are none only when none began while the page was read: its counters are not of one instant (H2)', async () => {
    // The first page counts the end of a call whose begin it missed, which hides one that is still in flight.
    pages = [logServerPage(10, 10, 0), logServerPage(11, 10, 0)];
    await expect(connect().queueLeafInFlight(signal)).resolves.toBe(1);
    pages = [logServerPage(11, 11, 0)];
    await expect(connect().queueLeafInFlight(signal)).resolves.toBe(0);
  });

  it('are counted anew when the log server was restarted between two readings', async () => {
    pages = [logServerPage(11, 11, 0), logServerPage(0, 0, 0), logServerPage(3, 1, 0)];
    await expect(connect().queueLeafInFlight(signal)).resolves.toBe(2);
  });

  it('are seen whatever other labels the samples bear, as behind a relabelling (H2)', async () => {
    const page = (success: number): string =>
      ['a', 'b']
        .map(
          (pod) =>
            `log_rpc_requests{instance="${pod}",method="/trillian.TrillianLog/QueueLeaf",job="x"} 10\n` +
            `log_rpc_success{job="x",method="/trillian.TrillianLog/QueueLeaf",instance="${pod}"} ${success}\n`,
        )
        .join('');
    pages = [page(9)];
    await expect(connect().queueLeafInFlight(signal)).resolves.toBe(2);
    pages = [page(10)];
    await expect(connect().queueLeafInFlight(signal)).resolves.toBe(0);
  });

  it.each([
    [
      'whose samples name the method otherwise',
      'log_rpc_requests{grpc_method="QueueLeaf"} 10\n',
      'no label method',
    ],
    ['of what was collected before', `log_rpc_requests${QUEUE_LEAF} 10 1769828400000\n`, 'and not of now'],
    [
      'with a line that cannot be read',
      `log_rpc_requests{method="/trillian.TrillianLog/QueueLeaf} 10\n`,
      'no value of a label',
    ],
    ['that counts what no counter can', `log_rpc_requests${QUEUE_LEAF} NaN\n`, 'which no counter can be'],
    ['that counts more ends than beginnings', logServerPage(3, 4, 0), 'more calls that ended'],
  ])('are unknown from a page %s (H2)', async (_what, page, words) => {
    pages = [page];
    expect(await refused('METRICS_UNREACHABLE', connect().queueLeafInFlight(signal))).toContain(words);
  });

  it('are none on a log server that was never asked for anything', async () => {
    pages = ['proof_index_percentiles_count 0\ngo_threads 7\n'];
    await expect(connect().queueLeafInFlight(signal)).resolves.toBe(0);
  });

  it('are unknown where the page is not that of a log server', async () => {
    pages = ['go_threads 7\n'];
    const message = await refused('METRICS_UNREACHABLE', connect().queueLeafInFlight(signal));
    expect(message).toContain(`production at ${server.url}`);
  });
});

describe('a signer', () => {
  it('is read however large its page is, and is said to have so many bytes', async () => {
    const other = 'sequencer_latency_bucket{logid="7",le="0.1"} 1\n'.repeat(1_000);
    const chunks = 400;
    await server.close();
    server = await answeringServer((_, response) => {
      const write = (left: number): void => {
        if (left === 0) response.end(`known_logs{logid="5"} 1\nsigning_runs{logid="5"} 3`);
        else if (response.write(other)) setImmediate(write, left - 1);
        else response.once('drain', () => write(left - 1));
      };
      write(chunks);
    });
    const passes = await connect([], [server.url]).signer('5', signal);
    expect(passes).toMatchObject({ runs: 3, unknownTo: [] });
    expect(passes.pageBytes).toBeGreaterThan(chunks * other.length);
    // Above what any other answer may have: such a page was refused.
    expect(passes.pageBytes).toBeGreaterThan(16 * 1024 * 1024);
  });

  it('that has not seen the tree is named, and a page of something else is refused', async () => {
    pages = ['known_logs{logid="7"} 1\nsigning_runs{logid="7"} 3\n'];
    await expect(connect().signer('5', signal)).resolves.toMatchObject({ runs: 0, unknownTo: [server.url] });
    pages = [logServerPage(1, 1, 0)];
    const message = await refused('METRICS_UNREACHABLE', connect().signer('5', signal));
    expect(message).toContain('not the metrics of a Trillian signer');
  });

  it('is asked for one tree, with all digits of its id, and summed with the others', async () => {
    pages = [
      'signing_runs{logid="6826284441047790130"} 41\nfailed_signing_runs{logid="6826284441047790130"} 2\n' +
        'entries_added{logid="6826284441047790130"} 1.5e+06\nsigning_runs{logid="6826284441047790131"} 999\n' +
        'known_logs{logid="6826284441047790130"} 1\n',
    ];
    const metrics = connect([], [server.url, server.url]);
    await expect(metrics.signer('6826284441047790130', signal)).resolves.toEqual({
      runs: 82,
      failedRuns: 4,
      added: 3_000_000,
      signers: 2,
      unknownTo: [],
      pageBytes: pages[0]?.length,
    });
    await expect(metrics.signer('5', signal)).resolves.toMatchObject({ runs: 0, failedRuns: 0, added: 0 });
  });

  it('that is not there is named with its address', async () => {
    const gone = server.url;
    await server.close();
    const message = await refused('METRICS_UNREACHABLE', connect([], [gone]).signer('5', signal));
    expect(message).toContain('ECONNREFUSED');
  });

  it('is asked over a new connection each time (H29)', async () => {
    pages = ['known_logs{logid="5"} 1\n'];
    await connect().signer('5', signal);
    await connect().signer('5', signal);
    expect(server.connections()).toBe(2);
  });
});

describe('the clocks of signers', () => {
  const HOUR_MS = 3_600_000;

  /** A page of a process whose clock is so far ahead; null: one that does not tell its time. */
  async function pageOf(
    aheadMs: number | null,
    headers: Record<string, string> = {},
  ): Promise<AnsweringServer> {
    return await answeringServer((_, response) => {
      response.sendDate = false;
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      if (aheadMs !== null) response.setHeader('date', new Date(Date.now() + aheadMs).toUTCString());
      response.end();
    });
  }

  async function behind(logServer: number | null, ...signers: readonly (number | null)[]) {
    const servers = await Promise.all([logServer, ...signers].map((ahead) => pageOf(ahead)));
    const [first = '', ...others] = servers.map(({ url }) => url);
    const found = await connect([first], others).signersBehind(signal);
    await Promise.all(servers.map(async (page) => await page.close()));
    return found.map(({ url, behindMs }) => ({ signer: others.indexOf(url), behindMs }));
  }

  it('are told by their pages when they are behind, never by more than they are', async () => {
    const [found, ...more] = await behind(0, 0, -HOUR_MS);
    const { signer, behindMs = 0 } = found ?? {};
    expect([signer, Math.ceil(behindMs / HOUR_MS), more]).toEqual([1, 1, []]);
    expect(await behind(HOUR_MS, 0)).toHaveLength(1);
  });

  it.each([
    ['the same', 0, 0],
    ['ahead', 0, HOUR_MS],
    ['not told', 0, null],
    ['compared with one that is not told', null, -HOUR_MS],
  ])('say nothing when they are %s', async (_what, logServer, signer) => {
    expect(await behind(logServer, signer)).toEqual([]);
  });

  it('say nothing when a cache has answered with what a page said an hour ago', async () => {
    const cached = await pageOf(-HOUR_MS, { age: '3600' });
    const logServer = await pageOf(0);
    const found = await connect([logServer.url], [cached.url]).signersBehind(signal);
    await Promise.all([cached.close(), logServer.close()]);
    expect(found).toEqual([]);
  });

  it('say nothing when nobody answers', async () => {
    const gone = await pageOf(0);
    await gone.close();
    await expect(connect([server.url], [gone.url]).signersBehind(signal)).resolves.toEqual([]);
  });
});
