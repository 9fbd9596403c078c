/**
 * The contract of the executor port as tests: the same promises for plain processes and for
 * containers. An executor's test file calls `executorContract` once; each promise gets an agent of
 * its own. Commands are for any `/bin/sh` that has `cat`, `env`, `sleep` and `printf` beside it.
 */
import {access, mkdir, readFile, stat} from 'node:fs/promises';
import {join} from 'node:path';
import type {Readable} from 'node:stream';
import {setTimeout as delay} from 'node:timers/promises';
import type {ExecutionContext} from 'ava';
import {taskIdOf} from '../../../engine/index.ts';
import type {Executor, ExecutorNews, ExecutorTask} from '../executor.ts';
import {Agent, isEnd, PATIENCE_MS, type ExecutorBed} from './contract-agent.ts';
import type {RegisterTest} from './register-test.ts';
import {CONDUCT, type ConductBed, type Manner} from './task-conduct.ts';
import {until} from './until.ts';

export interface ExecutorContractOptions {
  /** Whether commands can be given a terminal here. */
  readonly hasTerminals: boolean;
}

export function executorContract(
  test: RegisterTest,
  name: string,
  makeBed: () => Promise<ExecutorBed>,
  options: ExecutorContractOptions,
): void {
  const promises = options.hasTerminals ? [...PROMISES, ...OF_TERMINALS] : PROMISES;
  for (const [title, keep] of promises) {
    test(`${name}: ${title}`, async (t) => {
      t.timeout(PATIENCE_MS * 4);
      const bed = await makeBed();
      const agent = new Agent(bed);
      try {
        await keep(t, agent);
      } finally {
        await agent.shutDown();
        await bed.cleanUp();
      }
    });
  }
}

/** What also holds in the simulator. */
const OF_CONDUCT: readonly Promised[] = CONDUCT.map(([title, keep]) => [
  title,
  (t, agent) => keep(t, conductBed(agent)),
]);

const SHELLS: Readonly<Record<Manner, string>> = {
  fails: 'exit 1',
  finishes: 'exit 0',
  runs: 'trap "exit 0" TERM; while :; do sleep 0.05; done',
  stubborn: 'trap "" TERM; echo > "$MESOS_SANDBOX/ready"; while :; do sleep 0.05; done',
};

function conductBed(agent: Agent): ConductBed {
  const tasks = new Map<string, {readonly task: ExecutorTask; readonly manner: Manner}>();
  const taskOf = (id: string): ExecutorTask => {
    const found = tasks.get(id);
    if (found === undefined) throw new Error(`nobody launched ${id}`);
    return found.task;
  };
  let executor: Executor | undefined;
  return {
    async launch(id, manner) {
      executor ??= await agent.executor();
      tasks.set(id, {task: await agent.launch({shell: SHELLS[manner]}), manner});
    },
    kill(id, graceMs) {
      executor?.kill(tasks.get(id)?.task.spec.taskId ?? taskIdOf(id), graceMs);
    },
    async running(id) {
      await agent.until(taskOf(id).spec.taskId, (news) => isEnd(news) || isRunning(news));
      if (tasks.get(id)?.manner === 'stubborn') await appears(taskOf(id), 'ready');
    },
    async ended(id) {
      await agent.ended(taskOf(id));
    },
    statesOf: (id) => agent.statesOf(tasks.get(id)?.task.spec.taskId ?? taskIdOf(id)),
    now: () => Date.now(),
    wait: (ms) => delay(ms),
    cleanUp: () => Promise.resolve(),
  };
}

function isRunning({state}: ExecutorNews): boolean {
  return state === 'TASK_RUNNING';
}

type Promised = readonly [
  title: string,
  keep: (t: ExecutionContext, agent: Agent) => Promise<void>,
];

