/**
 * I6: edge counters as a replay of the log of outcomes has them, and what fires by them (reference
 * part 3.2). Not part of the engine.
 */
import type {ChronosEvent} from '../events.ts';
import type {JobDocument} from '../jobs/job.ts';
import {runKey, type Checker, type Fact, type Model} from './model.ts';
import {keep} from './promises.ts';

/** What is known of one job that has parents. */
interface TwinChild {
  readonly key: string;
  readonly counts: Map<string, number>;
  /** Root slot → parents that have succeeded for it. */
  readonly cycles: Map<number, Set<string>>;
  /** Fired, and nobody has said yet what became of it. */
  fires: number;
  firedFor: number;
}

function parentsOf(job: JobDocument | undefined): readonly string[] {
  return job?.definition.parents ?? [];
}

function barrierOf({definition}: JobDocument): 'counters' | 'cycle' | 'latest' {
  return definition.form === 'metronome' ? 'latest' : (definition.barrier ?? 'counters');
}

export function edgesFollowOutcomes(model: Model): Checker {
  const twin = new EdgesTwin(model);
  return {
    fact: (fact) => {
      twin.take(fact);
    },
  };
}

class EdgesTwin {
  readonly #model: Model;
  readonly #children = new Map<string, TwinChild>();
  /** By {@link runKey}: the slot that a run descends from. */
  readonly #roots = new Map<string, number>();
  /** When jobs failed and succeeded last. */
  readonly #failedAt = new Map<string, number>();
  readonly #succeededAt = new Map<string, number>();
  #wallMs = 0;

  constructor(model: Model) {
    this.#model = model;
  }

  take(fact: Fact): void {
    this.#wallMs = fact.wallMs;
    // Requests come first in a step; all that follows from them, after.
    this.#redefine(fact);
    this.#marked(fact);
    for (const event of fact.events) this.#happened(event);
    this.#compare([...fact.jobsBefore.keys()]);
  }

  #redefine({jobsBefore, events}: Fact): void {
    for (const name of jobsBefore.keys()) {
      const job = this.#model.jobs.get(name);
      const known = this.#children.get(name);
      const parents = parentsOf(job);
      if (job === undefined || parents.length === 0) this.#children.delete(name);
      else {
        const key = `${barrierOf(job)} ${parents.join(' ')}`;
        if (known?.key === key) continue;
        const counts = new Map(parents.map((parent) => [parent, 0]));
        const isUpdated = events.some(
          (event) =>
            event.type === 'JobNotFired' && event.job === name && event.reason === 'updated',
        );
        const fires = isUpdated ? 1 : 0;
        this.#children.set(name, {key, counts, cycles: new Map(), fires, firedFor: 0});
      }
    }
  }

  /** Marks of success have no event: the counter says that there was one. */
  #marked({jobsBefore, events, wallMs}: Fact): void {
    for (const [name, before] of jobsBefore) {
      const after = this.#model.jobs.get(name);
      if (before === undefined || after === undefined || before.version !== after.version) continue;
      const finished = events.filter(
        (event) => event.type === 'JobFinished' && event.job === name,
      ).length;
      const more = after.counters.successCount - before.counters.successCount - finished;
      if (more <= 0) continue;
      this.#children.get(name)?.counts.forEach((_, parent, counts) => counts.set(parent, 0));
      this.#succeeded(name, wallMs);
    }
  }

  #happened(event: ChronosEvent): void {
    const child = this.#children.get(event.job);
    switch (event.type) {
      case 'JobQueued':
        for (const parent of child?.counts.keys() ?? []) child?.counts.set(parent, 0);
        if (event.kind === 'child' && child !== undefined) child.fires -= 1;
        this.#roots.set(
          runKey(event.job, event.due),
          event.kind === 'child' ? (child?.firedFor ?? 0) : event.due,
        );
        return;
      case 'JobNotFired':
        if (child !== undefined) child.fires -= 1;
        return;
      case 'JobFinished':
        this.#succeeded(event.job, this.#rootOf(event));
        return;
      case 'JobFailed':
        if (event.retryAt !== undefined) return;
        this.#failedAt.set(event.job, this.#wallMs);
        if (this.#isSoft(event.job)) this.#fire(event.job, this.#rootOf(event));
        return;
      case 'JobCancelled':
        // Metronome counts it as a failure.
        if (this.#model.jobs.get(event.job)?.definition.form === 'metronome') {
          this.#failedAt.set(event.job, this.#wallMs);
        }
        return;
      default:
    }
  }

  /** Whether its latest outcome is a failure. */
  #hasFailed(name: string): boolean {
    return (this.#failedAt.get(name) ?? -1) > (this.#succeededAt.get(name) ?? 0);
  }

  #rootOf({job, due}: {readonly job: string; readonly due: number}): number {
    return this.#roots.get(runKey(job, due)) ?? due;
  }

  #isSoft(name: string): boolean {
    const definition = this.#model.jobs.get(name)?.definition;
    return definition?.form === 'chronos' && definition.softError;
  }

  #succeeded(name: string, root: number): void {
    this.#succeededAt.set(name, this.#wallMs);
    this.#fire(name, root);
  }

  #fire(parent: string, root: number): void {
    for (const [name, child] of this.#children) {
      const job = this.#model.jobs.get(name);
      if (job === undefined || !child.counts.has(parent)) continue;
      if (!this.#counts(job, child, {parent, root}) || job.disabled) continue;
      child.fires += 1;
      child.firedFor = root;
    }
  }

  #counts(
    job: JobDocument,
    {counts, cycles}: TwinChild,
    {parent, root}: {readonly parent: string; readonly root: number},
  ): boolean {
    if (counts.size === 1) return true;
    counts.set(parent, (counts.get(parent) ?? 0) + 1);
    const all = [...counts.entries()];
    switch (barrierOf(job)) {
      case 'counters':
        return all.every(([, count]) => count >= (counts.get(parent) ?? 0));
      case 'latest':
        return all.every(([name, count]) => count > 0 && !this.#hasFailed(name));
      case 'cycle': {
        const seen = (cycles.get(root) ?? new Set()).add(parent);
        cycles.set(root, seen);
        if (seen.size < counts.size) return false;
        cycles.delete(root);
        return true;
      }
    }
  }

  #compare(names: readonly string[]): void {
    for (const name of names) {
      const child = this.#children.get(name);
      const job = this.#model.jobs.get(name);
      if (child === undefined || job === undefined) continue;
      const [mine, theirs] = [[...child.counts], job.edges?.counts ?? []].map((counts) =>
        JSON.stringify([...counts].sort(([one], [two]) => (one < two ? -1 : 1))),
      );
      keep(mine === theirs, 'edges', () => `${name} counts ${theirs}, the log says ${mine}`);
      const waits = job.fire === undefined ? 0 : 1;
      keep(
        child.fires === waits,
        'edges',
        () => `${name}: ${child.fires} successes of its parents should wait, ${waits} do`,
      );
    }
  }
}
