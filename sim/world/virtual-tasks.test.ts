import test from 'ava';
import {agentIdOf, frameworkIdOf, taskIdOf} from '../../engine/index.ts';
import type {Input, TaskId} from '../../engine/index.ts';
import {AgentTable} from './agents.ts';
import {Tally} from './tally.ts';
import {SAYS_FAILED, SAYS_FINISHED, TaskTable} from './tasks.ts';
import type {TaskPlan} from './tasks.ts';
import {VirtualTasks} from './virtual-tasks.ts';
import {kindOf, rowOf, WorldQueue} from './world-queue.ts';

/** One agent and one framework, driven by hand. */
function makeBench() {
  const agents = new AgentTable([
    {
      hostname: 'node-0',
      group: 'node',
      zone: undefined,
      rack: undefined,
      region: undefined,
      attributes: {},
      resources: {scalars: {cpus: 8000}},
    },
  ]);
  const tasks = new TaskTable(agents, 1);
  const tally = new Tally(1);
  const queue = new WorldQueue();
  const sent: string[] = [];
  const deliver = (input: Input): void => {
    if (input.kind !== 'taskStatus') return;
    const health = input.healthy === undefined ? '' : ` healthy=${input.healthy}`;
    sent.push(`${input.taskId} ${input.state} #${input.updateId}${health}`);
  };
  const virtual = new VirtualTasks({port: {deliver}, queue, agents, tasks, tally});
  const of = (id: string) => ({
    agentId: agentIdOf('node-0'),
    frameworkId: frameworkIdOf('f'),
    taskId: taskIdOf(id),
  });
  return {
    agents,
    tasks,
    tally,
    sent,
    launch(now: number, id: string, plan: Partial<TaskPlan> = {}): void {
      const origin = {kind: 'job' as const, jobId: id, serial: 0, attempt: 0};
      const resources = {scalars: {cpus: 1000}};
      const whole = {startupMs: 0, durationMs: -1, end: SAYS_FINISHED, healthyMs: -1, ...plan};
      const context = {framework: 0, job: -1, plan: whole};
      virtual.launch(now, {kind: 'launchTask', ...of(id), name: id, origin, resources}, context);
    },
    kill(now: number, id: string): void {
      virtual.kill(now, {kind: 'killTask', ...of(id)}, 0);
    },
    acknowledge(now: number, id: string, updateId: string): void {
      virtual.acknowledge(now, {kind: 'acknowledgeStatus', ...of(id), updateId}, 0);
    },
    /** Handles everything that is due up to `now`, and answers with what was sent. */
    pass(now: number): string[] {
      while (queue.nextAt <= now) {
        const at = queue.nextAt;
        const entry = queue.popTask();
        virtual.handle(at, kindOf(entry), rowOf(entry));
      }
      return sent.splice(0);
    },
    rowOf: (id: string): number => tasks.rowOf(0, id as TaskId),
  };
}

test('a task starts after its start-up time, runs for its duration and ends', (t) => {
  const bench = makeBench();
  bench.launch(0, 'a', {startupMs: 5, durationMs: 10});
  t.deepEqual(bench.pass(4), []);
  t.deepEqual(bench.pass(5), ['a TASK_RUNNING #1']);
  t.is(bench.tally.of(0).running, 1);
  bench.acknowledge(5, 'a', '1');
  t.deepEqual(bench.pass(14), []);
  t.deepEqual(bench.pass(15), ['a TASK_FINISHED #2']);
  t.is(bench.agents.usedCpus[0], 0);
  bench.acknowledge(15, 'a', '2');
  t.is(bench.rowOf('a'), -1);
});

test('one status is on its way at a time: the next waits for the acknowledgement', (t) => {
  const bench = makeBench();
  bench.launch(0, 'a', {durationMs: 0, end: SAYS_FAILED});
  t.deepEqual(bench.pass(0), ['a TASK_RUNNING #1']);
  t.deepEqual(bench.pass(100), []);
  bench.acknowledge(100, 'a', 'another');
  t.deepEqual(bench.pass(100), []);
  bench.acknowledge(100, 'a', '1');
  t.deepEqual(bench.pass(100), ['a TASK_FAILED #2']);
  t.is(bench.tally.of(0).failed, 1);
});

test('health is told after running, and not of a task that is over', (t) => {
  const bench = makeBench();
  bench.launch(0, 'a', {healthyMs: 3});
  bench.launch(0, 'b', {healthyMs: 3, durationMs: 2});
  t.deepEqual(bench.pass(0), ['a TASK_RUNNING #1', 'b TASK_RUNNING #1']);
  bench.acknowledge(0, 'a', '1');
  bench.acknowledge(0, 'b', '1');
  t.deepEqual(bench.pass(10), ['b TASK_FINISHED #2', 'a TASK_RUNNING #2 healthy=true']);
});

test('a kill ends a task that starts or runs, and none that is over', (t) => {
  const bench = makeBench();
  bench.launch(0, 'starting', {startupMs: 50});
  bench.launch(0, 'running', {durationMs: 60});
  bench.launch(0, 'over', {durationMs: 1});
  bench.pass(1);
  for (const id of ['starting', 'running', 'over', 'unknown']) bench.kill(2, id);
  t.deepEqual(bench.pass(2), ['starting TASK_KILLED #1']);
  bench.acknowledge(2, 'running', '1');
  bench.acknowledge(2, 'over', '1');
  t.deepEqual(bench.pass(2), ['running TASK_KILLED #2', 'over TASK_FINISHED #2']);
  t.is(bench.tally.of(0).killed, 2);
});

test('the row of a forgotten task is not used again while the queue still speaks of it', (t) => {
  const bench = makeBench();
  bench.launch(0, 'a', {durationMs: 1000});
  bench.pass(0);
  const row = bench.rowOf('a');
  bench.acknowledge(0, 'a', '1');
  bench.kill(1, 'a');
  bench.pass(1);
  bench.acknowledge(1, 'a', '2');
  bench.launch(1, 'b', {durationMs: 5000});
  t.not(bench.rowOf('b'), row);
  bench.pass(1);
  bench.acknowledge(1, 'b', '1');
  t.deepEqual(bench.pass(1000), [], 'the end of a must not end b');
  bench.launch(1000, 'c');
  t.is(bench.rowOf('c'), row);
});