/** Counts in a file, until somebody ends it. */
const COUNTS = 'while :; do echo >> "$MESOS_SANDBOX/count"; sleep 0.05; done';
/** Runs on whatever it is asked. */
const STUBBORN = `trap "" TERM; echo > "$MESOS_SANDBOX/ready"; ${COUNTS}`;
/** Says goodbye when it is asked to end. */
const POLITE =
  `trap 'echo bye > "$MESOS_SANDBOX/bye"; exit 0' TERM; echo > "$MESOS_SANDBOX/ready"; ` + COUNTS;

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return false;
  }
}

async function appears({sandbox}: ExecutorTask, file: string): Promise<void> {
  await until(`${file} in the sandbox`, () => exists(join(sandbox, file)));
}

function read({sandbox}: ExecutorTask, file: string): Promise<string> {
  return readFile(join(sandbox, file), 'utf8');
}

/** Whether it still counts; what is being written when its processes end may yet arrive. */
async function stillCounts({sandbox}: ExecutorTask): Promise<boolean> {
  const path = join(sandbox, 'count');
  if (!(await exists(path))) return false;
  const {size} = await stat(path);
  await delay(500);
  return (await stat(path)).size > size;
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream as Readable) text += String(chunk);
  return text;
}

const OF_RUNNING: readonly Promised[] = [
  [
    'a task that ends well is told as starting, running and finished, once each',
    async (t, agent) => {
      const task = await agent.launch({shell: 'exit 0'});
      await agent.ended(task);
      const {taskId} = task.spec;
      t.deepEqual(agent.statesOf(taskId), ['TASK_STARTING', 'TASK_RUNNING', 'TASK_FINISHED']);
    },
  ],
  [
    'one that ends otherwise has failed, with its exit code',
    async (t, agent) => {
      const task = await agent.launch({shell: 'exit 37'});
      const end = await agent.ended(task);
      t.is(end.state, 'TASK_FAILED');
      t.regex(end.message ?? '', /\b37\b/);
    },
  ],
  [
    'what it writes is in its sandbox, all of it, when its end is told',
    async (t, agent) => {
      const lines = 'i=0; while [ $i -lt 5000 ]; do echo "line $i"; i=$((i + 1)); done';
      const task = await agent.launch({shell: `${lines}; echo trouble >&2; exit 3`});
      await agent.ended(task);
      const expected = Array.from({length: 5000}, (_, index) => `line ${index}\n`).join('');
      t.is(await read(task, 'stdout'), expected);
      t.is(await read(task, 'stderr'), 'trouble\n');
    },
  ],
  [
    'its folder is its sandbox, by the name that it is told, and stays',
    async (t, agent) => {
      const shell = 'echo here > "$MESOS_SANDBOX/a"; pwd; cat a';
      const task = await agent.launch({shell, command: {kind: 'shell', text: shell}});
      await agent.ended(task);
      await (await agent.executor()).forget(task.spec.taskId);
      t.is(await read(task, 'a'), 'here\n');
      if (agent.bed.terms.container !== undefined) return;
      t.is(await read(task, 'stdout'), `${task.sandbox}\nhere\n`);
    },
  ],
  [
    'its variables arrive to the letter, and none of the agent',
    async (t, agent) => {
      process.env['SECRET_OF_THE_AGENT'] = 'secret';
      const env = {
        PLAIN: 'value',
        QUOTED: `a "b" 'c' $HOME \`d\` \\ ; #`,
        MANY: 'one\ntwo',
        EMPTY: '',
        UMLAUT: 'Zürich 東京',
        'dotted.name': 'x=y',
      };
      const task = await agent.launch({command: {kind: 'program', argv: ['env']}, env});
      t.is((await agent.ended(task)).state, 'TASK_FINISHED');
      const said = `\n${await read(task, 'stdout')}`;
      for (const [name, value] of Object.entries(env)) {
        t.true(said.includes(`\n${name}=${value}\n`), `${name} in:${said}`);
      }
      t.regex(said, /\nMESOS_SANDBOX=\/.+\n/);
      t.regex(said, /\nPATH=.+\n/);
      t.false(said.includes('SECRET_OF_THE_AGENT'));
    },
  ],
  [
    'the arguments of a program arrive to the letter',
    async (t, agent) => {
      const words = ['a b', '$HOME', `"'`, '', '*', 'c\nd'];
      const argv = ['printf', '[%s]', ...words];
      const task = await agent.launch({command: {kind: 'program', argv}});
      t.is((await agent.ended(task)).state, 'TASK_FINISHED');
      t.is(await read(task, 'stdout'), words.map((word) => `[${word}]`).join(''));
    },
  ],
  [
    'fifty tasks at once each end with a code of their own',
    async (t, agent) => {
      const codes = Array.from({length: 50}, (_, index) => index);
      const tasks = await Promise.all(
        codes.map((code) => agent.launch({shell: `echo ${code}; exit ${code}`})),
      );
      for (const [code, task] of tasks.entries()) {
        const end = await agent.ended(task);
        t.is(end.state, code === 0 ? 'TASK_FINISHED' : 'TASK_FAILED');
        if (code > 0) t.regex(end.message ?? '', new RegExp(`\\b${code}\\b`));
        t.is(await read(task, 'stdout'), `${code}\n`);
      }
      const ends = tasks.map(({spec}) => agent.newsOf(spec.taskId).filter(isEnd).length);
      t.deepEqual(new Set(ends), new Set([1]));
    },
  ],
];

