#!/usr/bin/env bash
# Pausing a Temporal schedule with an empty note asks the server for nothing.
#
# Library:  @temporalio/client 1.24.0 (npm), ScheduleHandle.pause and unpause
# Guess:    the schedule is paused, with an empty note; or the default note is taken.
# In fact:  the note is the whole order: it is the only field of the message, and an empty text is no field in
#           protobuf. The request is without content, so no server can know what was wanted. The promise resolves.
# Matters:  "pause" with the text of an input that was left empty seems to succeed, and the schedule goes on. Refuse
#           an empty note, or look with describe() afterwards.
# Output:
#> pause("maintenance") sends 13 bytes
#> pause("") sends 0 bytes
#> unpause("") sends 0 bytes
set -euo pipefail
stated=$(sed -n 's/^#> //p' "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact \
  @temporalio/client@1.24.0 @temporalio/proto@1.24.0 @grpc/grpc-js@1.14.7 || exit 2
cat >finding.cjs <<'EOF'
const { Server, ServerCredentials } = require('@grpc/grpc-js');
const { Client, Connection } = require('@temporalio/client');
const { temporal } = require('@temporalio/proto');

const { PatchScheduleRequest } = temporal.api.workflowservice.v1;
const { SchedulePatch } = temporal.api.schedule.v1;

/** Takes PatchSchedule, and answers it with an empty message. */
async function serve(onPatch) {
  const bytes = (message) => message;
  const method = {
    path: '/temporal.api.workflowservice.v1.WorkflowService/PatchSchedule',
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  };
  const server = new Server();
  const take = ({ request }, answer) => {
    onPatch(SchedulePatch.encode(PatchScheduleRequest.decode(request).patch).finish());
    answer(null, Buffer.alloc(0));
  };
  server.addService({ method }, { method: take });
  const port = await new Promise((resolve, reject) => {
    const bound = (error, port) => (error ? reject(error) : resolve(port));
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), bound);
  });
  return { server, port };
}

async function main() {
  let patch;
  const { server, port } = await serve((bytes) => (patch = bytes));
  const connection = Connection.lazy({ address: `127.0.0.1:${port}` });
  const schedule = new Client({ connection }).schedule.getHandle('rotation');
  await schedule.pause('maintenance');
  console.log(`pause("maintenance") sends ${patch.length} bytes`);
  await schedule.pause('');
  console.log(`pause("") sends ${patch.length} bytes`);
  await schedule.unpause('');
  console.log(`unpause("") sends ${patch.length} bytes`);
  await connection.close();
  server.forceShutdown();
}
void main();
EOF

seen=$(node finding.cjs || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
