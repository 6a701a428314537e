import { withoutCredentials, withoutUserInfo } from '../../workflows/model/without-credentials';

const secret = 'hunter2';

it.each([
  [`https://rekor:${secret}@rekor.example.com`, 'https://<hidden>@rekor.example.com'],
  [`https://${secret}@rekor.example.com/api`, 'https://<hidden>@rekor.example.com/api'],
  [`HTTPS:rekor:${secret}@rekor.example.com`, 'HTTPS:<hidden>@rekor.example.com'],
  [`https://rekor:a/${secret}@[::1`, 'https://<hidden>@[::1'],
  [`https://rekor:a@${secret}@rekor.example.com`, 'https://<hidden>@rekor.example.com'],
  [`https://rekor:a?${secret}#b@rekor.example.com`, 'https://<hidden>@rekor.example.com'],
  [`https://rekor:a ${secret}@rekor.example.com`, 'https://<hidden>@rekor.example.com'],
  [`rekor:${secret}@127.0.0.1:8090`, '<hidden>@127.0.0.1:8090'],
  [`rekor:${secret}@tcp(db:3306)/trillian?${secret}`, '<hidden>@tcp(db:3306)/trillian?<hidden>'],
  [`https://rekor.example.com/?token=${secret}`, 'https://rekor.example.com/?<hidden>'],
  [`https://rekor.example.com/#${secret}`, 'https://rekor.example.com/#<hidden>'],
  [`-----BEGIN PRIVATE KEY-----\n${secret}`, '<hidden>'],
])('leaves nothing of a secret in %j (H28)', (text, left) => {
  expect(withoutCredentials(text)).toBe(left);
  expect(left).not.toContain(secret);
});

it.each([
  'localhost',
  'https://rekor.example.com:70000',
  '127.0.0.1:3001',
  '/etc/rekor@blue/#1.env',
  '../a@b',
])('leaves %s as it is', (text) => {
  expect(withoutCredentials(text)).toBe(text);
});

it('leaves nothing of user and password of a URL that is quoted in a message (H28)', () => {
  const of = (url: string) => `--key ${url} cannot be used: open '${url}'.`;
  const hidden = of('https://<hidden>@rekor.example.com/a.pem');
  expect(withoutUserInfo(of(`https://rekor:/${secret}@rekor.example.com/a.pem`))).toBe(hidden);
  expect(withoutUserInfo(`/srv/https:/${secret}@host; see rekor@blue`)).toBe(
    '/srv/https:/<hidden>@host; see rekor@blue',
  );
});