const OF_MISTAKES: readonly Promised[] = [
  [
    'a task with a problem is an error, in its words, and is not run',
    async (t, agent) => {
      const task = await agent.launch({shell: COUNTS, problem: 'no such thing'});
      const end = await agent.ended(task);
      t.is(end.state, 'TASK_ERROR');
      t.regex(end.message ?? '', /no such thing/);
      t.false(await stillCounts(task));
      t.is(agent.newsOf(task.spec.taskId).length, 1);
    },
  ],
  [
    'a program that is not there fails',
    async (t, agent) => {
      const argv = ['/no/such/program', 'x'];
      const task = await agent.launch({command: {kind: 'program', argv}});
      const end = await agent.ended(task);
      t.is(end.state, 'TASK_FAILED');
      t.true((end.message ?? '').length > 0);
    },
  ],
  [
    'a user that is not there fails the task, by name',
    async (t, agent) => {
      const task = await agent.launch({shell: COUNTS, user: 'no-such-user'});
      const end = await agent.ended(task);
      t.is(end.state, 'TASK_FAILED');
      t.regex(end.message ?? '', /no-such-user/);
      t.false(await stillCounts(task));
    },
  ],
];

const OF_KILLING: readonly Promised[] = [
  [
    'a task that is killed is asked first, and told as killed whatever its exit code',
    async (t, agent) => {
      const task = await agent.launch({shell: POLITE});
      await agent.running(task);
      await appears(task, 'ready');
      (await agent.executor()).kill(task.spec.taskId, PATIENCE_MS);
      t.is((await agent.ended(task)).state, 'TASK_KILLED');
      t.is(await read(task, 'bye'), 'bye\n');
    },
  ],
  [
    'one that does not listen is ended when its grace is over, not before',
    async (t, agent) => {
      const task = await agent.launch({shell: STUBBORN});
      await appears(task, 'ready');
      const from = Date.now();
      (await agent.executor()).kill(task.spec.taskId, 1000);
      t.is((await agent.ended(task)).state, 'TASK_KILLED');
      t.true(Date.now() - from >= 900);
      t.false(await stillCounts(task));
    },
  ],
  [
    'a second kill with less grace shortens it, one with more does not lengthen it',
    async (t, agent) => {
      const executor = await agent.executor();
      const [shortened, kept] = [
        await agent.launch({shell: STUBBORN}),
        await agent.launch({shell: STUBBORN}),
      ];
      await Promise.all([appears(shortened, 'ready'), appears(kept, 'ready')]);
      executor.kill(shortened.spec.taskId, 10 * PATIENCE_MS);
      executor.kill(kept.spec.taskId, 1000);
      executor.kill(shortened.spec.taskId, 0);
      executor.kill(kept.spec.taskId, 10 * PATIENCE_MS);
      t.is((await agent.ended(shortened)).state, 'TASK_KILLED');
      t.is((await agent.ended(kept)).state, 'TASK_KILLED');
    },
  ],
  [
    'without grace it is ended at once',
    async (t, agent) => {
      const task = await agent.launch({shell: STUBBORN});
      await appears(task, 'ready');
      (await agent.executor()).kill(task.spec.taskId, 0);
      t.is((await agent.ended(task)).state, 'TASK_KILLED');
    },
  ],
  [
    'a kill at any moment of the launch ends it, and it is told once',
    async (t, agent) => {
      const executor = await agent.executor();
      for (const afterMs of [undefined, 0, 1, 3, 10, 30, 100]) {
        const task = await agent.launch({shell: COUNTS});
        if (afterMs !== undefined) await delay(afterMs);
        executor.kill(task.spec.taskId, 100);
        t.is((await agent.ended(task)).state, 'TASK_KILLED', `after ${afterMs} ms`);
        t.false(await stillCounts(task));
        t.is(agent.newsOf(task.spec.taskId).filter(isEnd).length, 1);
        t.true(isEnd(agent.newsOf(task.spec.taskId).at(-1) as ExecutorNews));
      }
    },
  ],
  [
    'all that a task has started ends with it, when it is killed and when it ends',
    async (t, agent) => {
      const child = `(trap "" TERM; ${COUNTS}) &`;
      const killed = await agent.launch({shell: `${child} ${child} wait`});
      const ended = await agent.launch({shell: `${child} sleep 0.5; exit 0`});
      await Promise.all([appears(killed, 'count'), appears(ended, 'count')]);
      (await agent.executor()).kill(killed.spec.taskId, 100);
      t.is((await agent.ended(killed)).state, 'TASK_KILLED');
      t.is((await agent.ended(ended)).state, 'TASK_FINISHED');
      t.false(await stillCounts(killed));
      t.false(await stillCounts(ended));
    },
  ],
  [
    'killing what is unknown or has ended is no fault, and no news',
    async (t, agent) => {
      const executor = await agent.executor();
      executor.kill(taskIdOf('nobody'), 0);
      const task = await agent.launch({shell: 'exit 0'});
      await agent.ended(task);
      executor.kill(task.spec.taskId, 0);
      const other = await agent.launch({shell: 'exit 0'});
      await agent.ended(other);
      t.deepEqual(agent.newsOf(taskIdOf('nobody')), []);
      t.is(agent.statesOf(task.spec.taskId).at(-1), 'TASK_FINISHED');
      t.is(agent.newsOf(task.spec.taskId).filter(isEnd).length, 1);
    },
  ],
];

