/**
 * How long runs took: out of what `GET /v1/scheduler/job/history/NAME` answers, or Metronome for
 * `GET /v1/jobs/NAME?embed=history`.
 */
import {parseInstant} from '../../engine/index.ts';
import {foundText} from '../scenario/fields.ts';
import type {FieldPath, FieldProblem} from '../scenario/problems.ts';

export type HistoryResult =
  /** Job → the median of what its successful runs took, in ms. Jobs without any are left out. */
  | {readonly ok: true; readonly durations: ReadonlyMap<string, number>}
  | {readonly ok: false; readonly problems: readonly FieldProblem[]};

/** An answer, a list of answers, or a map from names of jobs to answers or to lists of runs. */
export function readHistory(value: unknown): HistoryResult {
  const reading = new Reading();
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) reading.answer(item, [index], undefined);
  } else if (isMap(value) && !isAnswer(value)) {
    for (const [name, item] of Object.entries(value)) reading.answer(item, [name], name);
  } else reading.answer(value, [], undefined);
  const {problems, taken} = reading;
  if (problems.length > 0) return {ok: false, problems};
  return {ok: true, durations: new Map([...taken].map(([job, ms]) => [job, median(ms)]))};
}

type JsonMap = Readonly<Record<string, unknown>>;

function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isAnswer(value: JsonMap): boolean {
  return 'ended' in value || 'history' in value;
}

class Reading {
  readonly problems: FieldProblem[] = [];
  readonly taken = new Map<string, number[]>();

  answer(value: unknown, path: FieldPath, known: string | undefined): void {
    if (Array.isArray(value) && known !== undefined) {
      this.#runs(value, path, {job: known, end: 'end'});
      return;
    }
    if (!isMap(value) || !isAnswer(value)) {
      const what = known === undefined ? 'a history {job, ended}' : 'a history or a list of runs';
      this.#refuse(path, what, value);
      return;
    }
    const nameField = 'ended' in value ? 'job' : 'id';
    const job = known ?? value[nameField];
    if (typeof job !== 'string') {
      this.#refuse([...path, nameField], 'the name of a job', job);
      return;
    }
    if ('ended' in value) {
      this.#runs(value['ended'], [...path, 'ended'], {job, end: 'end'});
      return;
    }
    const {history} = value;
    const runs = isMap(history) ? history['successfulFinishedRuns'] : undefined;
    const inside = [...path, 'history', 'successfulFinishedRuns'];
    this.#runs(runs, inside, {job, end: 'finishedAt'});
  }

  #runs(value: unknown, path: FieldPath, run: {readonly job: string; readonly end: string}): void {
    if (!Array.isArray(value)) {
      this.#refuse(path, 'a list of runs', value);
      return;
    }
    const start = run.end === 'end' ? 'start' : 'createdAt';
    for (const [index, item] of (value as readonly unknown[]).entries()) {
      const at = [...path, index];
      if (!isMap(item)) this.#refuse(at, `a run {${start}, ${run.end}}`, item);
      else if ((item['outcome'] ?? 'success') === 'success') {
        this.#run(item, at, {...run, start});
      }
    }
  }

  /** A retried run takes as long as its last attempt: of the others nothing came. */
  #run(
    item: JsonMap,
    at: FieldPath,
    {job, start, end}: {readonly job: string; readonly start: string; readonly end: string},
  ): void {
    const {tasks} = item;
    const last: unknown = end === 'end' && Array.isArray(tasks) ? tasks.at(-1) : undefined;
    const startText = (isMap(last) ? last['start'] : undefined) ?? item[start];
    const [from, to] = [instantOf(startText), instantOf(item[end])];
    if (from === undefined) this.#refuse([...at, start], INSTANT, startText);
    else if (to === undefined) this.#refuse([...at, end], INSTANT, item[end]);
    else if (to < from) this.#refuse([...at, end], `an instant from ${start} on`, item[end]);
    else {
      const taken = this.taken.get(job) ?? [];
      taken.push(to - from);
      this.taken.set(job, taken);
    }
  }

  #refuse(path: FieldPath, expected: string, found: unknown): void {
    const isMissing = found === undefined;
    const message = isMissing ? `missing: expected ${expected}` : `expected ${expected}, found `;
    this.problems.push({path, message: isMissing ? message : message + foundText(found)});
  }
}

const INSTANT = 'an instant such as 2026-03-29T01:30:00Z';

/** Metronome writes offsets without a colon. */
function instantOf(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  return parseInstant(value.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
}

/** The greater one of the two in the middle: a preview had better be too long than too short. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, two) => one - two);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
