/**
 * A case of the suite `scenarios` as a program. Each part of it stands beside the words that it was
 * written for: when a case says something else, its program does not count any more.
 */
import {exact, plain, type Mismatch} from '../marathon-suites/compare.ts';
import {Stage, type Staging} from './stage.ts';

/** What a part of an expectation found. */
export class Findings {
  readonly mismatches: Mismatch[] = [];
  /** Where the findings belong. */
  place = '';
  /** When they were made, by the time of the case. */
  at = 0;
  /** Places and what was found there: of what must hold always the first finding says enough. */
  readonly #found = new Set<string>();

  /** Compared as JSON. */
  is(what: string, actual: unknown, expected: unknown): void {
    const key = `${this.place}: ${what}`;
    if (this.#found.has(key)) return;
    const found = exact(plain(expected), plain(actual), `${this.place} at ${this.at}: ${what}`);
    if (found.length > 0) this.#found.add(key);
    this.mismatches.push(...found);
  }

  holds(what: string, condition: boolean): void {
    this.is(what, condition, true);
  }
}

export interface Stimulus {
  readonly at: number;
  /** The words of the case. */
  readonly do: string;
  readonly act: (stage: Stage) => void;
}

type Check = (stage: Stage, find: Findings) => void;

export type Expectation =
  | {readonly at: number; readonly expect: string; readonly check: Check}
  /** `check` is called after every event. */
  | {readonly when: 'always'; readonly expect: string; readonly check: Check};

export interface Program {
  /** The words of the case. */
  readonly given: string;
  readonly staging?: Staging;
  /** Brings about what is given. */
  readonly prepare?: (stage: Stage) => void;
  readonly when: readonly Stimulus[];
  readonly expected: readonly Expectation[];
}

/** A program remembers things while it is played, so each play has its own. */
export type MakeProgram = () => Program;

export interface Play {
  readonly mismatches: readonly Mismatch[];
  /** Of all inputs and effects: two plays with the same seed have the same. */
  readonly digest: string;
}

/** What the case says, and what the program was written for, where they differ. */
export function differingWords(
  {given, when, expected}: Program,
  words: {readonly given: unknown; readonly when: unknown; readonly expected: unknown},
): readonly Mismatch[] {
  return [
    ...exact(words.given, given, 'given'),
    ...exact(
      words.when,
      when.map(({at, do: text}) => ({at, do: text})),
      'when',
    ),
    ...exact(
      words.expected,
      expected.map((one) => ({...whenOf(one), expect: one.expect})),
      'then',
    ),
  ];
}

function whenOf(one: Expectation): {readonly at: number} | {readonly when: 'always'} {
  return 'at' in one ? {at: one.at} : {when: one.when};
}

/** Plays the time line: at each instant first what is done, then what is to be seen. */
export function play(make: MakeProgram, seed: number): Play {
  const program = make();
  const {when, expected, prepare, staging = {}} = program;
  const stage = new Stage(staging, seed);
  prepare?.(stage);
  stage.passTo(0);
  const find = new Findings();
  const instants = new Set([...when, ...expected].flatMap((one) => ('at' in one ? [one.at] : [])));
  watch(program, stage, find);
  for (const at of [...instants].sort((left, right) => left - right)) {
    stage.passTo(at);
    for (const stimulus of when) if (stimulus.at === at) stimulus.act(stage);
    for (const [index, one] of expected.entries()) {
      if (!('at' in one) || one.at !== at) continue;
      find.place = `then.${index}`;
      find.at = at;
      one.check(stage, find);
    }
  }
  return {mismatches: find.mismatches, digest: stage.digest};
}

/** Looks after every event at what must hold always. */
function watch({expected}: Program, stage: Stage, find: Findings): void {
  const always = [...expected.entries()].filter(([, one]) => 'when' in one);
  if (always.length === 0) return;
  const look = (): void => {
    const {place} = find;
    for (const [index, {check}] of always) {
      find.place = `then.${index}`;
      find.at = stage.now;
      check(stage, find);
    }
    find.place = place;
  };
  look();
  stage.watch(look);
}