/** Both ways in which an executor may leave its tasks to the next one. */
type Way = 'close' | 'crash';

async function start(agent: Agent, way: Way, tasks: readonly ExecutorTask[]): Promise<void> {
  const runner = way === 'close' ? await agent.executor() : await agent.remote();
  for (const task of tasks) runner.launch(task);
}

async function keepInHand(t: ExecutionContext, agent: Agent, way: Way): Promise<void> {
  const [first, second] = [await agent.task({shell: POLITE}), await agent.task({shell: POLITE})];
  await start(agent, way, [first, second]);
  await Promise.all([agent.running(first), agent.running(second)]);
  await Promise.all([appears(first, 'ready'), appears(second, 'ready')]);
  await agent[way]();
  t.true(await stillCounts(first));
  const heard = agent.newsOf(first.spec.taskId).length;
  const executor = await agent.executor();
  await executor.recover([first, second]);
  await agent.running(first, heard);
  t.true(await stillCounts(first));
  executor.kill(first.spec.taskId, PATIENCE_MS);
  t.is((await agent.ended(first)).state, 'TASK_KILLED');
  t.is(await read(first, 'bye'), 'bye\n');
  t.false(await stillCounts(first));
  t.true(await stillCounts(second));
}

async function tellEnds(t: ExecutionContext, agent: Agent, way: Way): Promise<void> {
  const ending = (code: number): string =>
    `while [ ! -e "$MESOS_SANDBOX/go" ]; do sleep 0.05; done; echo gone; ` +
    `echo > "$MESOS_SANDBOX/done"; exit ${code}`;
  const well = await agent.task({shell: ending(0)});
  const badly = await agent.task({shell: ending(41)});
  await start(agent, way, [well, badly]);
  await Promise.all([agent.running(well), agent.running(badly)]);
  await agent[way]();
  for (const task of [well, badly]) await mkdir(join(task.sandbox, 'go'));
  await Promise.all([appears(well, 'done'), appears(badly, 'done')]);
  await (await agent.executor()).recover([well, badly]);
  t.is((await agent.ended(well)).state, 'TASK_FINISHED');
  const end = await agent.ended(badly);
  t.is(end.state, 'TASK_FAILED');
  t.regex(end.message ?? '', /\b41\b/);
  t.is(await read(badly, 'stdout'), 'gone\n');
}

