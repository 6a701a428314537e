import { withinLook } from '../../../activities/bounds/look-bounds';
import { pause } from '../../../activities/bounds/waiting';
import { refused, rejected } from '../refused';

const never = new AbortController().signal;

it('ends a look when its time is over, with that as the reason', async () => {
  const message = await refused(
    'LOOKED_TOO_LONG',
    withinLook(20, never, async ({ signal }) => pause(60_000, signal)),
  );
  expect(message).toContain('This could not be looked at');
});

it('ends a look when its program is told to end', async () => {
  const told = new AbortController();
  const looking = withinLook(60_000, told.signal, async ({ signal }) => pause(60_000, signal));
  told.abort(new Error('told to end'));
  expect(await rejected(looking)).toMatchObject({ message: 'told to end' });
});

it('runs no step, in which something would be changed', async () => {
  let ran = false;
  const stepping = withinLook(60_000, never, (bounds) =>
    bounds.step('freeze', () => {
      ran = true;
      return Promise.resolve();
    }),
  );
  expect(await rejected(stepping)).toMatchObject({ message: expect.stringContaining('freeze') as string });
  expect(ran).toBe(false);
});
