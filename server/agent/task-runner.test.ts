/** What an agent makes of launches, with the executors of a fake machine. */
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {PassThrough} from 'node:stream';
import test, {type ExecutionContext} from 'ava';
import {pino} from 'pino';
import {makeMemoryDisk, openMemoryStore} from '../../adapters/memory/memory-store.ts';
import type {ExecSession, ExecutorTask} from '../../adapters/ports/executor.ts';
import {until} from '../../adapters/ports/testing/until.ts';
import {
  agentIdOf,
  frameworkIdOf,
  taskIdOf,
  type TaskId,
  type TaskState,
} from '../../engine/index.ts';
import type {StatusMessage} from '../link/messages.ts';
import {FakeExecutor, FakeMachine} from '../testing/fake-executor.ts';
import {Sandboxes} from './sandboxes.ts';
import {TaskLedger, type LaunchOrder} from './task-ledger.ts';
import {TaskRunner} from './task-runner.ts';

const AGENT = agentIdOf('S1');
const FRAMEWORK = frameworkIdOf('marathon');
const LOG = pino({level: 'silent'});

/** Containers of an engine that may come later. */
class LateExecutor extends FakeExecutor {
  readonly isThere = Promise.withResolvers<void>();
  /** Of all commands beside tasks. */
  exitCode = 0;
  readonly forgotten: TaskId[] = [];

  override async forget(taskId: TaskId): Promise<void> {
    this.forgotten.push(taskId);
  }

  override async recover(tasks: readonly ExecutorTask[]): Promise<void> {
    await this.isThere.promise;
    await super.recover(tasks);
  }

  override async exec(): Promise<ExecSession> {
    const {exitCode} = this;
    return {
      stdin: new PassThrough(),
      stdout: new PassThrough(),
      stderr: new PassThrough(),
      resize: async () => undefined,
      ended: Promise.resolve({exitCode}),
      kill: () => undefined,
    };
  }
}

/** An agent whose processes may be replaced: its machine, its disk and what it has told. */
class Bed {
  readonly workDir = mkdtempSync(join(tmpdir(), 'drydock-runner-'));
  readonly machine = new FakeMachine();
  readonly told: StatusMessage[] = [];
  /** Why no Docker engine can be used; undefined: one can. */
  noDocker: string | undefined;
  docker: LateExecutor | undefined;
  fetch: () => Promise<void> = async () => undefined;
  readonly #disk = makeMemoryDisk();
  #runner: TaskRunner | undefined;

