/** Checks that an agent makes: where they go, what they tell, and when they give up. */
import {createServer} from 'node:http';
import test, {type ExecutionContext} from 'ava';
import type {AgentHealthCheck} from '../../engine/index.ts';
import {until} from '../../adapters/ports/testing/until.ts';
import {ExecutorAwayError} from '../../adapters/ports/executor.ts';
import {startChecks} from './health-checks.ts';

const TIMES = {delayMs: 0, gracePeriodMs: 0, intervalMs: 5, timeoutMs: 5000, failuresMax: 3};

interface Told {
  readonly results: boolean[];
  gaveUp: number;
}

function watch(
  t: ExecutionContext,
  check: AgentHealthCheck['check'],
  {
    containerIp,
    code = () => 0,
    ...times
  }: Partial<typeof TIMES> & {
    readonly containerIp?: string;
    readonly code?: () => number;
  } = {},
): Told {
  const told: Told = {results: [], gaveUp: 0};
  const stop = startChecks({
    checks: [{...TIMES, ...times, check}],
    containerIp,
    exec: async () => code(),
    result: (healthy) => told.results.push(healthy),
    giveUp: () => {
      told.gaveUp += 1;
    },
  });
  t.teardown(stop);
  return told;
}

/** Answers `/well` with 200, leads from `/to/X` to `/X` and in circles, and else answers 503. */
async function serve(t: ExecutionContext): Promise<number> {
  const server = createServer(({url = ''}, response) => {
    const [, to] = /^\/to(\/.*)$/.exec(url) ?? [];
    if (to !== undefined) response.setHeader('Location', to === '/circle' ? url : to);
    response.statusCode = to === undefined ? (url === '/well' ? 200 : 503) : 302;
    response.end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.teardown(() => server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const command = {kind: 'command', command: {kind: 'shell', text: 'look'}} as const;

test('on the network of the machine a task is asked at its published port', async (t) => {
  const hostPort = await serve(t);
  const asked = {port: 1, hostPort, ipProtocol: 'IPv4'} as const;
  const http = watch(t, {kind: 'http', scheme: 'http', path: '/well', ...asked});
  const tcp = watch(t, {kind: 'tcp', ...asked});
  await until('both are well', () => http.results.length > 0 && tcp.results.length > 0);
  t.deepEqual([http.results, tcp.results], [[true], [true]]);
});

test('on a network of its own it is asked at its own address and port', async (t) => {
  const port = await serve(t);
  const asked = {port, hostPort: 1, ipProtocol: 'IPv4'} as const;
  const told = watch(t, {kind: 'tcp', ...asked}, {containerIp: '127.0.0.1'});
  await until('it is well', () => told.results.length > 0);
  t.deepEqual(told.results, [true]);
});

test('an answer that is no success counts as a failure, and too many end it', async (t) => {
  const port = await serve(t);
  const asked = {port, ipProtocol: 'IPv4'} as const;
  const told = watch(t, {kind: 'http', scheme: 'http', path: '/ill', ...asked});
  await until('it gives up', () => told.gaveUp === 1);
  t.deepEqual(told.results, [false, false, false]);
});

for (const [path, isWell] of [
  ['/to/well', true],
  ['/to/ill', false],
  ['/to/circle', false],
] as const) {
  test(`where an answer leads to is asked: ${path}`, async (t) => {
    const asked = {port: await serve(t), ipProtocol: 'IPv4'} as const;
    const told = watch(t, {kind: 'http', scheme: 'http', path, ...asked});
    await until('it is told', () => told.results.length > 0);
    t.is(told.results[0], isWell);
  });
}

test('of successes only the first is told, of failures each', async (t) => {
  const codes = [0, 0, 1, 1, 0, 1];
  const told = watch(t, command, {code: () => codes.shift() ?? 0, failuresMax: 3});
  await until('all were asked', () => codes.length === 0 && told.results.at(-1) === true);
  t.deepEqual(told.results, [true, false, false, true, false, true]);
  t.is(told.gaveUp, 0);
});

test('before its first success, failures within the grace period do not count', async (t) => {
  let asked = 0;
  const told = watch(t, command, {
    gracePeriodMs: 600_000,
    code: () => {
      asked += 1;
      return asked > 10 ? 0 : 1;
    },
  });
  await until('it is well', () => told.results.length > 0);
  t.deepEqual(told.results, [true]);
});

test('what nobody can tell is no success and no failure', async (t) => {
  const away = Symbol();
  const answers = [0, away, away, away, away, 1, away, 1, away, 1];
  const told = watch(t, command, {
    failuresMax: 3,
    code: () => {
      const answer = answers.shift();
      if (answer === away) throw new ExecutorAwayError('the Docker engine does not answer');
      return typeof answer === 'number' ? answer : 0;
    },
  });
  await until('it gives up', () => told.gaveUp === 1);
  t.deepEqual([told.results, answers], [[true, false, false, false], []]);
});
