import { chromium, type Page } from 'playwright-core';
import { ensureChromium } from '../../../tools/chromium';
import { takePicture, type Rows } from './pictures';
import { RunPage } from './run-page';
import { SchedulePage } from './schedule-page';
import { startWorkflow, type StartForm } from './start-form';
import { listedBy } from './workflow-list';

/** Below the limit of jest.config.cjs, so that the browser says what it has waited for. Milliseconds. */
const LIMIT_MS = 240_000;

/**
 * The Temporal UI as a person sees it, in a real browser: version 2.42.1, whose marks for tests are used where it has them.
 * Every page is opened anew, because the UI asks for most of what it shows only then.
 */
export interface TemporalUi {
  /** Fills in the start form, and starts. `picture`: how the form is called in a picture of it. */
  start(form: StartForm, picture?: string): Promise<void>;
  run(workflowId: string): RunPage;
  schedule(name: string): SchedulePage;
  /** The rows of the list of workflows that a query finds, each with the texts of its cells. */
  list(query: string, columns: readonly string[]): Promise<string[][]>;
  /** Keeps what is shown now as a picture: the rows of pixels of the page from one to another. */
  picture(name: string, rows?: Rows): Promise<void>;
  end(): Promise<void>;
}

/** Opens the UI at this address, with a window that is 1280 pixels wide. */
export async function openTemporalUi(address: string, taskQueue: string): Promise<TemporalUi> {
  const executablePath = await ensureChromium({ report: (line) => process.stderr.write(`${line}\n`) });
  const browser = await chromium.launch({ executablePath });
  const page: Page = await browser.newPage({
    viewport: { width: 1280, height: 900 },
    timezoneId: 'UTC',
    locale: 'en-US',
  });
  page.setDefaultTimeout(LIMIT_MS);
  const at = (path: string): string => `${address}/namespaces/default/${path}`;
  const picture = (name: string, rows?: Rows): Promise<void> => takePicture(page, name, rows);
  return {
    start: (form, name) =>
      startWorkflow(page, at('workflows/start-workflow'), { taskQueue, ...form }, async () => {
        if (name !== undefined) {
          await picture(name, { from: 50, to: 1000 });
        }
      }),
    run: (workflowId) => new RunPage(page, at(`workflows/${encodeURIComponent(workflowId)}`)),
    schedule: (name) => new SchedulePage(page, at('schedules'), name, taskQueue),
    list: (query, columns) => listedBy(page, at('workflows'), query, columns),
    picture,
    end: () => browser.close(),
  };
}
