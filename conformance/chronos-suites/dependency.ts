/**
 * Suite `dependency`: which jobs run because their parents have succeeded. The cases tell apart
 * that a job is fired and that it is claimed, which the engine does at once where nothing stands in
 * the way. So something does: each child has runs that are active from the start, more of them than
 * the case has stimuli, and what fires it waits for their end until the case says that it starts.
 */
import {z} from 'zod';
import {isTerminal, type TaskState} from '../../engine/index.ts';
import {UnknownInCase} from '../case.ts';
import {makeAdapter} from '../marathon-suites/adapter.ts';
import {exact, sameSet} from '../marathon-suites/compare.ts';
import {AMPLE, mustSubmit, submit, type JobBody} from './job-bodies.ts';
import {firedNow} from './job-sight.ts';
import {Stage, type StageLaunch} from './stage.ts';

const names = z.array(z.string());
const parentsByChild = z.record(z.string(), names);

const given = z.strictObject({
  parents: parentsByChild,
  disabled: names.default([]),
  /** Jobs of which a run is active; in such a case, jobs start as soon as they may. */
  running: names.default([]),
});
type Given = z.output<typeof given>;

const job = z.string();
const step = z.union([
  z.strictObject({success: job}),
  z.strictObject({failure: job}),
  z.strictObject({softFailure: job}),
  z.strictObject({start: job}),
  z.strictObject({finish: job}),
  z.strictObject({markSuccess: job}),
  z.strictObject({manual: job}),
  z.strictObject({delete: job, cascade: z.enum(['orphan', 'reparent']).optional()}),
  z.strictObject({disable: job}),
  z.strictObject({enable: job}),
  z.strictObject({update: parentsByChild}),
  z.strictObject({leaderChange: z.literal(true)}),
]);
type Step = z.output<typeof step>;

const after = z.strictObject({
  fire: names.optional(),
  buffered: names.optional(),
  launch: names.optional(),
  reply: z.int().optional(),
  parents: parentsByChild.optional(),
});

interface Observed {
  readonly fire: readonly string[];
  readonly buffered: readonly string[];
  readonly launch: readonly string[];
  readonly reply: number | undefined;
  readonly parents: Readonly<Record<string, readonly string[]>>;
}

export const dependency = makeAdapter({
  given,
  when: z.array(step),
  expected: z.strictObject({after: z.array(after)}),
  run: ({given: terms, when}, seed): readonly Observed[] => {
    const player = new Player(terms, when, seed);
    return when.map((one) => player.play(one));
  },
  judge: (then, result) => [
    ...exact(then.after.length, result.length, 'after.length'),
    ...then.after.flatMap(({reply, parents = {}, ...sets}, at) => {
      const [seen, path] = [result[at], `after.${at}`];
      return [
        ...(reply === undefined ? [] : exact(reply, seen?.reply, `${path}.reply`)),
        ...Object.entries(parents).flatMap(([child, of]) =>
          sameSet(of, seen?.parents[child], `${path}.parents.${child}`),
        ),
        ...Object.entries(sets).flatMap(([name, set]) =>
          sameSet(set ?? [], seen?.[name as keyof typeof sets], `${path}.${name}`),
        ),
      ];
    }),
  ],
});

const START_MS = Date.UTC(2020, 0, 1);
/** Between two stimuli, so that it can be told which of them fired a job. */
const STEP_MS = 1000;
/** A schedule that never comes. */
const NEVER = 'R0/2030-01-01T00:00:00Z/P1D';

class Player {
  readonly #stage: Stage;
  readonly #bodies = new Map<string, JobBody>();
  /** Whether jobs that are fired start as soon as they may. */
  readonly #startsAtOnce: boolean;

