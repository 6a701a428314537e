import { startLogUnderTest, type LogUnderTest, type Wanted } from '../../harness/log-under-test';

/**
 * One log for all tests of a file or of a group: started before the first of them, settled before each, ended after the last.
 * What is returned is a log only while they run.
 */
export function useLog(wanted?: Wanted): LogUnderTest {
  const log = {} as LogUnderTest;
  let started = false;
  beforeAll(async () => {
    Object.assign(log, await startLogUnderTest(wanted));
    started = true;
  });
  beforeEach(() => log.settle());
  afterAll(async () => {
    if (started) await log.end();
  });
  return log;
}
