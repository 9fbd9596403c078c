/** Runs of Metronome's jobs: started, shown while they are active, stopped (reference part 8.1). */
import {jsonAnswer, ok, type HttpAnswer} from '../../../http/answers.ts';
import {textAt, type Call} from '../../../http/call.ts';
import type {Route} from '../../../http/routes.ts';
import type {Commands} from '../../commands.ts';
import type {ChronosParts} from '../../parts.ts';
import type {Run} from '../../runs/run.ts';
import {refusal, refused, unknownJob} from './answer-form.ts';
import {metronomeJob, metronomeJobs, type MetronomeJob} from './job-form.ts';
import {activeRunForms, runForm} from './run-form.ts';

export class MetronomeRuns {
  readonly #commands: Commands;
  readonly #parts: ChronosParts;

  constructor(commands: Commands, parts: ChronosParts) {
    this.#commands = commands;
    this.#parts = parts;
  }

  routes(): readonly Route[] {
    const path = '/v1/jobs/{id}/runs';
    return [
      ['GET', path, this.#ofJob((job) => ok(activeRunForms(job)))],
      ['POST', path, this.#ofJob((job) => this.#start(job))],
      ['GET', `${path}/{runId}`, this.#ofRun((_, run) => ok(runForm(run)))],
      ['POST', `${path}/{runId}/actions/stop`, this.#ofRun((job, run) => this.#stop(job, run))],
      ['GET', '/v1/queue', () => ok(this.#queue())],
    ];
  }

  #ofJob(answer: (job: MetronomeJob, call: Call) => HttpAnswer): Route[2] {
    return (call) => {
      const id = textAt(call, 'id');
      const job = metronomeJob(this.#parts.book, id);
      return job === undefined ? unknownJob(id) : answer(job, call);
    };
  }

  /** A run that has ended is not found any more: the history of its job tells of it. */
  #ofRun(answer: (job: MetronomeJob, run: Run) => HttpAnswer): Route[2] {
    return this.#ofJob((job, call) => {
      const id = textAt(call, 'runId');
      for (const run of job.runs.values()) if (run.id === id) return answer(job, run);
      return refused('unknownRun', 'Job Run not found', {jobSpec: job.name, id});
    });
  }

  #start({name}: MetronomeJob): HttpAnswer {
    const result = this.#commands.runNow(name, {text: undefined, isStrict: false});
    return result.ok ? jsonAnswer(201, runForm(result.value.run)) : refusal(result.refusal);
  }

  /**
   * Unlike Metronome, which answers when the run has ended, an engine answers at once: with the run
   * as it stood when it was told to stop.
   */
  #stop({name}: MetronomeJob, run: Run): HttpAnswer {
    const answer = ok(runForm(run));
    const result = this.#commands.stopRun(name, run.id);
    return result.ok ? answer : refusal(result.refusal);
  }

  /** What waits for resources. */
  #queue(): readonly object[] {
    return metronomeJobs(this.#parts.book).flatMap(({name, runs}) => {
      const queued = [...runs.values()].filter(({state}) => state === 'queued');
      if (queued.length === 0) return [];
      return [{jobId: name, runs: queued.map(({id}) => ({runId: id}))}];
    });
  }
}
