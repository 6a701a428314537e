import type { Page } from 'playwright-core';
import { pasteJson } from './json-field';

/** What a person fills in to start a workflow. */
export interface StartForm {
  readonly workflowId: string;
  readonly type: string;
  /** JSON. */
  readonly input: string;
}

/** Fills in the form as a person does, says when it is filled, and starts. */
export async function startWorkflow(
  page: Page,
  url: string,
  { workflowId, type, input, taskQueue }: StartForm & { readonly taskQueue: string },
  filled: () => Promise<void>,
): Promise<void> {
  await page.goto(url);
  await page.getByTestId('workflowId').fill(workflowId);
  await page.getByTestId('taskQueue').fill(taskQueue);
  await page.getByTestId('workflowType').fill(type);
  await page.getByText('Task Queue is Active').waitFor();
  await pasteJson(page.locator('.cm-content:visible').first(), input);
  await filled();
  await page.locator('[data-testid=start-workflow-button]:visible').click();
  await page.getByText('Workflow started successfully').waitFor();
}