  constructor(terms: Given, when: readonly Step[], seed: number) {
    const {disabled, running} = terms;
    this.#startsAtOnce = running.length > 0 || when.some((one) => 'finish' in one);
    const chronos = {foreignKillsCancel: true};
    this.#stage = new Stage({seed, startedAt: START_MS, chronos});
    this.#stage.addAgent(AMPLE);
    for (const [name, parents] of parentsFirst(terms.parents, when)) {
      const trigger = parents === undefined ? {schedule: NEVER} : {parents};
      const body = {name, ...trigger, retries: 0, disabled: disabled.includes(name)};
      this.#bodies.set(name, body);
      mustSubmit(this.#stage, body);
    }
    if (this.#startsAtOnce) for (const name of running) this.#runByHand(name);
    else for (const name of childrenOf(terms.parents, when)) this.#occupy(name, when.length + 1);
    this.#settle();
  }

  /** Makes so many runs of a job active, which stand in the way of any other. */
  #occupy(name: string, runs: number): void {
    this.#submit(name, {concurrent: true});
    for (let made = 0; made < runs; made += 1) this.#runByHand(name);
    this.#settle();
    this.#submit(name, {});
  }

  play(one: Step): Observed {
    const stage = this.#stage;
    this.#prepare(one);
    stage.jumpTo(stage.now + STEP_MS);
    const [launched, told] = [stage.launches.length, stage.events.length];
    const reply = this.#act(one);
    this.#settle();
    const jobs = stage.chronos.jobs();
    return {
      fire: firedNow(stage, told),
      buffered: jobs.filter(({fire}) => fire !== undefined).map(({name}) => name),
      launch: stage.launches.slice(launched).map((launch) => launch.job),
      reply,
      parents: Object.fromEntries(
        jobs.map(({name, definition}) => [
          name,
          definition.form === 'chronos' ? (definition.parents ?? []) : [],
        ]),
      ),
    };
  }

  /** A task can only end that runs. */
  #prepare(one: Step): void {
    const ending =
      'success' in one
        ? one.success
        : 'failure' in one
          ? one.failure
          : 'softFailure' in one
            ? one.softFailure
            : undefined;
    if (ending === undefined || this.#active(ending) !== undefined) return;
    this.#stage.jumpTo(this.#stage.now + STEP_MS);
    this.#runByHand(ending);
    this.#settle();
  }

  /** Makes happen what the case says; answers the status of a request. */
  #act(one: Step): number | undefined {
    const stage = this.#stage;
    if ('success' in one) return this.#end(one.success, 'TASK_FINISHED');
    if ('finish' in one) return this.#end(one.finish, 'TASK_FINISHED');
    if ('failure' in one) return this.#end(one.failure, 'TASK_FAILED');
    if ('softFailure' in one) {
      this.#submit(one.softFailure, {softError: true});
      this.#end(one.softFailure, 'TASK_FAILED');
      return this.#submit(one.softFailure, {});
    }
    if ('start' in one) return this.#start(one.start);
    if ('markSuccess' in one) return stage.request('PUT', `/job/success/${one.markSuccess}`).status;
    if ('manual' in one) return this.#runByHand(one.manual);
    if ('delete' in one) {
      const query = one.cascade === undefined ? '' : `?cascade=${one.cascade}`;
      return stage.request('DELETE', `/job/${one.delete}${query}`).status;
    }
    if ('disable' in one) return this.#change(one.disable, {disabled: true});
    if ('enable' in one) return this.#change(one.enable, {disabled: false});
    if ('update' in one) {
      const replies = Object.entries(one.update).map(([name, parents]) =>
        this.#change(name, {parents}),
      );
      return replies.at(-1);
    }
    stage.takeOver();
    return undefined;
  }

  /**
   * What waits is claimed, as if nothing stood in its way; where nothing waits, it is run by hand.
   */
  #start(name: string): number | undefined {
    if (this.#startsAtOnce) return undefined;
    this.#submit(name, {concurrent: true});
    if (this.#stage.chronos.job(name)?.fire === undefined) this.#runByHand(name);
    // Nothing follows from the end of a run that somebody else has killed.
    else this.#end(name, 'TASK_KILLED');
    this.#settle();
    this.#submit(name, {});
    return undefined;
  }

  #end(name: string, state: TaskState): undefined {
    const launch = this.#active(name);
    if (launch === undefined) throw new UnknownInCase(`no task of ${name} runs`);
    this.#stage.status(launch, state);
  }

  /** The oldest task of a job that runs. */
  #active(name: string): StageLaunch | undefined {
    return this.#stage.launches.find((one) => one.job === name && !isTerminal(one.state));
  }

  #runByHand(name: string): number {
    return this.#stage.request('PUT', `/job/${name}`).status;
  }

  /** Updates a job for good. */
  #change(name: string, change: Readonly<Record<string, unknown>>): number {
    const body = this.#bodies.get(name);
    if (body === undefined) throw new UnknownInCase(`there is no job ${name}`);
    this.#bodies.set(name, {...body, ...change});
    return this.#submit(name, {});
  }

  #submit(name: string, passing: Readonly<Record<string, unknown>>): number {
    const body = this.#bodies.get(name);
    if (body === undefined) throw new UnknownInCase(`there is no job ${name}`);
    return submit(this.#stage, {...body, ...passing}).status;
  }

  /** What was launched runs. */
  #settle(): void {
    const stage = this.#stage;
    stage.settle();
    for (const launch of stage.launches) {
      if (launch.state === 'TASK_STAGING') stage.status(launch, 'TASK_RUNNING');
    }
    stage.settle();
  }
}

/** Those that have parents at some time. */
function childrenOf(parents: Given['parents'], when: readonly Step[]): Iterable<string> {
  const later = when.flatMap((one) => ('update' in one ? Object.keys(one.update) : []));
  return new Set([...Object.keys(parents), ...later]);
}

/** All jobs of a case with their parents, in an order in which they can be submitted. */
function parentsFirst(
  parents: Given['parents'],
  when: readonly Step[],
): ReadonlyMap<string, readonly string[] | undefined> {
  const named = when.flatMap((one) => {
    if ('update' in one) return [...Object.keys(one.update), ...Object.values(one.update).flat()];
    const {cascade: _, ...rest} = {cascade: undefined, ...one};
    return Object.values(rest).filter((value) => typeof value === 'string');
  });
  const order = new Map<string, readonly string[] | undefined>();
  const visit = (name: string, trail: readonly string[]): void => {
    if (order.has(name)) return;
    if (trail.includes(name)) throw new UnknownInCase(`given.parents: ${name} waits for itself`);
    for (const parent of parents[name] ?? []) visit(parent, [...trail, name]);
    order.set(name, parents[name]);
  };
  for (const name of [...Object.keys(parents), ...named]) visit(name, []);
  return order;
}
