import {
  createHash,
  generateKeyPairSync,
  sign,
  type KeyObject,
  type KeyPairKeyObjectResult,
} from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { consistencyPath, inclusionPath, treeRoot } from './merkle-tree';

/** A leaf as a shard holds it. */
export interface Leaf {
  readonly body: Buffer;
  readonly integratedTime: number;
}

export interface FakeShard {
  readonly treeId: string;
  readonly leaves: Leaf[];
}

/** An answer of Rekor's, as it goes over the wire. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Looks at a path and its honest answer, and answers what it likes. */
export type Lie = (path: string, honest: Answer) => Answer;

/**
 * A Rekor of several shards, the last one active, that serves truly signed data over HTTP: what Rekor 1.5.4
 * answers, with a Merkle tree and a key of its own. Tests set `lie` to make it dishonest in one thing.
 */
export class FakeLog {
  readonly shards: readonly FakeShard[];
  lie: Lie = (_path, honest) => honest;
  requests = 0;
  /** Notes of inactive shards are signed for each answer, as before Rekor 1.3.9. */
  signsAnew = false;
  readonly #notes = new Map<string, string>();
  /** The lengths that the process loaded when it started, by tree, where a tree has grown since. */
  readonly loaded = new Map<string, number>();
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;
  readonly #server: Server;

