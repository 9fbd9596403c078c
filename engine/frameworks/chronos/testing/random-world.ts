/**
 * A history that happens: whatever is drawn is done, or cannot be done now; then the world is kind,
 * and everything must come right (reference part 9.5, I5). Not part of the engine.
 */
import {parseInstant} from '../../../kernel/instants.ts';
import {must} from '../../../kernel/assert.ts';
import type {TimeZones} from '../../../kernel/time-zones.ts';
import {chronosOptions} from '../../../options.ts';
import type {JobDocument} from '../jobs/job.ts';
import {end} from './agents.ts';
import {
  actsAreWritten,
  launchesAreBounded,
  oneTaskIsAlive,
  repetitionsFall,
  slotsAreClaimedOnce,
} from './checkers.ts';
import {submissionOf, type Act, type DrawnJob, type History} from './drawn.ts';
import {edgesFollowOutcomes} from './edges-twin.ts';
import {Model, runKey} from './model.ts';
import {keep} from './promises.ts';
import {slotsAreAccounted} from './slots-ledger.ts';
import {twinSlots, type Stretch} from './slots-twin.ts';
import {canonical, QUICK} from './terms.ts';
import {World} from './world.ts';

/**
 * After this the tasks, kills and retries of what came before are over, and what was out of reach
 * is given up: the longest task, the longest timeout, a few delays.
 */
const HEAL_MS = 40 * 60_000;
/** By how much clocks of leaders differ at most: what one has put off, another waits for. */
const SKEW_MS = 2 * 3_600_000;
/** After that everything is punctual. */
const CALM_MS = 10 * 60_000;
/** For how long a slot may wait for its task when all is well. */
const PUNCTUAL_MS = 5000;

export class RandomWorld {
  readonly world: World;
  readonly model: Model;
  readonly #epochMs: number;
  /** What each of the five jobs is called now: a job that comes back has another name. */
  readonly #names = ['j0', 'j1', 'j2', 'j3', 'j4'];
  readonly #bodies = new Map<string, object>();
  #serial = 0;

  constructor({epoch, options, fates, jobs}: History, timeZones: TimeZones) {
    this.#epochMs = must(parseInstant(epoch), epoch);
    this.world = new World({epochMs: this.#epochMs, timeZones, chronos: options, fates});
    this.model = new Model(this.world, chronosOptions(options), (model) => [
      slotsAreClaimedOnce(model),
      repetitionsFall(model),
      oneTaskIsAlive(model),
      slotsAreAccounted(model),
      edgesFollowOutcomes(model),
      launchesAreBounded(model),
      actsAreWritten(model),
    ]);
    for (const [index, job] of jobs.entries()) {
      this.#submit(index, job);
      this.world.settle();
    }
  }

  take(act: Act): void {
    const {world} = this;
    switch (act.act) {
      case 'submit':
      case 'again':
      case 'toggle':
      case 'remove':
      case 'run':
      case 'mark':
      case 'kill':
        this.#request(act);
        return;
      case 'confirm':
        for (let count = 0; count < act.count; count += 1) world.confirm();
        return;
      case 'deliver':
        world.deliver(this.#pick(world.agents, act.pick));
        return;
      case 'tell':
        if (world.tasks.length > 0) world.tell(this.#pick(world.tasks, act.pick));
        return;
      case 'wait':
        world.wait(act.ms);
        return;
      case 'settle':
        world.settle();
        return;
      case 'go':
        world.go(act.ms);
        return;
      default:
        this.#fault(act);
    }
  }

  #pick<T>(list: readonly T[], at: number): T {
    return must(list[at % list.length], 'one of a list');
  }

  #name(index: number): string {
    return must(this.#names[index], `job ${index}`);
  }

  #submit(index: number, job: DrawnJob): void {
    this.#serial += 1;
    const name = this.#name(index);
    const {path, body} = submissionOf(name, job, {
      epochMs: this.#epochMs,
      nameOf: (other) => this.#name(other),
      command: `work ${this.#serial}`,
    });
    if (path === '/iso8601') this.#post(name, body);
    else this.world.request('POST', path, body);
  }

  /** Whether the job is one that only Metronome's API knows. */
  #isMetronome(name: string): boolean {
    return this.world.chronos.job(name)?.definition.form === 'metronome';
  }

  #post(name: string, body: object): void {
    this.#bodies.set(name, body);
    this.world.request('POST', '/iso8601', body);
  }

