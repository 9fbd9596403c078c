/** Jobs of Chronos's own API: submitted, shown, run, killed, removed (reference part 5). */
import {noContent, ok, textAnswer, type HttpAnswer} from '../../http/answers.ts';
import {textAt, type Call} from '../../http/call.ts';
import {flagOf, valueOf} from '../../http/query.ts';
import type {Route} from '../../http/routes.ts';
import {parseJsonText} from '../../json/json-text.ts';
import type {Cascade, Commands} from '../commands.ts';
import {printChronosJob} from '../definition/print-chronos-job.ts';
import {readChronosJob} from '../definition/read-chronos-job.ts';
import type {Job} from '../jobs/job.ts';
import {printedSchedule} from '../jobs/make-job.ts';
import {runTaskId} from '../launch/task-launch.ts';
import type {ChronosParts} from '../parts.ts';
import {badRequest, refusal} from './answer-form.ts';

export class JobsResource {
  readonly #commands: Commands;
  readonly #parts: ChronosParts;

  constructor(commands: Commands, parts: ChronosParts) {
    this.#commands = commands;
    this.#parts = parts;
  }

  routes(prefix: string): readonly Route[] {
    return [
      ['POST', `${prefix}/iso8601`, (call) => this.#submit(call)],
      ['POST', `${prefix}/dependency`, (call) => this.#submit(call)],
      ['PUT', `${prefix}/job/success/{name}`, (call) => this.#markSuccess(call)],
      ['GET', `${prefix}/job/{name}`, (call) => this.#show(call)],
      ['PUT', `${prefix}/job/{name}`, (call) => this.#run(call)],
      ['DELETE', `${prefix}/job/{name}`, (call) => this.#remove(call)],
      ['DELETE', `${prefix}/task/kill/{name}`, (call) => this.#kill(call)],
    ];
  }

  /** Either path takes either kind of job: its fields say which it is. */
  #submit({body = ''}: Call): HttpAnswer {
    const parsed = parseJsonText(body);
    if (!parsed.ok) return badRequest(`the body is no JSON: ${parsed.message}`);
    const read = readChronosJob(parsed.value, this.#parts.options);
    if (!read.ok) {
      return badRequest(read.faults.map(({path, message}) => `${path}: ${message}`).join('; '));
    }
    const result = this.#commands.submit(read.value);
    return result.ok ? noContent : refusal(result.refusal);
  }

  #show(call: Call): HttpAnswer {
    const job = this.#parts.book.get(textAt(call, 'name'));
    if (job?.definition.form !== 'chronos') return unknown(call);
    return ok(printChronosJob(job.definition, figuresOf(job)));
  }

  #run(call: Call): HttpAnswer {
    const text = valueOf(call.query, 'arguments');
    const isStrict = flagOf(call.query, 'strict');
    const result = this.#commands.runNow(textAt(call, 'name'), {
      text: text?.trim() === '' ? undefined : text,
      isStrict,
    });
    if (!result.ok) return refusal(result.refusal);
    const {job, run} = result.value;
    return {
      ...noContent,
      headers: {...noContent.headers, 'Chronos-Task-Id': runTaskId(job.definition, run)},
    };
  }

  #markSuccess(call: Call): HttpAnswer {
    const name = textAt(call, 'name');
    const result = this.#commands.markSuccessful(name);
    return result.ok
      ? textAnswer(200, `marked job ${name} as successful: true`)
      : refusal(result.refusal);
  }

  #remove(call: Call): HttpAnswer {
    const cascade = valueOf(call.query, 'cascade');
    if (cascade !== undefined && !isCascade(cascade)) {
      return badRequest(`cascade: expected orphan or reparent, found ${cascade}`);
    }
    const result = this.#commands.remove(textAt(call, 'name'), cascade);
    return result.ok ? noContent : refusal(result.refusal);
  }

  #kill(call: Call): HttpAnswer {
    const result = this.#commands.killRuns(textAt(call, 'name'));
    return result.ok ? noContent : refusal(result.refusal);
  }
}

function isCascade(text: string): text is Cascade {
  return text === 'orphan' || text === 'reparent';
}

function unknown(call: Call): HttpAnswer {
  return badRequest(`there is no job ${textAt(call, 'name')}`);
}

export function figuresOf(job: Job): Parameters<typeof printChronosJob>[1] {
  return {...job.counters, schedule: printedSchedule(job), disabled: job.disabled};
}
