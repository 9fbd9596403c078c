import test from 'ava';
import {parseZkUrl, printZkUrl} from './zk-url.ts';

test('a URL names servers, path and login', (t) => {
  const table: readonly (readonly [text: string, expected: unknown])[] = [
    ['zk://a:1/x', {servers: ['a:1'], path: '/x', credentials: undefined}],
    [
      ' zk://10.0.0.1:2181,b.example:2182,c/drydock/masters/ ',
      {
        servers: ['10.0.0.1:2181', 'b.example:2182', 'c:2181'],
        path: '/drydock/masters',
        credentials: undefined,
      },
    ],
    [
      'zk://me:p@ss:word@a:1,a:1, b:2/x',
      {
        servers: ['a:1', 'b:2'],
        path: '/x',
        credentials: {user: 'me', password: 'p@ss:word'},
      },
    ],
  ];
  for (const [text, expected] of table) t.deepEqual(parseZkUrl(text), {ok: true, url: expected});
});

test('what is wrong with a URL is said, without its password', (t) => {
  const table: readonly (readonly [text: string, problem: RegExp])[] = [
    ['', /begin with zk:\/\//],
    ['http://a:1/x', /begin with zk:\/\//],
    ['zk://', /names no server/],
    ['zk:///x', /names no server/],
    ['zk://a:1', /no path, such as/],
    ['zk://a:1/', /no path, such as/],
    ['zk://a:1,/x', /a server in its list is empty/],
    ['zk://a:1,b:/x', /the server b:: the port must be/],
    ['zk://a:0/x', /the server a:0: the port must be a number from 1 to 65535/],
    ['zk://a:65536/x', /the port must be/],
    ['zk://a:1x/x', /the port must be/],
    ['zk://a:1:2/x', /more than one colon/],
    ['zk://[::1]:2181/x', /IPv6/],
    ['zk://a b:1/x', /"a b" is no host name/],
    ['zk://-a:1/x', /no host name/],
    ['zk://SECRET@a:1/x', /before the @ must be user:password/],
    ['zk://:SECRET@a:1/x', /the user before the : is empty/],
    ['zk://me:@a:1/x', /the password of the user me is empty/],
    ['zk://me:SECRET@/x', /names no server/],
    ['zk://me:SECRET@a:1', /no path/],
    ['zk://a:1/x//y', /empty name/],
    ['zk://a:1/x/../y', /has \.\. as a name/],
    ['zk://a:1/./y', /has \. as a name/],
    ['zk://a:1/x\u0001', /a character that ZooKeeper refuses/],
    ['zk://a:1/x\u{1f600}', /a character that ZooKeeper refuses/],
    ['zk://a:1/zookeeper', /ZooKeeper's own/],
    ['zk://a:1/zookeeper/quota', /ZooKeeper's own/],
  ];
  for (const [text, problem] of table) {
    const result = parseZkUrl(text);
    t.false(result.ok, text);
    if (result.ok) continue;
    t.regex(result.problem, problem, text);
    t.regex(result.problem, /expected zk:\/\/\[user:password@\]host:port,host:port\/path$/);
    t.notRegex(result.problem, /SECRET/);
  }
});

test('a URL is printed without its password', (t) => {
  for (const [text, expected] of [
    ['zk://me:SECRET@a:1,b/x', 'zk://me:***@a:1,b:2181/x'],
    ['zk://a:1/x', 'zk://a:1/x'],
  ] as const) {
    const result = parseZkUrl(text);
    t.is(result.ok ? printZkUrl(result.url) : '', expected);
  }
});
