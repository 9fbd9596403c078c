/**
 * What a Chronos has done, by its records and effects alone: each step that is a fact, with the
 * documents before and after it. Not part of the engine.
 */
import type {Effect} from '../../../effects.ts';
import type {ChronosOptions} from '../../../options.ts';
import type {ChronosEvent} from '../events.ts';
import type {JobDocument} from '../jobs/job.ts';
import type {RunDocument} from '../runs/run.ts';
import type {WorldTask} from './agents.ts';
import type {Persist, Watcher} from './terms.ts';
import type {World} from './world.ts';

/** One step. */
export interface Fact {
  /** Counts them. */
  readonly number: number;
  /** Ms since 1970, by the clock of its leader. */
  readonly wallMs: number;
  readonly events: readonly ChronosEvent[];
  /** What is carried out now; empty where nobody was told. */
  readonly effects: readonly Effect[];
  /** Name → its document before; absent: there was none. Only those that were written. */
  readonly jobsBefore: ReadonlyMap<string, JobDocument | undefined>;
  readonly runsBefore: ReadonlyMap<string, RunDocument | undefined>;
}

export interface Checker {
  readonly fact?: (fact: Fact) => void;
  readonly arrived?: (task: WorldTask) => void;
}

export const runKey = (job: string, due: number): string => `${job}/${due}`;

export class Model implements Watcher {
  readonly world: World;
  readonly options: ChronosOptions;
  readonly jobs = new Map<string, JobDocument>();
  /** By {@link runKey}. */
  readonly runs = new Map<string, RunDocument>();
  readonly condemned = new Map<string, string>();
  readonly #checkers: readonly Checker[];
  #facts = 0;

  constructor(world: World, options: ChronosOptions, make: (model: Model) => readonly Checker[]) {
    this.world = world;
    this.options = options;
    this.#checkers = make(this);
    world.watcher = this;
  }

  step(write: Persist | undefined, effects: readonly Effect[], isTold: boolean): void {
    const jobsBefore = new Map<string, JobDocument | undefined>();
    const runsBefore = new Map<string, RunDocument | undefined>();
    const paths = [...(write?.puts ?? []).map(({path}) => path), ...(write?.deletes ?? [])];
    for (const path of paths) {
      const [, folder, ...rest] = path.split('/');
      const key = rest.join('/');
      const document = this.world.store.get(path);
      if (folder === 'jobs') change(this.jobs, jobsBefore, key, document);
      else if (folder === 'runs') change(this.runs, runsBefore, key, document);
      else if (folder === 'condemned') this.#condemn(key, document);
    }
    this.#facts += 1;
    const fact: Fact = {
      number: this.#facts,
      wallMs: write?.wallMs ?? this.world.wallMs,
      events: effects.flatMap((effect) =>
        effect.kind === 'publish' ? [effect.event as unknown as ChronosEvent] : [],
      ),
      effects: isTold ? effects : [],
      jobsBefore,
      runsBefore,
    };
    for (const checker of this.#checkers) checker.fact?.(fact);
  }

  #condemn(key: string, document: unknown): void {
    if (document === undefined) this.condemned.delete(key);
    else this.condemned.set(key, (document as {readonly taskId: string}).taskId);
  }

  arrived(task: WorldTask): void {
    for (const checker of this.#checkers) checker.arrived?.(task);
  }
}

function change<T>(
  all: Map<string, T>,
  before: Map<string, T | undefined>,
  key: string,
  document: unknown,
): void {
  if (!before.has(key)) before.set(key, all.get(key));
  if (document === undefined) all.delete(key);
  else all.set(key, document as T);
}
