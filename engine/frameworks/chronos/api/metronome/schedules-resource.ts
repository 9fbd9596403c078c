/** /v1/jobs/ID/schedules: at most one, and yet a list (reference part 8.1). */
import {emptyAnswer, jsonAnswer, ok, type HttpAnswer} from '../../../http/answers.ts';
import {textAt, type Call} from '../../../http/call.ts';
import type {Route} from '../../../http/routes.ts';
import type {Commands} from '../../commands.ts';
import type {MetronomeSchedule} from '../../definition/job-definition.ts';
import {doubleTriggerFaults, readMetronomeSchedule} from '../../definition/read-metronome-job.ts';
import type {ChronosParts} from '../../parts.ts';
import {invalid, readBody, refusal, refused, unknownJob} from './answer-form.ts';
import {metronomeJob, scheduleForms, type MetronomeJob} from './job-form.ts';

type AnswerOf = (job: MetronomeJob, call: Call) => HttpAnswer;

export class MetronomeSchedules {
  readonly #commands: Commands;
  readonly #parts: ChronosParts;

  constructor(commands: Commands, parts: ChronosParts) {
    this.#commands = commands;
    this.#parts = parts;
  }

  routes(): readonly Route[] {
    const path = '/v1/jobs/{id}/schedules';
    const one = `${path}/{scheduleId}`;
    return [
      ['GET', path, this.#ofJob((job) => ok(this.#forms(job)))],
      ['POST', path, this.#ofJob((job, call) => this.#create(job, call))],
      ['GET', one, this.#ofSchedule((job) => ok(this.#forms(job)[0]))],
      ['PUT', one, this.#ofSchedule((job, call) => this.#update(job, call))],
      ['DELETE', one, this.#ofSchedule((job) => this.#remove(job))],
    ];
  }

  #ofJob(answer: AnswerOf): Route[2] {
    return (call) => {
      const id = textAt(call, 'id');
      const job = metronomeJob(this.#parts.book, id);
      return job === undefined ? unknownJob(id) : answer(job, call);
    };
  }

  #ofSchedule(answer: AnswerOf): Route[2] {
    return this.#ofJob((job, call) => {
      const id = textAt(call, 'scheduleId');
      const isKnown = job.definition.schedules.some((schedule) => schedule.id === id);
      if (isKnown) return answer(job, call);
      return refused('unknownSchedule', 'Schedule not found', {id});
    });
  }

  #create(job: MetronomeJob, call: Call): HttpAnswer {
    const body = readBody(call, readMetronomeSchedule);
    if (!body.ok) return body.answer;
    const {id} = body.value;
    const [known] = job.definition.schedules;
    if (known === undefined) return this.#submit(201, job, body.value);
    if (known.id === id) {
      return refused('scheduleExists', `A schedule with id ${id} already exists`);
    }
    return refused('tooManySchedules', 'Only one schedule supported at the moment');
  }

  /** The id of the path goes before the one that is sent. */
  #update(job: MetronomeJob, call: Call): HttpAnswer {
    const id = textAt(call, 'scheduleId');
    const body = readBody(call, (value) => readMetronomeSchedule(value, {id}));
    return body.ok ? this.#submit(200, job, body.value) : body.answer;
  }

  #submit(status: number, job: MetronomeJob, schedule: MetronomeSchedule): HttpAnswer {
    const definition = {...job.definition, schedules: [schedule]};
    const faults = doubleTriggerFaults(definition);
    if (faults.length > 0) return invalid(faults);
    const result = this.#commands.submit(definition);
    if (!result.ok) return refusal(result.refusal, '/schedules(0)');
    return jsonAnswer(status, this.#forms(job)[0]);
  }

  #remove(job: MetronomeJob): HttpAnswer {
    const result = this.#commands.submit({...job.definition, schedules: []});
    return result.ok ? emptyAnswer(200) : refusal(result.refusal);
  }

  #forms(job: MetronomeJob): readonly object[] {
    return scheduleForms(job, this.#parts.now());
  }
}
