import type { Page } from 'playwright-core';
import { pasteJson } from './json-field';

/** What a person fills in to make a schedule. */
export interface ScheduleForm {
  readonly workflowId: string;
  readonly type: string;
  /** JSON. */
  readonly input: string;
  /** With the time zone before it: `CRON_TZ=Europe/Berlin 30 3 * * 0`. */
  readonly cron: string;
}

/** One schedule, by its name. */
export class SchedulePage {
  readonly #page: Page;
  readonly #url: string;
  readonly #name: string;
  readonly #taskQueue: string;

  constructor(page: Page, url: string, name: string, taskQueue: string) {
    this.#page = page;
    this.#url = url;
    this.#name = name;
    this.#taskQueue = taskQueue;
  }

  /** Makes it. */
  async create({ workflowId, type, input, cron }: ScheduleForm): Promise<void> {
    await this.#page.goto(`${this.#url}/create`);
    const field = (name: string) => this.#page.getByTestId(`schedule-${name}-input`);
    await field('name').fill(this.#name);
    await field('type').fill(type);
    await field('workflow-id').fill(workflowId);
    await field('task-queue').fill(this.#taskQueue);
    await pasteJson(this.#page.locator('.cm-content:visible').first(), input);
    await this.#page.getByTestId('string-tab').click();
    await this.#page.getByTestId('cronString').fill(cron);
    await this.#page.getByTestId('create-schedule-button').click();
    await this.#page.waitForURL((url) => url.pathname.endsWith('/schedules'));
  }

  /** Starts its workflow now, by the schedule's own policy, and gives the id of the run that is shown. */
  async trigger(): Promise<string> {
    await this.#open();
    await this.#page.getByRole('button', { name: 'Schedule Actions' }).locator('visible=true').click();
    await this.#page.locator('[data-testid=trigger-schedule]:visible').click();
    await this.#page.locator('dialog[open]').getByRole('button', { name: 'Trigger' }).click();
    const run = this.#page.getByRole('link', { name: /T\d\d:\d\d:\d\dZ$/ });
    await run.first().waitFor();
    return (await run.first().innerText()).trim();
  }

  /** What is shown of it. */
  async text(): Promise<string> {
    await this.#open();
    await this.#page.getByText('Upcoming Runs').waitFor();
    return await this.#page.locator('#content').innerText();
  }

  async #open(): Promise<void> {
    await this.#page.goto(`${this.#url}/${encodeURIComponent(this.#name)}`);
  }
}
