/**
 * A run: the engine and the virtual world around it, step by step in virtual time.
 *
 * Everything in the world that is due at an instant is handled before the engine's tick of that
 * instant, so that the allocator sees all of it at once. Between two steps the whole run is plain
 * data: see {@link snapshot}.
 */
import {assert, createEngine, InvariantError, restoreEngine} from '../engine/index.ts';
import type {Effect, Engine, EngineSnapshot, FrameworkId, Input} from '../engine/index.ts';
import {jobFaceOf} from './job-face.ts';
import {Checker} from './checkers.ts';
import {engineOptionsOf} from './engine-options.ts';
import {ExpectationWatch} from './expectation-watch.ts';
import {Figures} from './figures.ts';
import {Measure} from './measure.ts';
import type {MeasureSnapshot} from './measure.ts';
import {RunHash} from './run-hash.ts';
import type {RunHashSnapshot} from './run-hash.ts';
import {Sampler} from './sampler.ts';
import type {Reading, SamplerSnapshot} from './sampler.ts';
import type {Scenario} from './scenario/schema.ts';
import type {Supplies} from './supplies.ts';
import {World} from './world/world.ts';

/** So many steps at one instant are no cluster any more but a loop. */
const STEPS_AT_INSTANT_MAX = 50_000_000;
/** A run until idle in which nothing but ticks happens for so long will never become idle. */
const STALLED_AFTER_MS = 86_400_000;

export interface SimulationOptions {
  /**
   * Checks the invariants, inside the engine and from outside; a broken one throws InvariantError.
   */
  readonly isChecking: boolean;
  readonly witness?: Witness | undefined;
}

/** Somebody outside who sees everything that passes between the engine and the world. */
export interface Witness {
  /** What the engine is about to take. */
  input(now: number, input: Input): void;
  /** What the world is about to carry out. */
  effect(now: number, effect: Effect): void;
}

/** A run between two steps: plain JSON-able data. */
export interface SimulationSnapshot {
  readonly version: 1;
  readonly engine: EngineSnapshot;
  readonly world: ReturnType<World['snapshot']>;
  readonly measure: MeasureSnapshot;
  readonly sampler: SamplerSnapshot;
  readonly expectations: ReturnType<ExpectationWatch['snapshot']>;
  readonly hash: RunHashSnapshot;
  readonly now: number;
  readonly events: number;
  readonly lastProgressAt: number;
  readonly isDirty: boolean;
  readonly state: RunState;
}

type RunState = 'new' | 'running' | 'over';

function checkerOf({frameworks}: Scenario): Checker {
  const overlapping = frameworks.filter(
    (framework) => framework.kind === 'chronos' && framework.options.overlap === 'allow',
  );
  return new Checker(new Set(overlapping.map(({name}) => name)));
}

export class Simulation {
  readonly scenario: Scenario;
  readonly supplies: Supplies;
  readonly world: World;
  readonly measure: Measure;
  readonly sampler: Sampler;
  readonly expectations: ExpectationWatch;
  readonly hash = new RunHash();
  readonly engine: Engine;
  readonly #figures: Figures;
  readonly #checker: Checker | undefined;
  readonly #witness: Witness | undefined;
  readonly #isChecking: boolean;
  readonly #until: number;
  #now = 0;
  #events = 0;
  #stepsAtInstant = 0;
  #instants = 0;
  #lastProgressAt = 0;
  /** Whether anything happened since the engine was last measured. */
  #isDirty = false;
  #state: RunState = 'new';

