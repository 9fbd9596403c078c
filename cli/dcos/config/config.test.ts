// What is configured: files, environment, clusters that are set up, and tokens.
import {existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {AUTHORITY, SERVER} from '../testing/certificates.ts';
import {Home} from '../testing/run-dcos.ts';
import {scriptedServer, type Script, type ScriptedServer} from '../testing/scripted-server.ts';
import {parseToml, printToml, TomlError} from './toml.ts';

function homeOf(t: ExecutionContext): Home {
  const home = new Home();
  t.teardown(() => home.remove());
  return home;
}

async function serverOf(
  t: ExecutionContext,
  script: Script,
  certificate?: typeof SERVER,
): Promise<ScriptedServer> {
  const server = await scriptedServer(script, certificate);
  t.teardown(() => server.close());
  return server;
}

const modeOf = (path: string): number => statSync(path).mode & 0o777;

// TOML.

const texts: readonly (readonly [title: string, text: string, expected: object])[] = [
  ['nothing', '', {}],
  [
    'tables',
    '[core]\ndcos_url = "http://h"\n[marathon]\nurl="x"',
    {'core.dcos_url': 'http://h', 'marathon.url': 'x'},
  ],
  ['dotted keys and tables', 'a.b = 1\n[c.d]\n"e f".g = true', {'a.b': 1, 'c.d.e f.g': true}],
  ['comments and spaces', '# x\n  a = 5 # five\n\n[ t ] # table\n b = "#"', {a: 5, 't.b': '#'}],
  ['numbers', 'a = 1_000\nb = -2\nc = 0.5\nd = +3', {a: 1000, b: -2, c: 0.5, d: 3}],
  ['escapes', String.raw`a = "\"\\\n\t\u00e9"` + "\nb = '\\n'", {a: '"\\\n\té', b: '\\n'}],
  ['lines of Windows, and a mark at the begin', '\uFEFFa = 1\r\nb = false\r\n', {a: 1, b: false}],
];

for (const [title, text, expected] of texts) {
  test(`TOML with ${title} is read`, (t) => {
    t.deepEqual(Object.fromEntries(parseToml(text)), expected);
  });
}

const faults: readonly (readonly [text: string, message: RegExp])[] = [
  ['a', /^line 1: expected =, found nothing$/],
  ['a = 1\n= 2', /^line 2: expected a key, found = 2$/],
  ['a = x', /^line 1: expected a text in quotes, a number, true or false, found x$/],
  ['a = "x', /^line 1: a text is not closed$/],
  ['a = 1 2', /^line 1: unexpected 2$/],
  ['a = 1\na = 2', /^line 2: a is there twice$/],
  ['[a', /^line 1: expected \], found nothing$/],
  ['[[a]]', /^line 1: lists of tables are not known here$/],
  ['a = [1]', /^line 1: expected a text in quotes/],
  [String.raw`a = "\q"`, /^line 1: unknown escape \\q$/],
  ['a = """x"""', /^line 1: texts of several lines are not known here$/],
];

for (const [text, message] of faults) {
  test(`TOML like ${JSON.stringify(text)} is refused by its line`, (t) => {
    t.throws(() => parseToml(text), {instanceOf: TomlError, message});
  });
}

test('what is written is read back', (t) => {
  const key = fc.array(fc.stringMatching(/^[\w-]{1,8}$/), {minLength: 1, maxLength: 3});
  const value = fc.oneof(fc.string(), fc.boolean(), fc.integer());
  fc.assert(
    fc.property(
      fc.uniqueArray(
        fc.tuple(
          key.map((parts) => parts.join('.')),
          value,
        ),
        {
          selector: ([name]) => name,
        },
      ),
      (pairs) => {
        const sorted = [...pairs].sort(([left], [right]) => (left < right ? -1 : 1));
        const read = [...parseToml(printToml(new Map(pairs)))];
        t.deepEqual(
          read.sort(([left], [right]) => (left < right ? -1 : 1)),
          sorted,
        );
      },
    ),
  );
});

