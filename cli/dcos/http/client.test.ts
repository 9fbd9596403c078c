// Answers that are none, tokens, and what is told of requests.
import test from 'ava';
import {runCase, table} from '../testing/cases.ts';
import {Home} from '../testing/run-dcos.ts';
import {scriptedServer} from '../testing/scripted-server.ts';
import {APPS, M} from '../testing/scripts.ts';

table([
  {
    title: 'a cluster that wants a token is told so',
    words: 'marathon app list -q',
    script: {[`GET ${M}/apps`]: {status: 401}},
    code: 1,
    stderr: 'Error: Authentication failed. Please run `dcos auth login`\n',
  },
  {
    title: 'a token that is not taken is told so',
    words: 'marathon app list -q',
    terms: {env: {DCOS_ACS_TOKEN: 'bad'}},
    script: {[`GET ${M}/apps`]: {status: 401}},
    code: 1,
    stderr: 'Error: Your core.dcos_acs_token is invalid. Please run: `dcos auth login`\n',
  },
  {
    title: 'what one may not do is told so',
    words: 'marathon app list -q',
    script: {[`GET ${M}/apps`]: {status: 403}},
    code: 1,
    stderr: 'Error: You are not authorized to perform this operation\n',
  },
  {
    title: 'a cluster without a leader is told so',
    words: 'marathon app list -q',
    script: {[`GET ${M}/apps`]: {status: 503, json: {message: 'Could not determine the leader'}}},
    code: 1,
    stderr: /cannot answer now: HTTP 503: Could not determine the leader\nPerhaps no master leads/,
  },
  {
    title: 'another failure of the cluster is told with its address',
    words: 'marathon app list -q',
    script: {[`GET ${M}/apps`]: {status: 500}},
    code: 1,
    stderr:
      'Error: Error while fetching [URL/service/marathon/v2/apps]: ' +
      'HTTP 500: Internal Server Error\n',
  },
  {
    title: 'an answer that is no JSON is told with its type',
    words: 'marathon app list -q',
    script: {
      [`GET ${M}/apps`]: (_, response) => {
        response.writeHead(200, {'content-type': 'text/html'}).end('<p>Welcome</p>');
      },
    },
    code: 1,
    stderr: /answered text\/html, where JSON was expected\nIs core\.dcos_url right\?/,
  },
  {
    title: 'a cluster that does not answer in time is told so',
    words: 'marathon app list -q',
    terms: {env: {DCOS_TIMEOUT: '1'}},
    script: {[`GET ${M}/apps`]: () => undefined},
    code: 1,
    stderr: /^Error: Request to URL \[URL\/service\/marathon\/v2\/apps\] timed out\.\n/,
  },
  {
    title: '-v tells which requests are made, on stderr',
    words: '-v marathon app list -q',
    script: APPS,
    stdout: '/a\n/web\n',
    stderr: '> GET URL/service/marathon/v2/apps\n< 200 OK (URL/service/marathon/v2/apps)\n',
  },
  {
    title: '-vv tells all of them, but no token',
    words: '-vv marathon task kill t1',
    terms: {env: {DCOS_ACS_TOKEN: 'secret'}},
    script: {[`POST ${M}/tasks/delete`]: {json: {tasks: [{id: 't1'}]}}},
    stderr: /^(?![^]*secret)> POST [^]*\n> authorization: \*{8}\n[^]*\n> \{"ids":\["t1"\]\}\n/,
  },
  {
    title: 'old options for the same still work, with a word on them',
    words: '--log-level=debug marathon app list -q',
    script: {[`GET ${M}/apps`]: {json: {apps: []}}},
    stderr: /^The --log-level flag is deprecated\. [^]*\n< \{"apps":\[\]\}\n$/,
  },
]);

test('a token is shown to its cluster only, and never where a redirect leads to', async (t) => {
  const other = await scriptedServer({'GET /elsewhere': {json: {apps: []}}});
  t.teardown(() => other.close());
  const {asked} = await runCase({
    words: 'marathon app list -q',
    terms: {env: {DCOS_ACS_TOKEN: 'secret'}},
    script: {
      [`GET ${M}/apps`]: {status: 307, headers: {location: `${other.url}/elsewhere`}},
    },
  });
  t.is(asked[0]?.headers.authorization, 'token=secret');
  t.is(other.asked.length, 1);
  t.is(other.asked[0]?.headers.authorization, undefined);
});

test('nobody listens: the address is told, and what to do', async (t) => {
  const server = await scriptedServer({});
  await server.close();
  const home = new Home();
  t.teardown(() => home.remove());
  const {code, stderr} = await home.run(['node'], {env: {DCOS_URL: server.url}});
  t.is(code, 1);
  t.regex(stderr, /^Error: URL \[http:\S+\] is unreachable: connection refused\nIs the cluster/);
  t.regex(stderr, /`drydock up`.*`dcos cluster setup URL`/);
});