  async start(): Promise<TaskRunner> {
    const store = openMemoryStore(this.#disk);
    const runner = await TaskRunner.start({
      agentId: AGENT,
      ledger: new TaskLedger(store, await store.load()),
      sandboxes: new Sandboxes(this.workDir, AGENT, LOG),
      executors: async (onNews) => {
        this.docker = new LateExecutor(this.machine, onNews);
        if (this.noDocker === undefined) this.docker.isThere.resolve();
        const whyNoDocker = async (): Promise<string | undefined> => this.noDocker;
        return {process: new FakeExecutor(this.machine, onNews), docker: this.docker, whyNoDocker};
      },
      fetch: async () => this.fetch(),
      env: {},
      send: (update) => {
        this.told.push(update);
        runner.acknowledge(FRAMEWORK, update.taskId, update.updateId);
      },
      now: () => 0,
      failed: (error) => {
        throw error;
      },
      log: LOG,
    });
    this.#runner = runner;
    runner.connected();
    return runner;
  }

  states(taskId: string): readonly TaskState[] {
    return this.told.filter((update) => update.taskId === taskId).map(({state}) => state);
  }

  async end(taskId: string): Promise<StatusMessage> {
    return until(`the end of ${taskId}`, () =>
      this.told.find((update) => update.taskId === taskId && /FAILED|KILLED/.test(update.state)),
    );
  }

  async close(): Promise<void> {
    await this.#runner?.close();
  }
}

async function openBed(t: ExecutionContext): Promise<Bed> {
  const bed = new Bed();
  t.teardown(async () => {
    await bed.close();
    rmSync(bed.workDir, {recursive: true});
  });
  return bed;
}

function orderOf(taskId: string, details: object): LaunchOrder {
  return {
    kind: 'launchTask',
    agentId: AGENT,
    frameworkId: FRAMEWORK,
    taskId: taskIdOf(taskId),
    name: 'web',
    origin: {kind: 'app', appId: '/web', version: 'v'},
    resources: {scalars: {cpus: 100, mem: 32_000}},
    details: {kind: 'app', executor: '', labels: {}, env: {}, hostPorts: [], ...details},
  };
}

const PROCESS = {cmd: 'sleep 1', networks: [{mode: 'host'}]};
const IMAGE = {
  networks: [{mode: 'host'}],
  container: {docker: {image: 'web:1', parameters: []}, volumes: []},
};
const AWAY = 'the Docker engine does not answer';

test('an image fails at once where no engine answers, and runs once one does', async (t) => {
  const bed = await openBed(t);
  bed.noDocker = AWAY;
  const runner = await bed.start();
  runner.launch(orderOf('early', IMAGE));
  const {state, reason, message = ''} = await bed.end('early');
  t.deepEqual([state, reason], ['TASK_FAILED', 'REASON_CONTAINER_LAUNCH_FAILED']);
  t.is(message, `image 'web:1' cannot be run: ${AWAY}`);
  bed.noDocker = undefined;
  bed.docker?.isThere.resolve();
  runner.launch(orderOf('late', IMAGE));
  await until('it runs', () => bed.states('late').includes('TASK_RUNNING'));
  t.is(bed.machine.starts.get(taskIdOf('early')), undefined);
});

test('containers of an engine that is away are known when it is back', async (t) => {
  const bed = await openBed(t);
  (await bed.start()).launch(orderOf('kept', IMAGE));
  await until('it runs', () => bed.states('kept').includes('TASK_RUNNING'));
  await bed.close();
  bed.noDocker = AWAY;
  const runner = await bed.start();
  runner.launch(orderOf('plain', PROCESS));
  await until('another runs', () => bed.states('plain').includes('TASK_RUNNING'));
  t.deepEqual(bed.states('kept'), ['TASK_RUNNING']);
  bed.noDocker = undefined;
  bed.docker?.isThere.resolve();
  bed.machine.end(taskIdOf('kept'), 'TASK_FAILED');
  t.is((await bed.end('kept')).state, 'TASK_FAILED');
  t.is(bed.machine.starts.get(taskIdOf('kept')), 1);
});

test('of tasks that are ended without a master no container is left', async (t) => {
  const bed = await openBed(t);
  const runner = await bed.start();
  runner.launch(orderOf('web', IMAGE));
  await until('it runs', () => bed.states('web').includes('TASK_RUNNING'));
  runner.disconnected();
  t.deepEqual(bed.docker?.forgotten, []);
  await runner.killAll();
  t.deepEqual(bed.docker?.forgotten, [taskIdOf('web')]);
});

test('what could not be fetched is told, and said in the sandbox', async (t) => {
  const bed = await openBed(t);
  bed.fetch = async () => Promise.reject(new Error("Failed to fetch 'http://a/b'"));
  const runner = await bed.start();
  runner.launch(orderOf('web', PROCESS));
  const {sandbox = ''} = runner.find(taskIdOf('web')) ?? {};
  const {state, message} = await bed.end('web');
  t.deepEqual([state, message], ['TASK_FAILED', "Failed to fetch 'http://a/b'"]);
  t.is(readFileSync(join(sandbox, 'stderr'), 'utf8'), "Failed to fetch 'http://a/b'\n");
});

test('a task is checked after a restart too, and told to be killed for its health', async (t) => {
  const bed = await openBed(t);
  const check = {protocol: 'COMMAND', command: {value: 'true'}, maxConsecutiveFailures: 3};
  const times = {delaySeconds: 0, gracePeriodSeconds: 0, intervalSeconds: 0, timeoutSeconds: 1};
  (await bed.start()).launch(orderOf('web', {...IMAGE, healthChecks: [{...check, ...times}]}));
  await until('it is healthy', () => bed.told.some(({healthy}) => healthy === true));
  await bed.close();
  await bed.start();
  if (bed.docker !== undefined) bed.docker.exitCode = 1;
  const {state, healthy, message} = await bed.end('web');
  t.deepEqual([state, healthy], ['TASK_KILLED', false]);
  t.is(message, 'Killed for its health: a check failed too often');
});