  #request(
    act: Extract<
      Act,
      {readonly act: 'again' | 'kill' | 'mark' | 'remove' | 'run' | 'submit' | 'toggle'}
    >,
  ): void {
    const {world} = this;
    const name = this.#name(act.index);
    switch (act.act) {
      case 'submit':
        this.#submit(act.index, act.job);
        return;
      case 'again':
        this.#again(name, act.isPrinted);
        return;
      case 'toggle': {
        const job = world.chronos.job(name);
        const body = this.#bodies.get(name);
        if (job !== undefined && body !== undefined) {
          this.#post(name, {...body, disabled: !job.disabled});
        }
        return;
      }
      case 'remove':
        if (this.#isMetronome(name)) {
          world.request('DELETE', `/v1/jobs/${name}?stopCurrentJobRuns=true`);
        } else world.request('DELETE', `/job/${name}${act.cascade}`);
        if (world.chronos.job(name) !== undefined) return;
        this.#serial += 1;
        this.#names[act.index] = `j${act.index}-${this.#serial}`;
        return;
      case 'run':
        if (this.#isMetronome(name)) world.request('POST', `/v1/jobs/${name}/runs`);
        else world.request('PUT', `/job/${name}${act.query}`);
        return;
      case 'mark':
        world.request('PUT', `/job/success/${name}`);
        return;
      case 'kill':
        if (this.#isMetronome(name)) this.#stopRuns(name);
        else world.request('DELETE', `/task/kill/${name}`);
    }
  }

  #stopRuns(name: string): void {
    for (const {id} of [...(this.world.chronos.job(name)?.runs.values() ?? [])]) {
      this.world.request('POST', `/v1/jobs/${name}/runs/${id}/actions/stop`);
    }
  }

  /** What was submitted last, or what GET shows. */
  #again(name: string, isPrinted: boolean): void {
    const body = isPrinted ? this.printed(name) : this.#bodies.get(name);
    if (body !== undefined) this.world.request('POST', '/iso8601', body);
  }

  printed(name: string): object | undefined {
    const {status, body} = this.world.chronos.get({path: `/v1/scheduler/job/${name}`});
    return status === 200 ? (body as object) : undefined;
  }

  #fault(
    act: Extract<
      Act,
      {
        readonly act:
          | ('back' | 'cut' | 'destroy' | 'end' | 'failOver' | 'jump')
          | ('handOver' | 'loseKill' | 'restore');
      }
    >,
  ): void {
    const {world} = this;
    switch (act.act) {
      case 'end':
        if (world.tasks.length > 0) end(this.#pick(world.tasks, act.pick), act.state);
        return;
      case 'cut':
        world.cut(this.#pick(world.agents, act.pick));
        return;
      case 'back':
        world.back(this.#pick(world.agents, act.pick));
        return;
      case 'destroy':
        // One after the other, so that there are not too many to begin with.
        if (world.agents.length < 8) world.destroy(this.#pick(world.agents, act.pick));
        return;
      case 'loseKill': {
        const agent = this.#pick(world.agents, act.pick);
        const at = agent.inbox.findIndex(({kind}) => kind === 'killTask');
        if (at >= 0) agent.inbox.splice(at, 1);
        return;
      }
      case 'failOver':
        // A framework that goes without its process leaves a store in which all has been written:
        // the master beside it has forgotten what was acknowledged.
        world.failOver(act.isProcess ? act : {...act, skewMs: 0, written: Infinity});
        return;
      case 'handOver':
        world.handOver();
        return;
      case 'restore':
        world.restore();
        return;
      case 'jump':
        world.jump(act.ms);
    }
  }

  /** All faults end, tasks are quick and succeed, and time passes. */
  calmDown(): void {
    const {world} = this;
    world.fates = [QUICK];
    world.heal();
    world.go(HEAL_MS + (world.wasSkewed ? SKEW_MS : 0));
  }

  /** Nothing is stuck; and for a while every slot finds its run, each its own. */
  checkEnd(): void {
    const {world, model} = this;
    const fromMs = world.wallMs + 1;
    const known = world.launches.length;
    world.go(CALM_MS);
    const untilMs = world.wallMs;
    for (const run of model.runs.values()) {
      const isFresh = run.claimedAt > untilMs - PUNCTUAL_MS;
      keep(isFresh, 'live', () => `${run.jobName}/${run.due} is ${run.state} at ${untilMs}`);
    }
    for (const {launch} of world.tasks) {
      const {origin, taskId} = launch;
      const isOurs = origin.kind === 'run' && model.runs.has(runKey(origin.jobName, origin.due));
      keep(isOurs, 'live', () => `${taskId} is of no run, and still there`);
    }
    keep(
      model.condemned.size === 0,
      'live',
      () => `condemned: ${[...model.condemned.values()].join()}`,
    );
    for (const job of model.jobs.values()) {
      const {name, schedule, disabled, fire} = job;
      const waits = (schedule?.pending.length ?? 0) + (fire === undefined ? 0 : 1);
      keep(waits === 0, 'live', () => `${name} still waits`);
      if (schedule === undefined || disabled || schedule.left === 0) continue;
      const {next} = schedule;
      keep(next === null || next > untilMs, 'live', () => `${name} is due since ${next}`);
      if (schedule.left !== null) continue;
      const starts = world.launches
        .slice(known)
        .flatMap(({jobName, wallMs}) => (jobName === name ? [wallMs] : []));
      this.#checkPunctual(job, starts, {fromMs, untilMs});
    }
  }

  /** Jepsen's check (reference part 7.6): each window of a slot has a start of its own. */
  #checkPunctual({name, schedule}: JobDocument, starts: readonly number[], calm: Stretch): void {
    const {anchored: text, zone} = must(schedule, name);
    const stretch = {fromMs: calm.fromMs, untilMs: calm.untilMs - PUNCTUAL_MS};
    let at = 0;
    for (const slot of twinSlots(this.world.timeZones, {text, zone}, stretch)) {
      while ((starts[at] ?? Infinity) < slot) at += 1;
      const start = starts[at] ?? Infinity;
      at += 1;
      keep(start <= slot + PUNCTUAL_MS, 'live', () => `${name}: nothing starts for ${slot}`);
    }
  }

  /** I9: what is printed is read as the same job; reading it changes nothing that counts. */
  checkPrinted(): void {
    const {world} = this;
    for (const {name, definition} of world.chronos.jobs()) {
      const printed = this.printed(name);
      if (printed === undefined || definition.form !== 'chronos') continue;
      const before = canonical(this.model.jobs.get(name)?.schedule ?? null);
      world.request('POST', '/iso8601', printed);
      world.settle();
      keep(
        canonical(this.printed(name)) === canonical(printed),
        'same',
        () => `${canonical(printed)} is read as ${canonical(this.printed(name))}`,
      );
      const after = canonical(this.model.jobs.get(name)?.schedule ?? null);
      keep(before === after, 'same', () => `${name}: ${before} became ${after}`);
    }
  }
}
