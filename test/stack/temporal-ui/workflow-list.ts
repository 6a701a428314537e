import type { Page } from 'playwright-core';

/** Columns that the list has unless told otherwise, beside the status. */
const usual = ['Workflow ID', 'Run ID', 'Type', 'Start', 'End'];

/** Lets the list show these columns, searches in it as a person does, and gives their texts, a row each. */
export async function listedBy(
  page: Page,
  url: string,
  query: string,
  columns: readonly string[],
): Promise<string[][]> {
  await page.goto(url);
  await page.getByTestId('workflows-summary-table-configuration-button').click();
  for (const column of new Set([...usual, ...columns])) {
    const add = page.getByRole('button', { name: `Add ${column} column` });
    const remove = page.getByRole('button', { name: `Remove ${column} column` });
    await add.or(remove).waitFor();
    const wanted = columns.includes(column);
    if ((await remove.isVisible()) !== wanted) {
      await (wanted ? add : remove).click();
      await (wanted ? remove : add).waitFor();
    }
  }
  await page.getByRole('button', { name: 'Close Workflows Table configuration' }).click();
  await page.locator('[data-testid=toggle-manual-query]:visible').click();
  await page.locator('[data-testid=manual-search-input]:visible').fill(query);
  await page.locator('[data-testid=manual-search-button]:visible').click();
  await page.waitForURL((at) => at.searchParams.get('query') === query);
  // The rows of the list before are shown until those of the answer come.
  await page.reload();
  const rows = page.getByTestId('workflows-summary-configurable-table-row');
  await rows.first().waitFor();
  const names = (await page.locator('th:visible').allInnerTexts()).map((text) => text.trim());
  const found: string[][] = [];
  for (const row of await rows.all()) {
    const cells = await row.locator('td').allInnerTexts();
    found.push(columns.map((column) => (cells[names.indexOf(column)] ?? '').trim()));
  }
  return found;
}