async function removeUnknown(t: ExecutionContext, agent: Agent, way: Way): Promise<void> {
  const known = await agent.task({shell: COUNTS});
  const unknown = await agent.task({shell: COUNTS});
  const never = await agent.task({shell: COUNTS});
  await start(agent, way, [known, unknown]);
  await Promise.all([appears(known, 'count'), appears(unknown, 'count')]);
  await agent[way]();
  const executor = await agent.executor();
  await executor.recover([known, never]);
  const end = await agent.ended(never);
  t.is(end.state, 'TASK_FAILED');
  t.is(end.reason, 'REASON_EXECUTOR_TERMINATED');
  t.false(await stillCounts(never));
  t.false(await stillCounts(unknown));
  t.deepEqual(agent.newsOf(unknown.spec.taskId).filter(isEnd), []);
  t.true(await stillCounts(known));
  executor.kill(known.spec.taskId, 0);
  await agent.ended(known);
  await Promise.all([known, never].map(({spec}) => executor.forget(spec.taskId)));
  t.deepEqual(await agent.bed.leftovers(), []);
}

const OF_TAKING_OVER: readonly Promised[] = (['close', 'crash'] as const).flatMap(
  (way): readonly Promised[] => {
    const after = way === 'close' ? 'after it was closed' : 'after its process was killed';
    return [
      [
        `${after}, tasks go on, and the next executor has them in hand`,
        (t, agent) => keepInHand(t, agent, way),
      ],
      [
        `${after}, what ended meanwhile is told with its code, and all that it wrote is there`,
        (t, agent) => tellEnds(t, agent, way),
      ],
      [
        `${after}, what never started has failed, and what nobody knows is removed`,
        (t, agent) => removeUnknown(t, agent, way),
      ],
    ];
  },
);

