import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..');

/** The code of the workflows as the build has bundled it. Throws when a workflow is newer. */
export function workflowBundle(): string {
  const bundle = join(root, 'out/dist/workflows/bundle.js');
  const bundled = statSync(bundle, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = readdirSync(join(root, 'workflows'), { recursive: true, encoding: 'utf8' });
  if (sources.some((file) => statSync(join(root, 'workflows', file)).mtimeMs > bundled)) {
    throw new Error('The workflows are not bundled as they are now: npm run build');
  }
  return readFileSync(bundle, 'utf8');
}
