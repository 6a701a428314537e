import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

const root = join(__dirname, '../../..');

/** The pictures that documents show. `UI_PICTURES=1 npx jest test/stack/browser` takes them anew. */
const shown = ['start-form', 'waits-for-approval', 'timeline', 'outcomes'];

/** Part of a page, in pixels from its top. */
export interface Rows {
  readonly from: number;
  readonly to: number;
}

/** Takes a picture of a page, 1280 pixels wide: into out/pictures, and into docs/pictures when that is wanted. */
export async function takePicture(
  page: Page,
  name: string,
  { from, to }: Rows = { from: 0, to: 900 },
): Promise<void> {
  const width = 1280;
  const before = page.viewportSize();
  await page.setViewportSize({ width, height: to });
  const path = join(root, 'out', 'pictures', `${name}.png`);
  const clip = { x: 0, y: from, width, height: to - from };
  await page.screenshot({ path, clip, animations: 'disabled' });
  if (before) {
    await page.setViewportSize(before);
  }
  if (process.env['UI_PICTURES'] === '1' && shown.includes(name)) {
    const pictures = join(root, 'docs', 'pictures');
    mkdirSync(pictures, { recursive: true });
    copyFileSync(path, join(pictures, `${name}.png`));
  }
}
