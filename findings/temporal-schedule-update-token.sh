#!/usr/bin/env bash
# Changing a Temporal schedule by the SDK's update undoes what others change meanwhile.
#
# Library:  @temporalio/client 1.24.0 (npm), ScheduleHandle.update
# Guess:    it reads the schedule with its conflict token and sends that token back, so that a change in between is
#           noticed: the server has the token for this.
# In fact:  the token that was read is not sent. A server cannot tell that somebody paused the schedule between the two
#           calls, and the state that was read before replaces theirs.
# Matters:  a pause that comes while a program updates the schedule is lost, and the schedule goes on. Call
#           workflowService.updateSchedule with the token, and look with describe() afterwards.
# Output:
#> describe is answered with the token "read at 1"
#> update sends the token "" and paused=false
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

const { DescribeScheduleResponse, UpdateScheduleRequest } = temporal.api.workflowservice.v1;

const described = DescribeScheduleResponse.encode({
  conflictToken: Buffer.from('read at 1'),
  schedule: {
    spec: { interval: [{ interval: { seconds: 3600 } }] },
    action: {
      startWorkflow: { workflowId: 'look', workflowType: { name: 'look' }, taskQueue: { name: 'looks' } },
    },
    policies: {},
    state: { paused: false },
  },
  info: { createTime: { seconds: 1 } },
}).finish();

/** Answers the calls of these names, bytes for bytes. */
async function serve(methods) {
  const bytes = (message) => message;
  const server = new Server();
  const service = Object.fromEntries(
    Object.keys(methods).map((name) => [
      name,
      {
        path: `/temporal.api.workflowservice.v1.WorkflowService/${name}`,
        requestStream: false,
        responseStream: false,
        requestSerialize: bytes,
        requestDeserialize: bytes,
        responseSerialize: bytes,
        responseDeserialize: bytes,
      },
    ]),
  );
  const handlers = Object.fromEntries(
    Object.entries(methods).map(([name, take]) => [
      name,
      ({ request }, answer) => answer(null, take(request)),
    ]),
  );
  server.addService(service, handlers);
  const port = await new Promise((resolve, reject) => {
    const bound = (error, port) => (error ? reject(error) : resolve(port));
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), bound);
  });
  return { server, port };
}

async function main() {
  let update;
  const { server, port } = await serve({
    DescribeSchedule: () => described,
    UpdateSchedule: (request) => {
      update = UpdateScheduleRequest.decode(request);
      return Buffer.alloc(0);
    },
  });
  const connection = Connection.lazy({ address: `127.0.0.1:${port}` });
  const schedule = new Client({ connection }).schedule.getHandle('looks');
  const { raw } = await schedule.describe();
  console.log(`describe is answered with the token "${Buffer.from(raw.conflictToken)}"`);
  await schedule.update((read) => read);
  const { conflictToken, schedule: sent } = update;
  console.log(`update sends the token "${Buffer.from(conflictToken)}" and paused=${sent.state.paused}`);
  await connection.close();
  server.forceShutdown();
}
void main();
EOF

seen=$(node finding.cjs || echo "it failed")
echo "$seen"
[[ "$seen" == "$stated" ]] || { echo "This is not what the header states any more." >&2; exit 1; }