  constructor(
    scenario: Scenario,
    supplies: Supplies,
    options: SimulationOptions = {isChecking: false},
    snapshot?: SimulationSnapshot,
  ) {
    this.scenario = scenario;
    this.supplies = supplies;
    this.#isChecking = options.isChecking;
    this.#witness = options.witness;
    // From outside a restored run looks as if it began in the middle: only the inner checks remain.
    this.#checker = options.isChecking && snapshot === undefined ? checkerOf(scenario) : undefined;
    this.#until = scenario.until.kind === 'time' ? scenario.until.atMs : Infinity;
    const parts = {timeZones: supplies.timeZones};
    this.engine =
      snapshot === undefined
        ? createEngine(engineOptionsOf(scenario), 0, parts)
        : restoreEngine(snapshot.engine, parts);
    this.world = new World(scenario, supplies, {
      deliver: (input) => {
        this.#deliver(input);
      },
      marathon: (id) => this.engine.view.marathon(id),
      scheduledJob: (id, name) => jobFaceOf(this.engine, id, name),
    });
    const roles = [...new Set(scenario.frameworks.map(({role}) => role))];
    this.measure = new Measure(this.world.frameworkIds, roles);
    this.sampler = new Sampler(scenario.sampling, this.world.agents);
    this.expectations = new ExpectationWatch(scenario.expectations);
    this.#figures = new Figures({
      world: this.world,
      measure: this.measure,
      frameworks: scenario.frameworks,
      used: (framework) => {
        return this.engine.view.frameworkUsed(this.world.frameworkIds[framework] as FrameworkId);
      },
      kinds: () => this.engine.view.kinds.names,
      deployments: (figure) => this.#deployments(figure),
    });
    if (snapshot !== undefined) this.#restore(snapshot);
  }

  get now(): number {
    return this.#now;
  }

  /** Inputs and effects so far. */
  get events(): number {
    return this.#events;
  }

  get isOver(): boolean {
    return this.#state === 'over';
  }

  /** Where the run ends by the clock; Infinity when it ends once it is idle. */
  get endsAt(): number {
    return this.#until;
  }

  /** Jobs that the traces and counted arrivals will have submitted in the end. */
  get jobsExpected(): number {
    return this.world.jobsExpected;
  }

  /** Deployments that Marathon is carrying out, or that wait for somebody's word. */
  #deployments(figure: 'paused' | 'running'): number {
    let count = 0;
    for (const id of this.world.frameworkIds) {
      for (const {progress} of this.engine.view.marathon(id)?.deployments() ?? []) {
        if ((progress.state === 'running') === (figure === 'running')) count += 1;
      }
    }
    return count;
  }

  /** Makes up to `stepsMax` steps; false when the run is over. */
  advance(stepsMax: number): boolean {
    if (this.#state === 'new') this.#start();
    for (let step = 0; step < stepsMax && this.#state === 'running'; step += 1) this.#step();
    return this.#state !== 'over';
  }

  /** When something is due next; Infinity while nothing is. */
  get nextAt(): number {
    const worldAt = this.world.nextAt;
    const engineAt = this.engine.wakeAt;
    return worldAt <= engineAt ? worldAt : engineAt;
  }

  /**
   * Makes everything happen that is due up to `at`, which is now from then on. It is the same run;
   * only means over time may differ in their last digit, because they are added up in other parts.
   */
  advanceTo(at: number): void {
    if (this.#state === 'new') this.#start();
    while (this.#state === 'running' && this.nextAt <= at) this.#step();
    if (this.#state === 'running' && !this.#mayEnd(at)) this.#passTo(at);
  }

  /**
   * Has something happen in the world now that the scenario does not speak of. What follows from it
   * at this instant is still due.
   */
  act(action: (world: World) => void): void {
    assert(this.#state === 'running', 'nothing happens before a run begins or after its end');
    this.world.act(this.#now, action);
  }

  /** To the end. */
  run(): void {
    while (this.advance(1_000_000));
  }

  #start(): void {
    this.#state = 'running';
    this.world.start();
    this.#drain();
  }

  #step(): void {
    const worldAt = this.world.nextAt;
    const engineAt = this.engine.wakeAt;
    const at = worldAt <= engineAt ? worldAt : engineAt;
    if (at > this.#now) {
      if (this.#mayEnd(at)) return;
      this.#passTo(at);
    }
    this.#stepsAtInstant += 1;
    assert(
      this.#stepsAtInstant < STEPS_AT_INSTANT_MAX,
      () => `${STEPS_AT_INSTANT_MAX} steps at instant ${this.#now}: the run does not get on`,
    );
    if (worldAt <= engineAt) this.world.handleNext(this.#now);
    else this.#deliver({kind: 'tick'});
  }

  /** Ends the run if nothing more is to happen before its end. */
  #mayEnd(nextAt: number): boolean {
    if (nextAt > this.#until || (this.#until === Infinity && this.#isIdle(nextAt))) {
      this.#passTo(this.#until === Infinity ? this.#now : this.#until);
      this.#finish();
      return true;
    }
    return false;
  }

  #isIdle(nextAt: number): boolean {
    if (nextAt === Infinity) return true;
    if (this.world.hasMoreToCome) return false;
    if (this.world.jobs.open === 0 && this.#deployments('running') === 0) return true;
    return this.world.nothingQueued && nextAt - this.#lastProgressAt > STALLED_AFTER_MS;
  }

  /** Everything of this instant is done: it is measured, and time goes on to `at`. */
  #passTo(at: number): void {
    this.#settle();
    const now = this.#now;
    if (at > now) {
      this.measure.accrue(at - now);
      if (this.sampler.nextAt < at) this.sampler.take(at, this.#reading());
      if (!this.expectations.isEmpty) this.expectations.hold(now, at, this.#read);
      this.#now = at;
      this.#stepsAtInstant = 0;
    }
  }

  #settle(): void {
    if (!this.#isDirty) return;
    this.#isDirty = false;
    this.measure.read(this.#now, this.engine.view);
    if (!this.#isChecking) return;
    this.#instants += 1;
    // The inner check looks at every agent: in a large cluster it is made at every n-th instant
    // only.
    const stride = 1 + Math.floor(this.world.agents.count / 50);
    if (this.#instants % stride === 0) this.#check();
  }

  #check(): void {
    const inside = this.engine.view.checkInvariants().map((text) => `at ${this.#now} ms: ${text}`);
    const broken = [...(this.#checker?.violations ?? []), ...inside];
    if (broken.length > 0) throw new InvariantError(broken.slice(0, 10).join('\n'));
  }

  readonly #read = (name: string): number | undefined => this.#figures.read(name);

  #reading(): Reading {
    const {world, measure} = this;
    return {
      running: world.tally.total('running'),
      waiting: world.tally.total('waiting'),
      agentsUp: world.agents.up,
      usedRatio: measure.kinds.map(({now}) => now),
      shareRatio: measure.frameworks.map(({now}) => now),
    };
  }

  #finish(): void {
    if (this.#isChecking) this.#check();
    const isIdle = this.#until === Infinity;
    this.sampler.finish(this.#now, this.#reading());
    this.expectations.finish(this.#now, isIdle, this.#read);
    this.#state = 'over';
  }

  /** Stops the run where it is: figures are up to now. */
  interrupt(): void {
    if (this.#state === 'over') return;
    this.#passTo(this.#now);
    this.sampler.finish(this.#now, this.#reading());
    this.expectations.finish(this.#now, false, this.#read);
    this.#state = 'over';
  }

  #deliver(input: Input): void {
    this.#events += 1;
    if (input.kind !== 'tick') {
      this.#isDirty = true;
      // Health checks go on for ever.
      if (input.kind !== 'probeResults') this.#lastProgressAt = this.#now;
    }
    this.hash.input(this.#now, input);
    this.#checker?.input(this.#now, input);
    this.#witness?.input(this.#now, input);
    this.engine.step(this.#now, input);
    this.#drain();
  }

  #drain(): void {
    const effects = this.engine.takeEffects();
    const count = effects.length;
    if (count === 0) return;
    this.#events += count;
    this.#isDirty = true;
    const now = this.#now;
    for (let at = 0; at < count; at += 1) {
      const effect = effects[at] as (typeof effects)[number];
      this.hash.effect(now, effect);
      if (this.#checker !== undefined) this.#checker.effect(now, effect);
      if (this.#witness !== undefined) this.#witness.effect(now, effect);
      if (effect.kind === 'launchTask') this.#lastProgressAt = now;
      this.world.apply(now, effect);
    }
  }

  snapshot(): SimulationSnapshot {
    return {
      version: 1,
      engine: this.engine.snapshot(),
      world: this.world.snapshot(),
      measure: this.measure.snapshot(),
      sampler: this.sampler.snapshot(),
      expectations: this.expectations.snapshot(),
      hash: this.hash.snapshot(),
      now: this.#now,
      events: this.#events,
      lastProgressAt: this.#lastProgressAt,
      isDirty: this.#isDirty,
      state: this.#state,
    };
  }

  #restore(snapshot: SimulationSnapshot): void {
    assert(snapshot.version === 1, () => `snapshot version ${String(snapshot.version)}, not 1`);
    this.world.restore(snapshot.world);
    this.measure.restore(snapshot.measure);
    this.sampler.restore(snapshot.sampler);
    this.expectations.restore(snapshot.expectations);
    this.hash.restore(snapshot.hash);
    this.#now = snapshot.now;
    this.#events = snapshot.events;
    this.#lastProgressAt = snapshot.lastProgressAt;
    this.#isDirty = snapshot.isDirty;
    this.#state = snapshot.state;
  }
}