  constructor(
    shards: readonly FakeShard[],
    pair: KeyPairKeyObjectResult = generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ) {
    this.shards = shards;
    this.#privateKey = pair.privateKey;
    this.#publicKey = pair.publicKey;
    this.#server = createServer((request, response) => {
      this.requests += 1;
      const path = request.url ?? '';
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { status, body } = this.lie(path, this.#answer(path, Buffer.concat(chunks).toString()));
        response.statusCode = status;
        response.end(typeof body === 'string' ? body : JSON.stringify(body));
      });
    });
  }

  /** Another process of the same log, with other shards and the same key. */
  withShards(shards: readonly FakeShard[]): FakeLog {
    return new FakeLog(shards, { privateKey: this.#privateKey, publicKey: this.#publicKey });
  }

  async listen(): Promise<string> {
    await new Promise<void>((listening) => this.#server.listen(0, '127.0.0.1', listening));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    await new Promise((closed) => {
      this.#server.close(closed);
      this.#server.closeAllConnections();
    });
  }

  /** The shard at a place in served order; negative from the end. */
  shard(place: number): FakeShard {
    const shard = this.shards.at(place);
    if (!shard) {
      throw new Error(`no shard ${place}`);
    }
    return shard;
  }

  firstIndex(shard: FakeShard): number {
    const before = this.shards.slice(0, this.shards.indexOf(shard));
    return before.reduce((sum, earlier) => sum + this.#lengthOf(earlier), 0);
  }

  #lengthOf({ treeId, leaves }: FakeShard): number {
    return this.loaded.get(treeId) ?? leaves.length;
  }

  /** What the process signed when it started, or now. */
  #head(shard: FakeShard): string {
    const { treeId, leaves } = shard;
    const bodies = leaves.slice(0, this.loaded.get(treeId) ?? leaves.length).map(({ body }) => body);
    const root = treeRoot(bodies);
    const isKept = !this.signsAnew && shard !== this.shards.at(-1);
    const name = `${treeId} ${bodies.length} ${root.toString('hex')}`;
    const note = (isKept && this.#notes.get(name)) || this.checkpoint(treeId, bodies.length, root);
    this.#notes.set(name, note);
    return note;
  }

  /** A signed note over any size and root, as only the owner of the key can make it. */
  checkpoint(treeId: string, size: number, root: Buffer): string {
    return this.#note('rekor.example', `${treeId}\n${size}\n${root.toString('base64')}\n`);
  }

  /** What a note says, signed under another name. */
  note(name: string, note: string): string {
    const [origin = '', size = '', root = ''] = note.split('\n');
    return this.#note(name, `${origin.split(' - ')[1] ?? ''}\n${size}\n${root}\n`);
  }

  #note(name: string, rest: string): string {
    const text = `${name} - ${rest}`;
    const signed = sign('sha256', Buffer.from(text), this.#privateKey);
    const hint = Buffer.from(this.#logId().slice(0, 8), 'hex');
    return `${text}\n— ${name} ${Buffer.concat([hint, signed]).toString('base64')}\n`;
  }

  /** What a shard says of itself in `GET /api/v1/log`. */
  tree(shard: FakeShard) {
    const bodies = shard.leaves.map((leaf) => leaf.body);
    const root = treeRoot(bodies);
    return {
      treeID: shard.treeId,
      treeSize: bodies.length,
      rootHash: root.toString('hex'),
      signedTreeHead: this.#head(shard),
    };
  }

  /** An entry, by default the true one; other parts are signed just as truly. */
  entry(
    shard: FakeShard,
    leaf: number,
    other: { logIndex?: number; integratedTime?: number } = {},
  ): EntryAnswer {
    const bodies = shard.leaves.map((each) => each.body);
    const found = shard.leaves[leaf];
    if (!found) {
      throw new Error(`no leaf ${leaf}`);
    }
    const root = treeRoot(bodies);
    const promise = {
      body: found.body.toString('base64'),
      integratedTime: other.integratedTime ?? found.integratedTime,
      logID: this.#logId(),
      logIndex: other.logIndex ?? this.firstIndex(shard) + leaf,
    };
    const signed = sign('sha256', Buffer.from(JSON.stringify(promise)), this.#privateKey);
    return {
      [entryId(shard.treeId, found.body)]: {
        ...promise,
        verification: {
          signedEntryTimestamp: signed.toString('base64'),
          inclusionProof: {
            checkpoint: this.#head(shard),
            hashes: inclusionPath(leaf, bodies).map((hash) => hash.toString('hex')),
            logIndex: leaf,
            rootHash: root.toString('hex'),
            treeSize: bodies.length,
          },
        },
      },
    };
  }

  #logId(): string {
    const der = this.#publicKey.export({ type: 'spki', format: 'der' });
    return createHash('sha256').update(der).digest('hex');
  }

  #answer(path: string, asked: string): Answer {
    const url = new URL(path, 'http://fake');
    const last = url.pathname.split('/').at(-1) ?? '';
    const numberOf = (name: string) => Number(url.searchParams.get(name));
    const tree = this.shards.find((shard) => shard.treeId === url.searchParams.get('treeID'));
    if (last === 'log') {
      const inactive = this.shards.slice(0, -1).map((shard) => this.tree(shard));
      return ok({ ...this.tree(this.shard(-1)), inactiveShards: inactive.length > 0 ? inactive : null });
    }
    if (last === 'publicKey' && tree) {
      return ok(this.#publicKey.export({ type: 'spki', format: 'pem' }));
    }
    if (last === 'proof' && tree?.leaves.length === 0) {
      return { status: 400, body: '{"code":400,"message":"the tree is empty"}' };
    }
    if (last === 'proof' && tree) {
      const bodies = tree.leaves.slice(0, numberOf('lastSize')).map((leaf) => leaf.body);
      return ok({
        hashes: consistencyPath(numberOf('firstSize'), bodies).map((hash) => hash.toString('hex')),
      });
    }
    if (last === 'retrieve' && url.pathname.includes('/entries/')) {
      return ok(this.#retrieve(JSON.parse(asked) as Retrieved));
    }
    if (last === 'entries') {
      return this.#byIndex(numberOf('logIndex'));
    }
    return this.#byId(last);
  }

  /** What is not found is left out; a UUID finds what is in any tree. */
  #retrieve({ entryUUIDs = [], logIndexes = [] }: Retrieved): unknown[] {
    const named = entryUUIDs.flatMap((id) =>
      this.shards.flatMap((shard) =>
        shard.leaves.flatMap(({ body }, leaf) =>
          entryId(shard.treeId, body).endsWith(id) ? [ok(this.entry(shard, leaf))] : [],
        ),
      ),
    );
    const indexed = logIndexes.map((index) => this.#byIndex(index));
    return [...named, ...indexed].filter(({ status }) => status === 200).map(({ body }) => body);
  }

  #byIndex(index: number): Answer {
    const shard = this.shards.find(
      (each) => index >= this.firstIndex(each) && index < this.firstIndex(each) + this.#lengthOf(each),
    );
    return shard ? ok(this.entry(shard, index - this.firstIndex(shard))) : notFound;
  }

  #byId(id: string): Answer {
    const searched = [this.shard(-1), ...this.shards.slice(0, -1)];
    for (const shard of searched) {
      const leaf = shard.leaves.findIndex(({ body }) => entryId(shard.treeId, body).endsWith(id));
      if (leaf >= 0) {
        return ok(this.entry(shard, leaf));
      }
    }
    return notFound;
  }
}

/** The body of `POST /api/v1/log/entries/retrieve`. */
interface Retrieved {
  readonly entryUUIDs?: readonly string[];
  readonly logIndexes?: readonly number[];
}

export type EntryAnswer = Record<string, EntryFields>;

export interface EntryFields {
  body: string;
  integratedTime: number;
  logID: string;
  logIndex: number;
  verification: {
    signedEntryTimestamp: string;
    inclusionProof: {
      checkpoint: string;
      hashes: string[];
      logIndex: number;
      rootHash: string;
      treeSize: number;
    };
  };
}

export const notFound: Answer = {
  status: 404,
  body: { code: 404, message: 'entry does not exist in the log' },
};

export function ok(body: unknown): Answer {
  return { status: 200, body };
}

export function entryId(treeId: string, body: Buffer): string {
  const uuid = createHash('sha256').update(Buffer.of(0)).update(body).digest('hex');
  return BigInt(treeId).toString(16).padStart(16, '0') + uuid;
}
