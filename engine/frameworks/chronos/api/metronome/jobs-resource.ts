/** /v1/jobs and, where schedules are a part of the job, /v0/scheduled-jobs (reference part 8.1). */
import {jsonAnswer, ok, type HttpAnswer} from '../../../http/answers.ts';
import {textAt, type Call} from '../../../http/call.ts';
import {flagOf} from '../../../http/query.ts';
import type {Route} from '../../../http/routes.ts';
import type {Commands} from '../../commands.ts';
import type {MetronomeDefinition} from '../../definition/job-definition.ts';
import {doubleTriggerFaults, readMetronomeJob} from '../../definition/read-metronome-job.ts';
import type {ChronosParts} from '../../parts.ts';
import {invalid, readBody, refusal, refused, unknownJob} from './answer-form.ts';
import {
  embedsOf,
  EMBEDS_TEXT,
  jobForm,
  listedJobForm,
  metronomeJob,
  metronomeJobs,
  type Embed,
  type MetronomeJob,
} from './job-form.ts';

const PLAIN: ReadonlySet<Embed> = new Set();
const WHOLE: ReadonlySet<Embed> = new Set(['schedules']);

export class MetronomeJobs {
  readonly #commands: Commands;
  readonly #parts: ChronosParts;

  constructor(commands: Commands, parts: ChronosParts) {
    this.#commands = commands;
    this.#parts = parts;
  }

  routes(): readonly Route[] {
    return [
      ['GET', '/v1/jobs', (call) => this.#list(call)],
      ['POST', '/v1/jobs', (call) => this.#create(call, PLAIN)],
      ['GET', '/v1/jobs/{id}', (call) => this.#show(call)],
      ['PUT', '/v1/jobs/{id}', (call) => this.#update(call, PLAIN)],
      ['DELETE', '/v1/jobs/{id}', (call) => this.#remove(call)],
      ['POST', '/v0/scheduled-jobs', (call) => this.#create(call, WHOLE)],
      ['PUT', '/v0/scheduled-jobs/{id}', (call) => this.#update(call, WHOLE)],
    ];
  }

  #list({query}: Call): HttpAnswer {
    const embeds = embedsOf(query);
    if (embeds === undefined) return unknownEmbed;
    const now = this.#parts.now();
    const jobs = metronomeJobs(this.#parts.book);
    return ok(jobs.map((job) => listedJobForm(job, embeds, now)));
  }

  #show(call: Call): HttpAnswer {
    const embeds = embedsOf(call.query);
    if (embeds === undefined) return unknownEmbed;
    const job = this.#jobOf(call);
    return job === undefined ? unknownJob(textAt(call, 'id')) : this.#answer(200, job, embeds);
  }

  #create(call: Call, shown: ReadonlySet<Embed>): HttpAnswer {
    const body = readBody(call, readMetronomeJob);
    if (!body.ok) return body.answer;
    if (this.#parts.book.get(body.value.name) !== undefined) {
      return refused('exists', 'Job with this id already exists');
    }
    return this.#submit(201, body.value, shown);
  }

  /** Where schedules are not a part of what is shown, they are none of what is sent. */
  #update(call: Call, shown: ReadonlySet<Embed>): HttpAnswer {
    const id = textAt(call, 'id');
    const job = this.#jobOf(call);
    if (job === undefined) return unknownJob(id);
    const body = readBody(call, (value) => readMetronomeJob(value, {id}));
    if (!body.ok) return body.answer;
    const {schedules} = shown.has('schedules') ? body.value : job.definition;
    const definition = {...body.value, schedules};
    const faults = doubleTriggerFaults(definition);
    return faults.length > 0 ? invalid(faults) : this.#submit(200, definition, shown);
  }

  #submit(status: number, definition: MetronomeDefinition, shown: ReadonlySet<Embed>): HttpAnswer {
    const result = this.#commands.submit(definition);
    if (!result.ok) return refusal(result.refusal);
    const {name} = result.value;
    const job = metronomeJob(this.#parts.book, name);
    return job === undefined ? unknownJob(name) : this.#answer(status, job, shown);
  }

  /** Unlike in Chronos, who depends on a job is never given another trigger for it. */
  #remove(call: Call): HttpAnswer {
    const id = textAt(call, 'id');
    const job = this.#jobOf(call);
    if (job === undefined) return unknownJob(id);
    const children = this.#parts.book.childrenOf(id);
    if (children.length > 0) {
      const names = children.slice(0, NAMES_MAX).join(', ');
      return refused('hasChildren', `There are jobs that depend on this job: ${names}`);
    }
    if (job.runs.size > 0 && !flagOf(call.query, 'stopCurrentJobRuns')) {
      const how = 'Override with the option stopCurrentJobRuns=true';
      return refused('activeRuns', `There are active job runs. ${how}`);
    }
    const answer = this.#answer(200, job, PLAIN);
    const result = this.#commands.remove(id);
    return result.ok ? answer : refusal(result.refusal);
  }

  #answer(status: number, job: MetronomeJob, embeds: ReadonlySet<Embed>): HttpAnswer {
    return jsonAnswer(status, jobForm(job, embeds, this.#parts.now()));
  }

  #jobOf(call: Call): MetronomeJob | undefined {
    return metronomeJob(this.#parts.book, textAt(call, 'id'));
  }
}

/** The most names that a message tells. */
const NAMES_MAX = 20;

const unknownEmbed = refused('unknownEmbed', `Unknown embed options. Valid are: ${EMBEDS_TEXT}`);
