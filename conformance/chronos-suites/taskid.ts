/** Suite `taskid`: names of tasks, and what a task is started with. */
import {z} from 'zod';
import {
  argumentsText,
  buildTaskId,
  chronosEnv,
  chronosOptions,
  commandWith,
  parseTaskId,
  readChronosJob,
} from '../../engine/index.ts';
import {UnknownInCase} from '../case.ts';
import {makeAdapter} from '../marathon-suites/adapter.ts';
import {subset} from '../marathon-suites/compare.ts';

const given = z.strictObject({
  due: z.int(),
  attempt: z.int(),
  name: z.string().default('job'),
  jobArguments: z.array(z.string()).default([]),
  runArguments: z.string().default(''),
  command: z.string().default(''),
  /** As they stand in the id. */
  arguments: z.string().optional(),
  owner: z.string().optional(),
  host: z.string().default('localhost'),
  cpus: z.number().optional(),
  mem: z.number().optional(),
  disk: z.number().optional(),
  environmentVariables: z.array(z.strictObject({name: z.string(), value: z.string()})).optional(),
});

type Given = z.output<typeof given>;

function taskIdOf({due, attempt, name, jobArguments, runArguments}: Given): string {
  const text = argumentsText(jobArguments, runArguments);
  return buildTaskId({due, attempt, name, arguments: text});
}

function environmentOf(one: Given): Readonly<Record<string, string>> {
  const {name, owner, cpus, mem, disk, environmentVariables, host, due, attempt} = one;
  const body = {name, owner, cpus, mem, disk, environmentVariables};
  const read = readChronosJob(body, chronosOptions());
  if (!read.ok) throw new UnknownInCase(`given: ${JSON.stringify(read.faults)}`);
  return chronosEnv(read.value, {taskId: taskIdOf(one), host, due, attempt});
}

export const taskid = makeAdapter({
  given,
  when: z.union([
    z.strictObject({build: z.literal(true)}),
    z.strictObject({parse: z.string()}),
    z.strictObject({command: z.literal(true)}),
    z.strictObject({environment: z.literal(true)}),
  ]),
  expected: z.strictObject({
    taskId: z.string().optional(),
    ok: z.boolean().optional(),
    due: z.int().optional(),
    attempt: z.int().optional(),
    name: z.string().optional(),
    arguments: z.string().optional(),
    command: z.string().optional(),
    environment: z.record(z.string(), z.string()).optional(),
  }),
  run: ({given: one, when}): unknown => {
    if ('build' in when) return {taskId: taskIdOf(one)};
    if ('environment' in when) return {environment: environmentOf(one)};
    if ('command' in when) {
      const {command, arguments: text, jobArguments, runArguments} = one;
      return {command: commandWith(command, text ?? argumentsText(jobArguments, runArguments))};
    }
    const parts = parseTaskId(when.parse);
    return parts === undefined ? {ok: false} : {ok: true, ...parts};
  },
  judge: (then, result) => subset(then, result),
});
