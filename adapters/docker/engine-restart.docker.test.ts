import {mkdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import anyTest, {type ExecutionContext, type TestFn} from 'ava';
import {ExecutorAwayError, type ExecSession, type ExecutorTask} from '../ports/executor.ts';
import {Agent, isEnd} from '../ports/testing/contract-agent.ts';
import {dockerAnswers} from './docker-answers.ts';
import {type BedArgument, type DockerBed, makeDockerBed} from './testing/docker-bed.ts';
import {startEngine, type TestEngine} from './testing/engine.ts';
import {until} from '../ports/testing/until.ts';

interface World {
  bed: DockerBed;
  agent: Agent;
}

const test = anyTest as TestFn<World>;
type Context = ExecutionContext<World>;

let plain: TestEngine;
let live: TestEngine;

test.before('start engines', async (t) => {
  t.timeout(240_000);
  [plain, live] = await Promise.all([
    startEngine({liveRestore: false}),
    startEngine({liveRestore: true}),
  ]);
});

test.after.always('stop engines', async (t) => {
  t.timeout(240_000);
  await Promise.all([plain.destroy(), live.destroy()]);
});

test.afterEach.always(async (t) => {
  await t.context.agent.shutDown();
  await t.context.bed.cleanUp();
});

async function openAgent(
  t: Context,
  engine: TestEngine,
  given: Partial<BedArgument> = {},
): Promise<Agent> {
  t.timeout(240_000);
  const bed = await makeDockerBed(given, engine.socket);
  const agent = new Agent(bed);
  Object.assign(t.context, {bed, agent});
  return agent;
}

function output({sandbox}: ExecutorTask): Promise<string> {
  return readFile(join(sandbox, 'stdout'), 'utf8');
}

const COUNT = 'i=0; while :; do echo "line $i"; i=$((i+1)); sleep 0.02; done';

/** All lines from the first on, none missing, none twice. */
function isComplete(text: string): boolean {
  const lines = text.split('\n').slice(0, -1);
  return lines.length > 0 && lines.every((line, i) => line === `line ${i}`);
}

for (const way of ['shutDown', 'crash'] as const) {
  const how = way === 'shutDown' ? 'is restarted' : 'is killed';

  test.serial(
    `when the engine ${how}, ends that come of it are told with their codes`,
    async (t) => {
      const agent = await openAgent(t, plain);
      const polite = await agent.launch({
        shell: 'trap "exit 7" TERM; echo up; while :; do sleep 0.05; done',
      });
      await agent.running(polite);
      await until('its trap', async () => (await output(polite)) === 'up\n');
      await plain[way]();
      // What comes meanwhile waits for the engine.
      const late = await agent.launch({shell: 'echo late'});
      await plain.start();
      const end = await agent.ended(polite);
      t.is(end.state, 'TASK_FAILED');
      t.regex(end.message ?? '', /exited with status (7|137)/);
      t.is((await agent.ended(late)).state, 'TASK_FINISHED');
      t.is(await output(late), 'late\n');
      t.true(t.context.bed.progress.includes('engine: the Docker engine is back'));
    },
  );

  test.serial(`when an engine ${how} that leaves containers alone, tasks go on`, async (t) => {
    const agent = await openAgent(t, live);
    const task = await agent.launch({shell: COUNT});
    const ending = await agent.launch({
      shell: 'until test -e "$MESOS_SANDBOX/go"; do sleep 0.05; done; exit 9',
    });
    await Promise.all([agent.running(task), agent.running(ending)]);
    await live[way]();
    const {length} = await output(task);
    await delay(300);
    // Nobody but the engine's own files has what is said now.
    await live.start();
    await until('more output', async () => (await output(task)).length > length + 500);
    t.deepEqual(agent.newsOf(task.spec.taskId).filter(isEnd), []);
    const executor = await agent.executor();
    executor.kill(ending.spec.taskId, 0);
    t.is((await agent.ended(ending)).state, 'TASK_KILLED');
    executor.kill(task.spec.taskId, 0);
    t.is((await agent.ended(task)).state, 'TASK_KILLED');
    t.true(isComplete(await output(task)));
    for (const {spec} of [task, ending]) await executor.forget(spec.taskId);
    t.deepEqual(await t.context.bed.leftovers(), []);
  });
}

test.serial(
  'while the engine stands still, nothing is lost: it is done when it goes on',
  async (t) => {
    const agent = await openAgent(t, plain);
    const executor = await agent.executor();
    const running = await agent.launch({shell: COUNT});
    await agent.running(running);
    plain.pause();
    try {
      const answer = await dockerAnswers(`unix://${plain.socket}`);
      t.false(answer.ok);
      t.regex(answer.why ?? '', /did not answer in time/);
      const late = await agent.launch({shell: 'exit 4'});
      executor.kill(running.spec.taskId, 0);
      await delay(200);
      t.deepEqual(agent.newsOf(running.spec.taskId).filter(isEnd), []);
      plain.goOn();
      t.is((await agent.ended(running)).state, 'TASK_KILLED');
      t.regex((await agent.ended(late)).message ?? '', /status 4/);
    } finally {
      plain.goOn();
    }
  },
);

test.serial(
  'while the engine is away, nobody can tell how a command beside a task is',
  async (t) => {
    const agent = await openAgent(t, live);
    const task = await agent.launch({shell: COUNT});
    await agent.running(task);
    const executor = await agent.executor();
    const run = (text: string): Promise<ExecSession> =>
      executor.exec(task.spec.taskId, {argv: ['/bin/sh', '-c', text], tty: false});
    const cutOff = await run('echo here; sleep 1000');
    await new Promise((resolve) => cutOff.stdout.once('data', resolve));
    await live.crash();
    await t.throwsAsync(cutOff.ended, {instanceOf: ExecutorAwayError});
    await t.throwsAsync(run('exit 3'), {instanceOf: ExecutorAwayError});
    await live.start();
    const {exitCode} = await (await run('exit 3')).ended;
    t.is(exitCode, 3);
    t.deepEqual(agent.newsOf(task.spec.taskId).filter(isEnd), []);
  },
);

test.serial('a task for which the engine stays away too long fails, and never runs', async (t) => {
  const agent = await openAgent(t, plain, {patienceMs: 300});
  const executor = await agent.executor();
  await executor.recover([]);
  await plain.shutDown();
  let forgotten: readonly Promise<void>[];
  try {
    const tasks = [await agent.launch({shell: COUNT}), await agent.launch({shell: COUNT})];
    const [failing, killed] = tasks as [ExecutorTask, ExecutorTask];
    executor.kill(killed.spec.taskId, 0);
    const end = await agent.ended(failing);
    t.is(end.state, 'TASK_FAILED');
    t.is(end.reason, 'REASON_CONTAINER_LAUNCH_FAILED');
    t.regex(end.message ?? '', /the Docker engine does not answer: nobody listens at unix:/);
    t.is((await agent.ended(killed)).state, 'TASK_KILLED');
    forgotten = tasks.map(({spec}) => executor.forget(spec.taskId));
  } finally {
    await plain.start();
  }
  await Promise.all(forgotten);
  t.deepEqual(await t.context.bed.leftovers(), []);
});

test.serial(
  'an agent that starts before the engine waits for it, and finds its tasks',
  async (t) => {
    const agent = await openAgent(t, live);
    const task = await agent.launch({shell: COUNT});
    const unwanted = await agent.launch({shell: COUNT});
    for (const one of [task, unwanted]) await agent.running(one);
    await agent.close();
    await live.crash();
    const executor = await agent.executor();
    const recovered = executor.recover([task, unwanted]);
    await until('a word', async () =>
      t.context.bed.progress.some((line) => /nobody listens/.test(line)),
    );
    const told = agent.newsOf(task.spec.taskId).length;
    executor.kill(unwanted.spec.taskId, 0);
    await live.start();
    await recovered;
    await agent.running(task, told);
    executor.kill(task.spec.taskId, 0);
    for (const one of [task, unwanted]) t.is((await agent.ended(one)).state, 'TASK_KILLED');
    const states = agent.newsOf(unwanted.spec.taskId).map(({state}) => state);
    const once = states.filter((state, index) => state !== states[index - 1]);
    t.deepEqual(once, ['TASK_STARTING', 'TASK_RUNNING', 'TASK_KILLING', 'TASK_KILLED']);
    t.true(isComplete(await output(task)));
  },
);

test.serial('output is copied even from an engine that keeps none of it', async (t) => {
  const engine = await startEngine({liveRestore: false, logDriver: 'none'});
  try {
    const agent = await openAgent(t, engine);
    const task = await agent.launch({
      shell: 'until test -e "$MESOS_SANDBOX/go"; do sleep 0.05; echo on; done; echo done',
    });
    await until('output', async () => (await output(task).catch(() => '')).includes('on'));
    await mkdir(join(task.sandbox, 'go'));
    t.is((await agent.ended(task)).state, 'TASK_FINISHED');
    t.regex(await output(task), /^(on\n)+done\n$/);
    await agent.shutDown();
    await t.context.bed.cleanUp();
  } finally {
    await engine.destroy();
    // What comes after each test finds an engine that answers.
    await openAgent(t, plain);
  }
});

test.serial('whether an engine answers is told with its version, or what to do', async (t) => {
  await openAgent(t, plain);
  const answer = await dockerAnswers(`unix://${plain.socket}`);
  t.true(answer.ok);
  t.regex(answer.version ?? '', /^\d+\./);
  process.env['DOCKER_HOST'] = `unix://${plain.socket}`;
  t.deepEqual(await dockerAnswers(), answer);
  process.env['DOCKER_HOST'] = '127.0.0.1:9';
  t.regex((await dockerAnswers()).why ?? '', /nobody listens at 127\.0\.0\.1:9/);
  t.like(await dockerAnswers('unix:///no/such/socket'), {
    ok: false,
    why:
      'the Docker engine does not answer: nobody listens at unix:///no/such/socket (ENOENT). ' +
      'Is it running?',
  });
  t.false((await dockerAnswers('tcp://127.0.0.1:9')).ok);
  t.regex((await dockerAnswers('tcp://not an address')).why ?? '', /is no address: expected unix/);
});
