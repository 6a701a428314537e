import { connectRekor } from '../../../activities/clients/rekor';
import { answeringServer, type AnsweringServer } from '../answering-server';
import { refused } from '../refused';

const signal = new AbortController().signal;
const ROOT = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const rekor = connectRekor({ log: 'production' });

let server: AnsweringServer;
let status: number;
let body: unknown;

beforeEach(async () => {
  status = 200;
  server = await answeringServer((_, response) => {
    response.statusCode = status;
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
});

afterEach(async () => await server.close());

const blue = () => ({ name: 'blue', url: server.url });
const info = (inactiveShards: unknown) => ({
  treeID: '6826284441047790130',
  treeSize: 0,
  rootHash: ROOT,
  signedTreeHead: '',
  inactiveShards,
});
const shard = (signedTreeHead: string) => ({ treeID: '42', treeSize: 15, rootHash: ROOT, signedTreeHead });

describe('a Rekor instance', () => {
  it('without inactive shards says null, which is none', async () => {
    body = info(null);
    await expect(rekor.log(blue(), signal)).resolves.toEqual({
      activeTreeId: '6826284441047790130',
      active: { size: 0, rootHash: ROOT },
      inactive: [],
    });
  });

  it('tells the length it loaded in its checkpoint, and the live one beside it', async () => {
    body = info([shard('rekor.example - 42\n10\nroot=\n\n— rekor.example sig\n')]);
    const { inactive } = await rekor.log(blue(), signal);
    expect(inactive).toEqual([{ treeId: '42', liveLength: 15, loadedLength: 10 }]);
  });

  it.each(['', 'rekor.example - 42\nten\n', 'rekor.example - 42\n\n'])(
    'is not believed when a checkpoint has no size: %j',
    async (checkpoint) => {
      body = info([shard(checkpoint)]);
      expect(await refused('REKOR_UNREACHABLE', rekor.log(blue(), signal))).toContain('inactive shard 42');
    },
  );

  it('that answers with something else is named, and what was wrong with it', async () => {
    body = { ...info(null), treeID: 6826284441047790130n.toString(), treeSize: -1 };
    expect(await refused('REKOR_UNREACHABLE', rekor.log(blue(), signal))).toContain('treeSize');
    body = '<html>';
    expect(await refused('REKOR_UNREACHABLE', rekor.log(blue(), signal))).toContain(
      `blue of production at ${server.url}`,
    );
    status = 500;
    body = { code: 500, message: 'unexpected error communicating with inactive shard' };
    expect(await refused('REKOR_UNREACHABLE', rekor.log(blue(), signal))).toContain('with 500');
  });

  it('is asked over a new connection each time, for there may be several behind one address (H29)', async () => {
    body = info(null);
    await rekor.log(blue(), signal);
    await rekor.log(blue(), signal);
    expect(server.connections()).toBe(2);
  });

  it('that has an operation switched off says so, and which flag does it', async () => {
    status = 501;
    body = { code: 501, message: 'not implemented' };
    const text = await refused('OPERATION_SWITCHED_OFF', rekor.log(blue(), signal));
    expect(text).toContain('its operation getLogInfo is switched off');
    expect(await refused('OPERATION_SWITCHED_OFF', rekor.entryAt(blue(), 3, signal))).toContain(
      'getLogEntryByIndex',
    );
  });

  it('is asked what clients use with requests that make no entry, and only 501 is a no', async () => {
    const statuses: Record<string, number> = {
      '/api/v1/log/entries': 400,
      '/api/v1/log/entries/retrieve': 501,
      '/api/v1/index/retrieve': 500,
    };
    await server.close();
    server = await answeringServer((request, response) => {
      response.statusCode = statuses[request.url ?? ''] ?? 404;
      response.end('{}');
    });
    expect(await rekor.switchedOff(blue(), signal)).toEqual(['searchLogQuery']);
    statuses['/api/v1/log/entries'] = 501;
    expect(await rekor.switchedOff(blue(), signal)).toEqual(['createLogEntry', 'searchLogQuery']);
  });

  it('that is not there is unreachable, but a wait that was ended is not its fault', async () => {
    const gone = blue();
    await server.close();
    expect(await refused('REKOR_UNREACHABLE', rekor.log(gone, signal))).toContain('ECONNREFUSED');
    const reason = new Error('over budget');
    await expect(rekor.log(gone, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
