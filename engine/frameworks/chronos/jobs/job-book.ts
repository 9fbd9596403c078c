/**
 * All jobs, who depends on whom, when each is to be looked at, and what of them must be written
 * down. What was changed during a call is written once, at its end.
 */
import {Agenda} from '../../../kernel/agenda.ts';
import {must} from '../../../kernel/assert.ts';
import {parentsOf} from '../definition/job-definition.ts';
import {runDocument, type HistoryEntry, type Run} from '../runs/run.ts';
import {jobDocument, type Job} from './job.ts';

/** Where records go: paths are below the framework's. */
export interface RecordStore {
  putRecord(path: string, document: unknown): void;
  deleteRecord(path: string): void;
}

const NONE: readonly string[] = [];

export class JobBook {
  readonly #store: RecordStore;
  readonly #historyMax: number;
  readonly #jobs = new Map<string, Job>();
  readonly #rows: (Job | undefined)[] = [];
  /** Free rows: an entry of the agenda may still name one, and is passed over. */
  readonly #free: number[] = [];
  readonly #agenda = new Agenda();
  /** Parent → its children, by name. */
  readonly #children = new Map<string, readonly string[]>();
  /**
   * Jobs that have news, each once: those whose next look may have moved, and those of which
   * something is to be written. Lists and marks instead of sets, for a set that is emptied over and
   * over leaves tables behind that keep each other, and what was in them, alive until the next full
   * collection.
   */
  readonly #touched: Job[] = [];
  readonly #changed: Job[] = [];

  constructor(store: RecordStore, historyMax: number) {
    this.#store = store;
    this.#historyMax = historyMax;
  }

  get size(): number {
    return this.#jobs.size;
  }

  get(name: string): Job | undefined {
    return this.#jobs.get(name);
  }

  /** In the order in which they came. */
  values(): IterableIterator<Job> {
    return this.#jobs.values();
  }

  /** By name. */
  sorted(): readonly Job[] {
    return [...this.#jobs.values()].sort((one, two) => (one.name < two.name ? -1 : 1));
  }

  /** Those that name it as a parent, by name. */
  childrenOf(name: string): readonly string[] {
    return this.#children.get(name) ?? NONE;
  }

  /** A place for a new job. */
  takeRow(): number {
    return this.#free.pop() ?? this.#rows.length;
  }

  add(job: Job): void {
    this.#rows[job.row] = job;
    this.#jobs.set(job.name, job);
    this.#link(job);
  }

  /** Gives it another definition; whatever follows from that is the caller's. */
  redefine(job: Job, change: Pick<Job, 'definition' | 'rules' | 'spec' | 'trigger'>): void {
    this.#unlink(job);
    Object.assign(job, change);
    job.version += 1;
    this.#link(job);
    this.changed(job);
  }

  remove(job: Job): void {
    this.#unlink(job);
    this.#jobs.delete(job.name);
    this.#rows[job.row] = undefined;
    this.#free.push(job.row);
    for (const run of [...job.runs.values()]) this.dropRun(job, run);
    job.news.isChanged = false;
    for (const at of job.history.keys()) this.#store.deleteRecord(historyPath(job, at));
    this.#store.deleteRecord(job.path);
  }

  #link(job: Job): void {
    for (const parent of parentsOf(job.definition) ?? NONE) {
      const children = [...this.childrenOf(parent), job.name].sort();
      this.#children.set(parent, children);
    }
  }

  #unlink(job: Job): void {
    for (const parent of parentsOf(job.definition) ?? NONE) {
      const children = this.childrenOf(parent).filter((name) => name !== job.name);
      if (children.length > 0) this.#children.set(parent, children);
      else this.#children.delete(parent);
    }
  }

  #wakeAt(job: Job, at: number): void {
    if (at === job.wakeAt) return;
    job.wakeAt = at;
    if (at < Infinity) this.#agenda.push(at, job.row);
  }

  /** When the first of them is to be looked at; Infinity: none is. */
  get nextAt(): number {
    this.#dropStale();
    return this.#agenda.nextAt;
  }

  /** Takes those that are to be looked at by `now`, by their instants, then by name. */
  takeDue(now: number): readonly Job[] {
    const due: Job[] = [];
    for (this.#dropStale(); this.#agenda.nextAt <= now; this.#dropStale()) {
      due.push(must(this.#rows[this.#agenda.pop()], 'the job of an entry that is not stale'));
    }
    due.sort((one, two) => one.wakeAt - two.wakeAt || (one.name < two.name ? -1 : 1));
    for (const job of due) {
      job.wakeAt = Infinity;
      this.touch(job);
    }
    return due.length < 2 ? due : [...new Set(due)];
  }

  /** Each time that a job is given leaves an entry; only the one of its present time counts. */
  #dropStale(): void {
    while (this.#agenda.size > 0) {
      if (this.#rows[this.#agenda.nextPayload]?.wakeAt === this.#agenda.nextAt) return;
      this.#agenda.pop();
    }
  }

  /** When it is to be looked at next may have moved. */
  touch(job: Job): void {
    if (job.news.isTouched) return;
    job.news.isTouched = true;
    this.#touched.push(job);
  }

  changed(job: Job): void {
    this.touch(job);
    this.#list(job);
    job.news.isChanged = true;
  }

  /** Something of it is to be written. */
  #list(job: Job): void {
    const {isChanged, runs} = job.news;
    if (!isChanged && runs.length === 0) this.#changed.push(job);
  }

  addRun(job: Job, run: Run): void {
    job.runs.add(run);
    this.runChanged(job, run);
  }

  runChanged(job: Job, run: Run): void {
    this.touch(job);
    this.#list(job);
    const {runs} = job.news;
    if (!runs.includes(run)) runs.push(run);
  }

  /** The run is over. */
  dropRun(job: Job, run: Run): void {
    job.runs.delete(run.due);
    const {runs} = job.news;
    if (runs.includes(run)) job.news.runs = runs.filter((other) => other !== run);
    this.touch(job);
    this.#store.deleteRecord(runPath(run));
  }

  /** Remembers a run that has ended, and forgets the oldest beyond the limit. */
  remember(job: Job, entry: HistoryEntry): void {
    if (this.#historyMax === 0) return;
    job.history.push(entry);
    job.ended += 1;
    if (job.history.length > this.#historyMax) {
      this.#store.deleteRecord(historyPath(job, 0));
      job.history.shift();
    }
    this.#store.putRecord(historyPath(job, job.history.length - 1), entry);
    this.changed(job);
  }

  /** Asks each job that something happened to when it is to be looked at next. */
  rearm(nextLookAt: (job: Job) => number): void {
    for (const job of this.#touched) {
      job.news.isTouched = false;
      if (this.#rows[job.row] === job) this.#wakeAt(job, nextLookAt(job));
    }
    this.#touched.length = 0;
  }

  /** Writes what was changed since the last time. */
  flush(): void {
    for (const job of this.#changed) {
      const {news} = job;
      if (news.isChanged) this.#store.putRecord(job.path, jobDocument(job));
      for (const run of news.runs) this.#store.putRecord(runPath(run), runDocument(run));
      news.isChanged = false;
      news.runs.length = 0;
    }
    this.#changed.length = 0;
  }
}

export function jobPath(name: string): string {
  return `jobs/${name}`;
}

function runPath({jobName, due}: Run): string {
  return `runs/${jobName}/${due}`;
}

/** Of the entry at that place; each has a number that never comes again. */
function historyPath({name, ended, history}: Job, at: number): string {
  return `history/${name}/${ended - history.length + 1 + at}`;
}
