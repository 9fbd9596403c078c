import {isIP} from 'node:net';
import test from 'ava';
import {ownIp} from './own-ip.ts';

for (const [title, hostname, listen, expected] of [
  ['the one that others are told', '10.0.0.1', '0.0.0.0', '10.0.0.1'],
  ['the one that it listens on, behind a name', 'web1.example', '10.0.0.2', '10.0.0.2'],
  ['what the name stands for', 'localhost', 'localhost', /^(127\.0\.0\.1|::1)$/],
  ['none, where nobody knows the name', 'no-such-host.invalid', 'localhost', undefined],
] as const) {
  test(`the address in numbers is ${title}`, async (t) => {
    const ip = await ownIp({hostname}, {hostname: listen});
    if (expected instanceof RegExp) t.regex(String(ip), expected);
    else t.is(ip, expected);
  });
}

test('who listens everywhere is at an address, whatever its name stands for', async (t) => {
  for (const listen of ['0.0.0.0', '::']) {
    const ip = (await ownIp({hostname: 'localhost'}, {hostname: listen})) ?? '';
    t.true(isIP(ip) > 0 && ip !== listen, ip);
  }
});