// `dcos config`, without any cluster: one file.

test('config set writes for its owner alone, and tells what changed', async (t) => {
  const home = homeOf(t);
  const file = join(home.folder, '.dcos', 'dcos.toml');
  const said = async (...words: readonly string[]): Promise<string> =>
    (await home.run(['config', ...words])).stderr;
  t.is(await said('set', 'core.dcos_url', 'http://h:1/'), "[core.dcos_url]: set to 'http://h:1'\n");
  t.is(modeOf(file), 0o600);
  t.is(modeOf(join(home.folder, '.dcos')), 0o700);
  t.is(
    await said('set', 'core.dcos_url', 'http://h:2'),
    "[core.dcos_url]: changed from 'http://h:1' to 'http://h:2'\n",
  );
  t.is(
    await said('set', 'core.dcos_url', 'http://h:2'),
    "[core.dcos_url]: already set to 'http://h:2'\n",
  );
  t.is(await said('set', 'core.timeout', '30'), "[core.timeout]: set to '30'\n");
  t.regex(
    await said('set', 'core.reporting', 'true'),
    /\nIt has no effect: nothing is ever reported\.\n$/,
  );
  t.is(
    readFileSync(file, 'utf8'),
    '[core]\ndcos_url = "http://h:2"\nreporting = true\ntimeout = 30\n',
  );
  t.is(await said('unset', 'core.reporting'), 'Removed [core.reporting]\n');
  t.is((await home.run(['config', 'show'])).stdout, 'core.dcos_url http://h:2\ncore.timeout 30\n');
  t.is((await home.run(['config', 'show', 'core.timeout'])).stdout, '30\n');
  t.is(
    (await home.run(['config', 'show', '--json'])).stdout,
    '{\n    "core.dcos_url": "http://h:2",\n    "core.timeout": 30\n}\n',
  );
  t.deepEqual(await home.run(['config', 'validate']), {
    code: 0,
    stdout: 'Congratulations, your configuration is valid!\n',
    stderr: '',
  });
});

