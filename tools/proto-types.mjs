/**
 * Generates the types of Trillian's messages, proto/generated/, from proto/trillian.proto. With `--check` it writes nothing,
 * and ends with 1 when what is committed is not what would be generated.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const committed = join(root, 'proto', 'generated');
const command = 'node tools/proto-types.mjs';

if (process.argv[2] === '--check') {
  const fresh = mkdtempSync(join(tmpdir(), 'rekor-rotate-proto-'));
  generate(fresh);
  if (contents(fresh) !== contents(committed)) {
    console.error(`proto/generated/ is not what proto/trillian.proto says. Run: ${command}`);
    process.exitCode = 1;
  }
  rmSync(fresh, { recursive: true });
} else {
  rmSync(committed, { recursive: true, force: true });
  generate(committed);
}

/** The options are those with which activities/clients/trillian-transport.ts loads the same file. */
function generate(folder) {
  const generator = createRequire(import.meta.url).resolve(
    '@grpc/proto-loader/build/bin/proto-loader-gen-types.js',
  );
  const options = ['--longs=String', '--enums=String', '--defaults', '--grpcLib=@grpc/grpc-js'];
  const { status, stderr } = spawnSync(
    process.execPath,
    [generator, ...options, `--outDir=${folder}`, 'proto/trillian.proto'],
    { cwd: root, encoding: 'utf8' },
  );
  if (status !== 0) {
    throw new Error(`The types cannot be generated: ${stderr}`);
  }
}

function contents(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => `${file.slice(folder.length)}\n${readFileSync(file, 'utf8')}`)
    .join('\n');
}