const OF_LOOKING_IN: readonly Promised[] = [
  [
    'a command beside a task reads, writes, and ends with a code of its own',
    async (t, agent) => {
      const task = await agent.launch({shell: COUNTS, env: {OF_TASK: 'task'}});
      await agent.running(task);
      const executor = await agent.executor();
      const script = 'read -r line; echo "$line $OF_TASK $OWN"; echo oops >&2; exit 5';
      const session = await executor.exec(task.spec.taskId, {
        argv: ['/bin/sh', '-c', script],
        tty: false,
        env: {OWN: 'own'},
      });
      const texts = Promise.all([textOf(session.stdout), textOf(session.stderr)]);
      session.stdin.end('hello\n');
      t.deepEqual(await session.ended, {exitCode: 5});
      t.deepEqual(await texts, ['hello task own\n', 'oops\n']);
    },
  ],
  [
    'its sandbox is theirs, and ending one by force leaves the task alone',
    async (t, agent) => {
      const task = await agent.launch({shell: COUNTS});
      await agent.running(task);
      const executor = await agent.executor();
      const argv = ['/bin/sh', '-c', 'echo > "$MESOS_SANDBOX/seen"; sleep 1000'];
      const session = await executor.exec(task.spec.taskId, {argv, tty: false});
      await appears(task, 'seen');
      session.kill();
      t.true((await session.ended).exitCode > 0);
      t.true(await stillCounts(task));
    },
  ],
  [
    'no command can be run beside what does not run',
    async (t, agent) => {
      const executor = await agent.executor();
      const request = {argv: ['/bin/sh', '-c', 'true'], tty: false};
      await t.throwsAsync(executor.exec(taskIdOf('nobody'), request));
      const task = await agent.launch({shell: 'exit 0'});
      await agent.ended(task);
      await t.throwsAsync(executor.exec(task.spec.taskId, request));
    },
  ],
  [
    'how much a task uses can be seen while it runs, and only then',
    async (t, agent) => {
      const task = await agent.launch({shell: 'while :; do :; done', cpus: 0.5});
      await agent.running(task);
      const executor = await agent.executor();
      await until('processor time and memory in use', async () => {
        const usage = await executor.usage(task.spec.taskId);
        if (usage === undefined) throw new Error('a running task has no usage');
        return usage.cpusUserSeconds + usage.cpusSystemSeconds > 0.2 && usage.memRssBytes > 1000;
      });
      executor.kill(task.spec.taskId, 0);
      await agent.ended(task);
      t.is(await executor.usage(task.spec.taskId), undefined);
      t.is(await executor.usage(taskIdOf('nobody')), undefined);
    },
  ],
  [
    'nothing is left of a task that has ended and is forgotten',
    async (t, agent) => {
      const executor = await agent.executor();
      const tasks = [
        await agent.launch({shell: 'exit 0'}),
        await agent.launch({shell: 'exit 1'}),
        await agent.launch({shell: COUNTS}),
        await agent.launch({problem: 'not to be run'}),
      ];
      await agent.running(tasks[2] as ExecutorTask);
      executor.kill((tasks[2] as ExecutorTask).spec.taskId, 0);
      for (const task of tasks) await agent.ended(task);
      for (const {spec} of tasks) await executor.forget(spec.taskId);
      // Again, and of one that was never there.
      for (const {spec} of tasks) await executor.forget(spec.taskId);
      await executor.forget(taskIdOf('nobody'));
      t.deepEqual(await agent.bed.leftovers(), []);
    },
  ],
  [
    'when it is closed there are no more news',
    async (t, agent) => {
      const task = await agent.launch({shell: 'sleep 0.3; exit 0'});
      await agent.running(task);
      await agent.close();
      const {length} = agent.newsOf(task.spec.taskId);
      await delay(1000);
      t.is(agent.newsOf(task.spec.taskId).length, length);
    },
  ],
];

const OF_TERMINALS: readonly Promised[] = [
  [
    'a command beside a task may have a terminal of a size that can change',
    async (t, agent) => {
      const task = await agent.launch({shell: COUNTS});
      await agent.running(task);
      const script =
        'test -t 0 && test -t 1 && echo yes; for x in 1 2; do read -r x; stty size; done';
      const argv = ['/bin/sh', '-c', script];
      const executor = await agent.executor();
      const session = await executor.exec(task.spec.taskId, {argv, tty: true});
      let said = '';
      session.stdout.on('data', (chunk) => (said += String(chunk)));
      // The first one comes at once, as a client sends it.
      const first = session.resize(80, 25);
      await until('a terminal', async () => said.includes('yes'));
      await first;
      session.stdin.write('\n');
      await until('its size', async () => /\b25 80\b/.test(said));
      await session.resize(91, 37);
      session.stdin.write('\n');
      t.is((await session.ended).exitCode, 0);
      t.regex(said, /\b37 91\b/);
    },
  ],
];

const PROMISES: readonly Promised[] = [
  ...OF_CONDUCT,
  ...OF_RUNNING,
  ...OF_MISTAKES,
  ...OF_KILLING,
  ...OF_TAKING_OVER,
  ...OF_LOOKING_IN,
];
