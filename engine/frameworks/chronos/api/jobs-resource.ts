/** One job of Chronos's own API: shown, run, killed, removed (reference part 5). */
import {noContent, ok, textAnswer, type HttpAnswer} from '../../http/answers.ts';
import {textAt, type Call} from '../../http/call.ts';
import {flagOf, valueOf} from '../../http/query.ts';
import type {Route} from '../../http/routes.ts';
import type {Cascade, Commands} from '../commands.ts';
import {runTaskId} from '../launch/task-launch.ts';
import type {ChronosParts} from '../parts.ts';
import {badRequest, refusal, unknownJob} from './answer-form.ts';
import {chronosJob, jobForm, type ChronosJob} from './job-form.ts';

export class JobsResource {
  readonly #commands: Commands;
  readonly #parts: ChronosParts;

  constructor(commands: Commands, parts: ChronosParts) {
    this.#commands = commands;
    this.#parts = parts;
  }

  routes(prefix: string): readonly Route[] {
    const ofJob = (answer: (job: ChronosJob, call: Call) => HttpAnswer) => (call: Call) => {
      const job = chronosJob(this.#parts.book, textAt(call, 'name'));
      return job === undefined ? unknownJob(call) : answer(job, call);
    };
    return [
      ['PUT', `${prefix}/job/success/{name}`, (call) => this.#markSuccess(call)],
      ['GET', `${prefix}/job/{name}`, ofJob((job) => ok(jobForm(job)))],
      ['PUT', `${prefix}/job/{name}`, ofJob((job, call) => this.#run(job, call))],
      ['DELETE', `${prefix}/job/{name}`, ofJob((job, call) => this.#remove(job, call))],
      ['DELETE', `${prefix}/task/kill/{name}`, ofJob((job) => this.#kill(job))],
    ];
  }

  /** A header names the task that will run; it may have to wait, unless `strict` asks for none. */
  #run({name}: ChronosJob, {query}: Call): HttpAnswer {
    const text = valueOf(query, 'arguments');
    const result = this.#commands.runNow(name, {
      text: text?.trim() === '' ? undefined : text,
      isStrict: flagOf(query, 'strict'),
    });
    if (!result.ok) return refusal(result.refusal);
    const {job, run} = result.value;
    const taskId = asciiText(runTaskId(job.definition, run));
    return {...noContent, headers: {...noContent.headers, 'Chronos-Task-Id': taskId}};
  }

  /** As Chronos, never an error: the text says whether there is such a job. */
  #markSuccess(call: Call): HttpAnswer {
    const name = textAt(call, 'name');
    const job = chronosJob(this.#parts.book, name);
    if (job === undefined) return textAnswer(200, `marked job ${name} as successful: false`);
    const result = this.#commands.markSuccessful(job.name);
    return result.ok
      ? textAnswer(200, `marked job ${name} as successful: true`)
      : refusal(result.refusal);
  }

  #remove({name}: ChronosJob, {query}: Call): HttpAnswer {
    const cascade = valueOf(query, 'cascade');
    if (cascade !== undefined && !isCascade(cascade)) {
      return badRequest(`cascade: expected orphan or reparent, found ${cascade}`);
    }
    const result = this.#commands.remove(name, cascade);
    return result.ok ? noContent : refusal(result.refusal);
  }

  #kill({name}: ChronosJob): HttpAnswer {
    const result = this.#commands.killRuns(name);
    return result.ok ? noContent : refusal(result.refusal);
  }
}

function isCascade(text: string): text is Cascade {
  return text === 'orphan' || text === 'reparent';
}

/** Headers hold ASCII alone, and arguments in an id may be anything: the rest is escaped. */
function asciiText(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]+/g, (others) => encodeURIComponent(others.toWellFormed()));
}
