/** What the runs of jobs took and did (reference part 5). */
import {isoInstant} from '../../../kernel/instants.ts';
import {noContent, ok, type HttpAnswer} from '../../http/answers.ts';
import {textAt, type Call} from '../../http/call.ts';
import type {Route} from '../../http/routes.ts';
import {integer, object, required, type Fault} from '../../json/json-shape.ts';
import type {Commands} from '../commands.ts';
import {inWords} from '../definition/loose-shape.ts';
import type {ChronosParts} from '../parts.ts';
import type {RunTask} from '../runs/run.ts';
import {parseTaskId} from '../runs/task-id.ts';
import {badRequest, refusal, refusedFields, unknownJob} from './answer-form.ts';
import {chronosJob, chronosJobs, type ChronosJob} from './job-form.ts';
import {jsonOf} from './json-body.ts';
import {runTimes} from './run-times.ts';

export class StatsResource {
  readonly #commands: Commands;
  readonly #parts: ChronosParts;

  constructor(commands: Commands, parts: ChronosParts) {
    this.#commands = commands;
    this.#parts = parts;
  }

  routes(prefix: string): readonly Route[] {
    return [
      ['GET', `${prefix}/job/stat/{name}`, (call) => this.#ofJob(call)],
      ['GET', `${prefix}/stats/{percentile}`, (call) => this.#ofAll(call)],
      ['POST', `${prefix}/job/{name}/task/{taskId}/progress`, (call) => this.#progress(call)],
    ];
  }

  #ofJob(call: Call): HttpAnswer {
    const job = chronosJob(this.#parts.book, textAt(call, 'name'));
    if (job === undefined) return unknownJob(call);
    const taskStatHistory = taskForms(job).slice(0, this.#parts.options.historyMax);
    return ok({histogram: runTimes(job), taskStatHistory});
  }

  /** Unlike Chronos, which answers counts in thousandths as well. */
  #ofAll(call: Call): HttpAnswer {
    const wanted = textAt(call, 'percentile');
    const times = chronosJobs(this.#parts.book).flatMap((job) => {
      const found = Object.entries(runTimes(job)).find(([name]) => name === wanted);
      if (found === undefined) return [];
      const [, value] = found as [string, number];
      return [{jobNameLabel: job.name, time: wanted === 'count' ? value : value / 1000}];
    });
    // The sort keeps the order of names among equals.
    return ok(times.sort((one, two) => two.time - one.time));
  }

  #progress(call: Call): HttpAnswer {
    const name = textAt(call, 'name');
    const taskId = textAt(call, 'taskId');
    const job = chronosJob(this.#parts.book, name);
    if (job === undefined) return unknownJob(call);
    if (!job.definition.dataProcessingJobType) {
      return badRequest(`job ${name} is no data processing job: set its dataProcessingJobType`);
    }
    if (parseTaskId(taskId)?.name !== name) {
      return badRequest(`expected the id of a task of job ${name}, found ${taskId}`);
    }
    const body = jsonOf(call);
    if (!body.ok) return body.answer;
    const faults: Fault[] = [];
    const progress = progressFields(body.value, '', faults);
    if (progress === undefined) return refusedFields(faults.map(inWords));
    const result = this.#commands.addElements(
      name,
      taskId,
      progress.numAdditionalElementsProcessed,
    );
    return result.ok ? noContent : refusal(result.refusal);
  }
}

const progressFields = object({numAdditionalElementsProcessed: required(integer(0))}, {});

type Json = Readonly<Record<string, unknown>>;

/** Tasks of a job, newest first. */
function taskForms(job: ChronosJob): readonly Json[] {
  const tasks = [...job.history, ...job.runs.values()].flatMap((run) => run.tasks);
  const newest = [...tasks].sort(
    (one, two) => two.launchedAt - one.launchedAt || (two.id < one.id ? -1 : 1),
  );
  return newest.map((task) => taskForm(job.name, task));
}

function taskForm(jobName: string, {id, agentId, startedAt, endedAt, ...task}: RunTask): Json {
  const isWhole = startedAt !== undefined && endedAt !== undefined;
  return {
    taskId: id,
    jobName,
    slaveId: agentId,
    startTime: timeText(startedAt),
    endTime: timeText(endedAt),
    ...(isWhole ? {duration: durationText(endedAt - startedAt)} : {}),
    status: statusOf({startedAt, endedAt, state: task.state}),
    ...(task.elements === undefined ? {} : {numElementsProcessed: task.elements}),
  };
}

function statusOf({
  state,
  startedAt,
  endedAt,
}: Pick<RunTask, 'endedAt' | 'startedAt' | 'state'>): 'Fail' | 'Idle' | 'Running' | 'Success' {
  if (state === 'TASK_FINISHED') return 'Success';
  if (endedAt !== undefined) return 'Fail';
  return startedAt === undefined ? 'Idle' : 'Running';
}

/** `03/08/14 16:57:17`, UTC. */
function timeText(ms: number | undefined): string {
  if (ms === undefined) return 'N/A';
  const [date = '', time = ''] = isoInstant(ms).split('T');
  const [year = '', month = '', day = ''] = date.split('-');
  return `${month}/${day}/${year.slice(-2)} ${time.slice(0, 8)}`;
}

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
] as const;

/** `1d2h3m4s`, without what is 0. */
function durationText(ms: number): string {
  let rest = Math.floor(ms / 1000);
  const parts = UNITS.map(([unit, seconds]) => {
    const count = Math.floor(rest / seconds);
    rest -= count * seconds;
    return count === 0 ? '' : `${count}${unit}`;
  });
  return parts.join('') || '0s';
}
