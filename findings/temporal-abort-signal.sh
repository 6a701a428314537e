#!/usr/bin/env bash
# Temporal's withAbortSignal keeps a listener for every call, and does nothing when the signal is aborted already.
#
# Library:  @temporalio/client 1.24.0 (npm), Connection.withAbortSignal
# Guess:    a call lets go of the signal when it has its answer, and under an aborted signal nothing is sent: both
#           as with fetch.
# In fact:  each call adds a listener that is never removed; Node.js 20 warns of a leak from the 11th on. The
#           listener waits for the event alone, so a call that begins after it is made and answered.
# Matters:  a worker's or a command's one signal for "we are stopping" gathers listeners for as long as the process
#           lives, and does not keep a cleanup from starting one more call. Give each call a signal of its own, and
#           look at `aborted` first.
# Output:
#> after 30 answered calls: 30 listeners
#> under an aborted signal: answered, the server was called 1 time
set -euo pipefail
stated=$(sed -n 's/^#> //p' "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact \
  @temporalio/client@1.24.0 @grpc/grpc-js@1.14.7 || exit 2
cat >finding.cjs <<'EOF'
const { getEventListeners } = require('node:events');
const { Server, ServerCredentials } = require('@grpc/grpc-js');
const { Connection } = require('@temporalio/client');

/** Answers DescribeNamespace, with an empty message. */
async function serve(onCall) {
  const bytes = (message) => message;
  const method = {
    path: '/temporal.api.workflowservice.v1.WorkflowService/DescribeNamespace',
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  };
  const server = new Server();
  server.addService({ method }, { method: (_call, answer) => (onCall(), answer(null, Buffer.alloc(0))) });
  const port = await new Promise((resolve, reject) => {
    const bound = (error, port) => (error ? reject(error) : resolve(port));
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), bound);
  });
  return { server, port };
}

async function main() {
  let calls = 0;
  const { server, port } = await serve(() => (calls += 1));
  const connection = Connection.lazy({ address: `127.0.0.1:${port}` });
  const ask = () => connection.workflowService.describeNamespace({ namespace: 'default' });

  const { signal } = new AbortController();
  await connection.withAbortSignal(signal, async () => {
    for (let call = 0; call < 30; call += 1) await ask();
  });
  console.log(`after 30 answered calls: ${getEventListeners(signal, 'abort').length} listeners`);

  calls = 0;
  const said = await connection.withAbortSignal(AbortSignal.abort(), ask).then(
    () => 'answered',
    () => 'failed',
  );
  console.log(`under an aborted signal: ${said}, the server was called ${calls} time`);
  await connection.close();
  server.forceShutdown();
}
void main();
EOF

seen=$(NODE_NO_WARNINGS=1 node finding.cjs || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
