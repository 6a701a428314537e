import type { Locator, Page } from 'playwright-core';
import { PATIENCE_MS, until } from '../../../harness/waiting';
import { pasteJson } from './json-field';

type Tab = 'history' | 'user-metadata' | 'search-attributes';

/** How long one look at the details may take before it is opened again; nothing is decided by it. Milliseconds. */
const LOOK_MS = 10_000;

/** The page of a workflow's newest run. The UI has its header and its menus twice; one of each is visible. */
export class RunPage {
  readonly #page: Page;
  readonly #url: string;

  constructor(page: Page, url: string) {
    this.#page = page;
    this.#url = url;
  }

  /** Waits until the details say so, and gives them as text. They are shown as a worker answers when the tab is opened. */
  async details(says: RegExp): Promise<string> {
    return await until(`the details to say ${String(says)}`, PATIENCE_MS, async () => {
      await this.#openTab('user-metadata');
      const text = await this.#details().innerText({ timeout: LOOK_MS });
      return says.test(text) && text;
    });
  }

  /** Everything in the details that is set as code, and so is to be copied. */
  async codeOfDetails(): Promise<string[]> {
    return await this.#details().locator('code').allInnerTexts();
  }

  /** What of the code in the details is wider than their column, which cuts it off. */
  async cutOff(): Promise<string[]> {
    const right = async (part: Locator): Promise<number> => {
      const box = await part.boundingBox();
      return box === null ? 0 : box.x + box.width;
    };
    const column = await right(this.#details());
    const cut: string[] = [];
    for (const code of await this.#details().locator('code').all()) {
      if ((await right(code)) > column) {
        cut.push(await code.innerText());
      }
    }
    return cut;
  }

  /** Waits for the end, and gives what the panel of the result shows of it: its first lines. */
  async result(): Promise<string> {
    return await this.#ended('"outcome"');
  }

  /** Waits until it has failed, and gives what the panel of the result shows of that: its first lines. */
  async failure(): Promise<string> {
    return await this.#ended('"message"');
  }

  /** The names of the bars in the timeline, first one first. Those of an ended run. */
  async timeline(): Promise<string[]> {
    await this.result();
    const names = await this.#page.locator('svg text.cursor-pointer').allTextContents();
    return names.map((name) => name.trim()).reverse();
  }

  /** What the tab of the search attributes shows, which needs no worker. */
  async searchAttributes(): Promise<string> {
    await this.#openTab('search-attributes');
    const shown = this.#page.locator('.cm-content:visible').filter({ hasText: 'indexedFields' });
    await shown.waitFor();
    return await shown.innerText();
  }

  /** Sends an Update that is taken: says so, and closes. `before`: what happens between the form and its submission. */
  async update(name: string, input: string, before?: () => Promise<void>): Promise<void> {
    await this.#submitUpdate(name, input, before);
    await this.#page.getByText('Update successful').waitFor();
  }

  /** Sends an Update that is refused, and gives all that the dialog says against it. */
  async refusedUpdate(name: string, input: string): Promise<string> {
    const dialog = await this.#submitUpdate(name, input);
    const refusal = dialog.getByRole('alert');
    await refusal.waitFor();
    return await refusal.innerText();
  }

  async requestCancellation(): Promise<void> {
    await this.#openTab('history');
    await this.#page.getByRole('button', { name: 'Request Cancellation' }).locator('visible=true').click();
    await this.#page.locator('dialog[open]').getByTestId('confirm-modal-button').click();
    await this.#page.locator('dialog[open]').waitFor({ state: 'hidden' });
  }

  /** Resets an ended run to its begin. */
  async reset(reason: string): Promise<void> {
    await this.#openTab('history');
    await this.#page.getByRole('button', { name: 'Reset', exact: true }).locator('visible=true').click();
    const dialog = this.#page.locator('dialog[open]');
    await dialog.getByTestId('workflow-reset-event-id-select-button').click();
    await this.#page.getByRole('option').locator('visible=true').first().click();
    await dialog.locator('#reset-reason').fill(reason);
    await dialog.getByTestId('confirm-modal-button').click();
    await dialog.waitFor({ state: 'hidden' });
  }

  async #ended(shows: string): Promise<string> {
    await this.#openTab('history');
    const result = this.#page.getByTestId('input-and-result').locator('.cm-content').nth(1);
    await result.filter({ hasText: shows }).waitFor();
    return (await result.innerText()).replace(/\s*\n\s*/g, ' ');
  }

  #details(): Locator {
    return this.#page.frameLocator('iframe >> nth=-1').locator('main');
  }

  async #openTab(tab: Tab): Promise<void> {
    await this.#page.goto(this.#url);
    await this.#page.waitForURL((url) => url.pathname.endsWith('/history'));
    await this.#page.locator(`[data-testid=${tab}-tab]:visible`).click();
    await this.#page.waitForURL((url) => url.pathname.endsWith(`/${tab}`));
  }

  async #submitUpdate(name: string, input: string, before?: () => Promise<void>): Promise<Locator> {
    await this.#openTab('history');
    await this.#page.getByRole('button', { name: 'More Actions' }).locator('visible=true').click();
    await this.#page.getByRole('menuitem', { name: 'Send an Update' }).locator('visible=true').click();
    const dialog = this.#page.locator('dialog[open]');
    await dialog.getByTestId('update-select-button').click();
    await this.#page
      .getByRole('option', { name: new RegExp(`^${name}`) })
      .locator('visible=true')
      .click();
    await pasteJson(dialog.locator('.cm-content'), input);
    await before?.();
    await dialog.getByRole('button', { name: 'Submit' }).click();
    return dialog;
  }
}