const refusals: readonly (readonly [words: string, stderr: RegExp])[] = [
  ['set core.dcos_url abc.com', /^Error: Please check url 'abc\.com'\. Missing http\(s\):\/\/\n$/],
  ['set core.dcos_url http://', /^Error: Unable to parse 'http:\/\/' as a url\n$/],
  ['set core.timeout 0', /^Error: core\.timeout: expected a whole number of seconds from 1 to/],
  [
    'set core.pagination maybe',
    /^Error: core\.pagination: expected true or false, found 'maybe'\n$/,
  ],
  ['set core.ssl_verify nowhere.pem', /^Error: core\.ssl_verify: expected true, false or a file/],
  ['set path.to 1', /^Error: 'path' is not a dcos command\.\n$/],
  [
    'set marathon 1',
    /^Error: Property 'marathon' doesn't fully specify a value - .* are:\nmarathon\.url\n$/,
  ],
  ['set core.foo 1', /^Error: unknown key "core\.foo"\nPossible are: core\./],
  ['set core.email a@b', /^Error: The property 'core\.email' has been deprecated/],
  ['unset core.timeout', /^Error: Property 'core\.timeout' doesn't exist\n$/],
  ['unset missing.property', /^Error: Property 'missing\.property' doesn't exist\n$/],
  ['unset core', /^Error: Property 'core' doesn't fully specify a value/],
  ['show core.foo', /^Error: unknown key "core\.foo"\n/],
  ['show marathon.url', /^Error: Property 'marathon\.url' doesn't exist\n/],
];

for (const [words, stderr] of refusals) {
  test(`config ${words} is refused`, async (t) => {
    const ended = await homeOf(t).run(['config', ...words.split(' ')]);
    t.is(ended.code, 1);
    t.is(ended.stdout, '');
    t.regex(ended.stderr, stderr);
  });
}

test('the token is masked in lists, and goes with another url', async (t) => {
  const home = homeOf(t);
  await home.run(['config', 'set', 'core.dcos_url', 'http://h:1']);
  const {stderr} = await home.run(['config', 'set', 'core.dcos_acs_token', 'secret']);
  t.is(stderr, "[core.dcos_acs_token]: set to '********'\n");
  t.regex((await home.run(['config', 'show'])).stdout, /^core\.dcos_acs_token \*{8}\n/);
  t.is((await home.run(['config', 'show', 'core.dcos_acs_token'])).stdout, 'secret\n');
  await home.run(['config', 'set', 'core.dcos_url', 'http://h:2']);
  t.is((await home.run(['config', 'show'])).stdout, 'core.dcos_url http://h:2\n');
});

test('a file that others can read is warned of if it holds a token', async (t) => {
  const home = homeOf(t);
  writeFileSync(join(home.folder, 'c.toml'), '[core]\ndcos_acs_token = "x"\n', {mode: 0o644});
  const env = {DCOS_CONFIG: 'c.toml'};
  t.regex(
    (await home.run(['config', 'show'], {env})).stderr,
    /^Warning: others can read \[.*c\.toml\]/,
  );
  await home.run(['config', 'set', 'core.timeout', '5'], {env});
  t.is((await home.run(['config', 'show'], {env})).stderr, '');
});

test('a linked file is written where it is', async (t) => {
  const home = homeOf(t);
  home.write('real.toml', '');
  symlinkSync('real.toml', join(home.folder, 'link.toml'));
  await home.run(['config', 'set', 'core.timeout', '5'], {env: {DCOS_CONFIG: 'link.toml'}});
  t.is(readFileSync(join(home.folder, 'real.toml'), 'utf8'), '[core]\ntimeout = 5\n');
});

test('a broken file is told with its path and line', async (t) => {
  const home = homeOf(t);
  home.write('c.toml', '[core]\ntimeout =\n');
  const {code, stderr} = await home.run(['config', 'show'], {env: {DCOS_CONFIG: 'c.toml'}});
  t.is(code, 1);
  t.regex(stderr, /^Error: Error parsing config file at \[.*c\.toml\]: line 2: expected a text/);
});

test('config validate finds what cannot be', async (t) => {
  const home = homeOf(t);
  home.write('c.toml', '[core]\ntimeout = 0\n[weather]\nsun = true\n');
  const {code, stderr} = await home.run(['config', 'validate'], {env: {DCOS_CONFIG: 'c.toml'}});
  t.is(code, 1);
  t.regex(
    stderr,
    /is not valid\n {2}core\.timeout: .*\n {2}weather\.sun: 'weather' is not a dcos command\.\n$/,
  );
});

test('the environment goes before the file, and its faults are told by its names', async (t) => {
  const home = homeOf(t);
  await home.run(['config', 'set', 'core.timeout', '30']);
  const env = {DCOS_TIMEOUT: '7', DCOS_MARATHON_URL: 'http://m:1', DCOS_SSL_VERIFY: 'false'};
  t.is(
    (await home.run(['config', 'show'], {env})).stdout,
    'core.ssl_verify false\ncore.timeout 7\nmarathon.url http://m:1\n',
  );
  t.regex(
    (await home.run(['config', 'set', 'core.timeout', '8'], {env})).stderr,
    /\nDCOS_TIMEOUT is set in the environment and goes before it\.\n$/,
  );
  const {code, stderr} = await home.run(['config', 'show'], {env: {DCOS_TIMEOUT: 'long'}});
  t.deepEqual([code, stderr.split(':')[1]], [1, ' DCOS_TIMEOUT']);
});

test('config keys lists all keys with their meanings', async (t) => {
  const {stdout} = await homeOf(t).run(['config', 'keys']);
  t.regex(stdout, /^NAME +ENVIRONMENT +MEANING\n/);
  t.regex(stdout, /\ncore\.dcos_acs_token +DCOS_ACS_TOKEN +/);
  t.regex(stdout, /\nmarathon\.url +DCOS_MARATHON_URL +/);
});

// `dcos cluster`.

const VERSION = {'GET /dcos-metadata/dcos-version.json': {json: {version: '2.1.0'}}};
const clusterOf = (id: string, name: string, more: Script = {}): Script => ({
  'HEAD /': {status: 200},
  'HEAD /pkgpanda/active.buildinfo.full.json': {status: 200},
  'GET /metadata': {json: {PUBLIC_IPV4: '127.0.0.1', CLUSTER_ID: id}},
  'GET /mesos/master/state-summary': {json: {cluster: name}},
  'GET /service/marathon/v2/apps': {json: {apps: [{id: `/of-${id}`}]}},
  ...VERSION,
  ...more,
});
const LIST = ['marathon', 'app', 'list', '-q'];

test('cluster setup finds out what a cluster is, and attaches it', async (t) => {
  const home = homeOf(t);
  const server = await serverOf(t, clusterOf('c-1', 'one'));
  const {code, stdout, stderr} = await home.run(['cluster', 'setup', `${server.url}/`]);
  t.deepEqual([code, stdout], [0, '']);
  t.is(
    stderr,
    'This cluster does not require authenticated requests. Skipping login.\n' +
      'You are now attached to cluster one (c-1).\n',
  );
  const folder = join(home.folder, '.dcos', 'clusters', 'c-1');
  t.is(
    readFileSync(join(folder, 'dcos.toml'), 'utf8'),
    `[cluster]\nname = "one"\n\n[core]\ndcos_url = "${server.url}"\n`,
  );
  t.is(modeOf(join(folder, 'dcos.toml')), 0o600);
  t.is(modeOf(folder), 0o700);
  t.true(existsSync(join(folder, 'attached')));
  t.is((await home.run(LIST)).stdout, '/of-c-1\n');
});

test('of several clusters the attached one is meant, or the one named', async (t) => {
  const home = homeOf(t);
  const [one, two] = [
    await serverOf(t, clusterOf('c-1', 'one')),
    await serverOf(t, clusterOf('c-2', 'two')),
  ];
  await home.run(['cluster', 'setup', one.url]);
  await home.run(['cluster', 'setup', two.url, '--name', 'zwei']);
  t.is((await home.run(LIST)).stdout, '/of-c-2\n');
  t.is((await home.run(LIST, {env: {DCOS_CLUSTER: 'one'}})).stdout, '/of-c-1\n');
  t.is((await home.run(LIST, {env: {DCOS_URL: one.url}})).stdout, '/of-c-1\n');
  await home.run(['cluster', 'attach', 'c-1']);
  t.is((await home.run(LIST)).stdout, '/of-c-1\n');
  await home.run(['cluster', 'rename', 'one', 'eins']);
  await two.close();
  t.is(
    (await home.run(['cluster', 'list'])).stdout,
    [
      '   NAME  ID   STATUS       VERSION  URL',
      `*  eins  c-1  AVAILABLE    2.1.0    ${one.url}`,
      `   zwei  c-2  UNAVAILABLE  UNKNOWN  ${two.url}`,
      '',
    ].join('\n'),
  );
  t.regex(
    (await home.run(['cluster', 'list', '--attached', '--json'])).stdout,
    /"attached": true,\n\s+"id": "c-1"/,
  );
  for (const [words, message] of [
    ['attach c-', /^Error: multiple matches found for cluster 'c-'\n.* c-1, c-2\n/],
    ['attach nope', /^Error: no match found for cluster 'nope'\n/],
    ['remove', /^Error: either a cluster name or the --all option must be passed\n/],
    ['remove eins --all', /^Error: cannot accept both/],
  ] as const) {
    const {code, stderr} = await home.run(['cluster', ...words.split(' ')]);
    t.is(code, 1);
    t.regex(stderr, message);
  }
  await home.run(['cluster', 'remove', 'eins']);
  t.is(
    (await home.run(['cluster', 'list', '--attached', '--json'])).code,
    0,
    'the only one counts',
  );
  await home.run(['cluster', 'remove', '--all']);
  t.regex(
    (await home.run(['cluster', 'list', '--attached'])).stderr,
    /^Error: no cluster is attached/,
  );
});

test('of several clusters none of which is attached none is meant', async (t) => {
  const home = homeOf(t);
  for (const id of ['a', 'b']) {
    const folder = join(home.folder, '.dcos', 'clusters', id);
    mkdirSync(folder, {recursive: true});
    writeFileSync(join(folder, 'dcos.toml'), '');
  }
  const {code, stderr} = await home.run(LIST);
  t.is(code, 1);
  t.regex(stderr, /^Error: no cluster is attached\nAttach one: /);
});

test('DCOS_DIR is where all of it is kept', async (t) => {
  const home = homeOf(t);
  const server = await serverOf(t, clusterOf('c-1', 'one'));
  const env = {DCOS_DIR: 'elsewhere'};
  await home.run(['cluster', 'setup', server.url], {env});
  t.true(existsSync(join(home.folder, 'elsewhere', 'clusters', 'c-1', 'dcos.toml')));
  t.false(existsSync(join(home.folder, '.dcos')));
});

test('cluster setup follows to where the cluster is', async (t) => {
  const home = homeOf(t);
  const server = await serverOf(t, clusterOf('c-1', 'one'));
  const old = await serverOf(t, {'HEAD /': {status: 302, headers: {location: `${server.url}/`}}});
  const {stderr} = await home.run(['cluster', 'setup', old.url]);
  t.true(stderr.includes(`Continuing cluster setup with: ${server.url}\n`), stderr);
  t.is((await home.run(['config', 'show', 'core.dcos_url'])).stdout, `${server.url}\n`);
});

test('an id that would lead out of the folder is refused', async (t) => {
  const home = homeOf(t);
  const server = await serverOf(t, clusterOf('../../evil', 'one'));
  const {code, stderr} = await home.run(['cluster', 'setup', server.url]);
  t.is(code, 1);
  t.regex(stderr, /the cluster says that its id is "\.\.\/\.\.\/evil", which cannot be right/);
  t.false(existsSync(join(home.folder, 'evil')));
});

test('cluster setup refuses what is no address', async (t) => {
  const home = homeOf(t);
  for (const [url, message] of [
    ['ftp://h', /must begin with http:\/\/ or https:\/\//],
    ['http://', /Unable to parse/],
  ] as const) {
    const {code, stderr} = await home.run(['cluster', 'setup', url]);
    t.is(code, 1);
    t.regex(stderr, message);
  }
  t.regex((await home.run(['cluster', 'setup'])).stderr, /^Error: missing cluster URL\n/);
  t.is(
    (await home.run(['cluster', 'setup', 'a', 'b'])).stderr,
    'Error: received 2 arguments [a b], expects a single cluster URL\n',
  );
});

test('a cluster on this machine needs no scheme', async (t) => {
  const home = homeOf(t);
  const server = await serverOf(t, clusterOf('c-1', 'one'));
  t.is((await home.run(['cluster', 'setup', server.url.replace('http://', '')])).code, 0);
});

// Trust.

const TRUSTED: Script = {
  ...clusterOf('c-s', 'safe'),
  'GET /ca/dcos-ca.crt': (_, response) => {
    response.writeHead(200, {'content-type': 'text/plain'}).end(AUTHORITY);
  },
};

test('an authority that nobody knows is shown, confirmed, and trusted', async (t) => {
  const home = homeOf(t);
  const server = await serverOf(t, TRUSTED, SERVER);
  const setup = ['cluster', 'setup', server.url];
  const refused = await home.run(setup, {stdin: 'n\n'});
  t.is(refused.code, 1);
  t.regex(
    refused.stderr,
    /Issuer: CN=Drydock test authority\n[^]*SHA256 fingerprint: ([\dA-F]{2}:){31}/,
  );
  t.regex(refused.stderr, /Error: The certificate authority was not confirmed\.\n$/);
  t.is((await home.run(setup, {stdin: 'y\n'})).code, 0);
  t.is((await home.run(LIST)).stdout, '/of-c-s\n');
  const folder = join(home.folder, '.dcos', 'clusters', 'c-s');
  t.is(readFileSync(join(folder, 'dcos_ca.crt'), 'utf8'), AUTHORITY);
  t.is((await home.run(['config', 'show', 'core.ssl_verify'])).stdout, `${folder}/dcos_ca.crt\n`);
});

test('an authority can be named, taken unseen, or done without', async (t) => {
  const server = await serverOf(t, TRUSTED, SERVER);
  for (const flags of [['--ca-certs', 'ca.pem'], ['--no-check'], ['--insecure']]) {
    const home = homeOf(t);
    home.write('ca.pem', AUTHORITY);
    t.is((await home.run(['cluster', 'setup', server.url, ...flags])).code, 0, flags.join(' '));
    t.is((await home.run(LIST)).stdout, '/of-c-s\n', flags.join(' '));
  }
});

test('a certificate that is not trusted is told, with the ways to trust it', async (t) => {
  const home = homeOf(t);
  const server = await serverOf(t, TRUSTED, SERVER);
  const {code, stderr} = await home.run(LIST, {env: {DCOS_URL: server.url}});
  t.is(code, 1);
  t.regex(
    stderr,
    /^Error: An SSL error occurred at \[https:[^]*dcos config set core\.ssl_verify FILE/,
  );
  const plain = await serverOf(t, {});
  const url = plain.url.replace('http:', 'https:');
  t.regex(
    (await home.run(LIST, {env: {DCOS_URL: url}})).stderr,
    /does not speak TLS\nPerhaps its URL/,
  );
});

// Tokens.

/** A cluster that takes one token, and tells by `scheme` how to get it. */
const guarded = (scheme: string, token: string, more: Script = {}): Script => {
  const open = clusterOf('c-t', 'guarded', {
    'GET /service/marathon/v2/info': {json: {}},
    'HEAD /pkgpanda/active.buildinfo.full.json': {status: 200},
  });
  const script: Record<string, Script[string]> = {...more, 'HEAD /': {status: 200}, ...VERSION};
  for (const [line, answer] of Object.entries(open)) {
    if (line in script) continue;
    script[line] = (asked, response) => {
      if (asked.headers.authorization === `token=${token}`) {
        return typeof answer === 'function' ? answer(asked, response) : (answer.json ?? {});
      }
      response.writeHead(401, {'www-authenticate': scheme}).end();
      return undefined;
    };
  }
  return script;
};

test('cluster setup asks for a token, and keeps it if it is taken', async (t) => {
  const home = homeOf(t);
  const server = await serverOf(t, guarded('oauthjwt', 't0k3n'));
  const setup = ['cluster', 'setup', server.url];
  const wrong = await home.run(setup, {stdin: 'bad\n'});
  t.is(wrong.code, 1);
  t.regex(wrong.stderr, /Enter authentication token: \nError: The cluster refuses this token\.\n$/);
  t.false(existsSync(join(home.folder, '.dcos')));
  t.is((await home.run(setup, {stdin: 't0k3n\n'})).code, 0);
  t.is((await home.run(LIST)).stdout, '/of-c-t\n');
  for (const [words, env] of [
    [['--token-file', 'token'], {}],
    [[], {DCOS_CLUSTER_SETUP_ACS_TOKEN: 't0k3n'}],
  ] as const) {
    const other = homeOf(t);
    other.write('token', 't0k3n\n');
    t.is((await other.run([...setup, ...words], {env})).code, 0, words.join(' '));
    t.is((await other.run(LIST)).stdout, '/of-c-t\n');
  }
});

test('auth login keeps a token, auth logout forgets it, also where there is none', async (t) => {
  const home = homeOf(t);
  const server = await serverOf(t, guarded('oauthjwt', 't0k3n'));
  home.write('token', 't0k3n\n');
  await home.run(['cluster', 'setup', server.url, '--token-file', 'token']);
  t.is((await home.run(['auth', 'logout'])).code, 0);
  t.is(
    (await home.run(LIST)).stderr,
    'Error: Authentication failed. Please run `dcos auth login`\n',
  );
  t.is((await home.run(['auth', 'logout'])).code, 0);
  t.is((await home.run(['auth', 'login', '--token-file', 'token'])).stdout, 'Login successful!\n');
  t.is((await home.run(LIST)).stdout, '/of-c-t\n');
});

test('auth login where nobody is asked says so', async (t) => {
  const home = homeOf(t);
  const server = await serverOf(t, clusterOf('c-1', 'one'));
  const {code, stderr} = await home.run(['auth', 'login'], {env: {DCOS_URL: server.url}});
  t.deepEqual(
    [code, stderr],
    [0, 'This cluster does not require authenticated requests. Skipping login.\n'],
  );
});

const USERS: Script = {
  'GET /acs/api/v1/auth/providers': {
    json: {
      'dcos-users': {'authentication-type': 'dcos-uid-password', description: 'Default login'},
      corporate: {'authentication-type': 'saml-sp-initiated', description: 'SAML'},
    },
  },
  'POST /acs/api/v1/auth/login': ({body}, response) => {
    const {uid, password} = body as Readonly<Record<string, string>>;
    if (uid === 'alice' && password === 'right') return {token: 't0k3n'};
    response.writeHead(401, {'content-type': 'application/json'});
    response.end('{"title": "Bad", "description": "Invalid username or password"}');
    return undefined;
  },
};

test('a user and a password are exchanged for a token, which is what is kept', async (t) => {
  const server = await serverOf(t, guarded('acsjwt', 't0k3n', USERS));
  const login = ['auth', 'login', '--username', 'alice'];
  for (const [words, terms] of [
    [['--password', 'right'], {}],
    [['--password-file', 'pw'], {}],
    [['--password-env', 'PW'], {env: {PW: 'right'}}],
    [[], {env: {DCOS_PASSWORD: 'right'}}],
    [[], {stdin: 'right\n'}],
  ] as const) {
    const home = homeOf(t);
    home.write('pw', 'right\n');
    const env = {DCOS_URL: server.url, ...('env' in terms ? terms.env : {})};
    const {code, stdout, stderr} = await home.run([...login, ...words], {...terms, env});
    t.deepEqual([code, stdout], [0, 'Login successful!\n'], stderr);
    t.is((await home.run(['config', 'show', 'core.dcos_acs_token'])).stdout, 't0k3n\n');
  }
  const home = homeOf(t);
  const {code, stderr} = await home.run([...login, '--password', 'wrong'], {
    env: {DCOS_URL: server.url},
  });
  t.deepEqual([code, stderr], [1, 'Error: Invalid username or password\n']);
});

test('auth list-providers lists the ways to log in', async (t) => {
  const home = homeOf(t);
  const server = await serverOf(t, guarded('acsjwt', 't0k3n', USERS));
  const {stdout} = await home.run(['auth', 'list-providers'], {env: {DCOS_URL: server.url}});
  t.is(
    stdout,
    'PROVIDER ID  LOGIN METHOD       DESCRIPTION\n' +
      'dcos-users   dcos-uid-password  Default login\ncorporate    unknown            SAML\n',
  );
});

test('a token from a file is not shown to a host that the environment names', async (t) => {
  const home = homeOf(t);
  const server = await serverOf(t, guarded('oauthjwt', 't0k3n'));
  const other = await serverOf(t, clusterOf('c-o', 'other'));
  home.write('token', 't0k3n');
  await home.run(['cluster', 'setup', server.url, '--token-file', 'token']);
  t.is((await home.run(LIST, {env: {DCOS_URL: other.url}})).stdout, '/of-c-o\n');
  await home.run(['config', 'set', 'marathon.url', `${other.url}/service/marathon`]);
  t.is((await home.run(LIST)).stdout, '/of-c-o\n');
  t.true(other.asked.length >= 2);
  t.true(other.asked.every(({headers}) => headers.authorization === undefined));
});
