import { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { pino } from 'pino';
import { KEYWORD, registeredAttributes } from '../../activities/steps/search-attributes';
import { keepSearchAttributes, makeSearchAttributes } from '../../workers/search-attributes';
import { searchAttributeNames } from '../../workflows/model/search-attributes';
import { startTemporal, type TemporalServer } from './temporal-server';

let server: TemporalServer;

beforeAll(async () => {
  server = await startTemporal();
});

afterAll(() => server.stop());

const make = () => makeSearchAttributes({ connection: server.connection }, 'default');

it('uses none of another type, makes those that are missing, and nothing the second time', async () => {
  const { IndexedValueType } = temporal.api.enums.v1;
  await server.connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: { RekorActiveTree: IndexedValueType.INDEXED_VALUE_TYPE_INT },
  });
  const made = searchAttributeNames.filter((name) => name !== 'RekorActiveTree');

  expect(await make()).toEqual({ made, ofAnotherType: ['RekorActiveTree'] });

  const client = new Client({ connection: server.connection });
  expect(await registeredAttributes(client)).toEqual(made);
  expect(await make()).toEqual({ made: [], ofAnotherType: ['RekorActiveTree'] });
  const { customAttributes } = await server.connection.operatorService.listSearchAttributes({
    namespace: 'default',
  });
  expect(Number(customAttributes['RekorLog'])).toBe(KEYWORD);
});

it('says what a person can do where it may not, and throws nothing', async () => {
  const lines: Record<string, unknown>[] = [];
  const logger = pino({}, { write: (line: string) => void lines.push(JSON.parse(line) as never) });

  await keepSearchAttributes(
    { address: '127.0.0.1:9', namespace: 'default', taskQueue: 'q', options: { address: '127.0.0.1:9' } },
    logger,
  );

  expect(lines).toMatchObject([
    { level: 40, byHand: expect.stringContaining('--name RekorLog --type Keyword') as string },
  ]);
});
