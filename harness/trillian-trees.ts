import { resolve } from 'node:path';
import {
  credentials,
  loadPackageDefinition,
  type Client,
  type ServiceClientConstructor,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** One tree as Trillian stores it. */
export interface StoredTree {
  readonly tree_id: string;
  readonly tree_state: string;
  readonly tree_type: string;
  readonly display_name: string;
  readonly description: string;
  readonly max_root_duration: { readonly seconds: string; readonly nanos: number };
}

export const trillianProto = resolve(__dirname, '../proto/trillian.proto');

/** The test's own hands on Trillian, past every proxy and past the code under test. */
export interface TrillianTrees {
  list(): Promise<readonly StoredTree[]>;
  setState(treeId: string, state: string): Promise<void>;
  /** Made and initialised; ACTIVE. */
  create(type: 'LOG' | 'PREORDERED_LOG'): Promise<string>;
  close(): void;
}

export function trillianTrees(address: string): TrillianTrees {
  const definitions = loadSync(trillianProto, {
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
  });
  const services = loadPackageDefinition(definitions).trillian as unknown as Record<
    'TrillianAdmin' | 'TrillianLog',
    ServiceClientConstructor
  >;
  const admin = new services.TrillianAdmin(address, credentials.createInsecure());
  const log = new services.TrillianLog(address, credentials.createInsecure());
  return {
    list: async () => (await call<{ tree: StoredTree[] }>(admin, 'ListTrees', {})).tree.map(withoutTimes),
    setState: async (treeId, state) => {
      await call(admin, 'UpdateTree', {
        tree: { tree_id: treeId, tree_state: state },
        update_mask: { paths: ['tree_state'] },
      });
    },
    create: async (type) => {
      const tree = { tree_state: 'ACTIVE', tree_type: type, max_root_duration: { seconds: 3600 } };
      const created = await call<StoredTree>(admin, 'CreateTree', { tree });
      await call(log, 'InitLog', { log_id: created.tree_id });
      return created.tree_id;
    },
    close: () => {
      admin.close();
      log.close();
    },
  };
}

/** A tree that was changed and changed back is as before. */
function withoutTimes(tree: StoredTree): StoredTree {
  const { tree_id, tree_state, tree_type, display_name, description, max_root_duration } = tree;
  return { tree_id, tree_state, tree_type, display_name, description, max_root_duration };
}

/** How long a call may take, in milliseconds: whoever makes it has nothing else to do. */
const PATIENCE_MS = 60_000;

async function call<Answer>(client: Client, method: string, request: object): Promise<Answer> {
  const callable = client as unknown as Record<
    string,
    (
      request: object,
      options: { deadline: number },
      reply: (error: Error | null, answer: Answer) => void,
    ) => void
  >;
  return await new Promise<Answer>((resolve, reject) => {
    callable[method]?.(request, { deadline: Date.now() + PATIENCE_MS }, (error, answer) => {
      if (error) {
        reject(error);
      } else {
        resolve(answer);
      }
    });
  });
}
