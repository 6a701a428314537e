import type { Locator } from 'playwright-core';
import { PATIENCE_MS, until } from '../../../harness/waiting';

/**
 * Pastes JSON into a field, and leaves it. The UI then breaks the text into lines, which moves whatever is below: a click
 * that began before may end beside its button. So this waits until it has.
 */
export async function pasteJson(field: Locator, json: string): Promise<void> {
  await field.click();
  const { keyboard } = field.page();
  await keyboard.press('ControlOrMeta+A');
  await keyboard.insertText(json);
  await field.blur();
  const inLines = JSON.stringify(JSON.parse(json), null, 2);
  await until('the field to show its JSON in lines', PATIENCE_MS, async () => {
    return (await field.innerText()).trim() === inLines;
  });
}
