import test from 'ava';
import fc from 'fast-check';
import {dependency} from './dependency.ts';

const JOBS = ['a', 'b', 'c', 'd', 'e'] as const;

/** Each job's parents are among those before it. */
const graph = fc
  .tuple(...JOBS.map((_, at) => fc.subarray(JOBS.slice(0, at))))
  .map((lists) => new Map(JOBS.map((name, at) => [name, lists[at] ?? []] as const)));

const stimulus = fc.oneof(
  {weight: 5, arbitrary: fc.record({success: fc.constantFrom(...JOBS)})},
  {weight: 2, arbitrary: fc.record({start: fc.constantFrom(...JOBS)})},
  {weight: 1, arbitrary: fc.record({failure: fc.constantFrom(...JOBS)})},
  {weight: 1, arbitrary: fc.constant({leaderChange: true} as const)},
);
type Stimulus = typeof stimulus extends fc.Arbitrary<infer T> ? T : never;
type Graph = typeof graph extends fc.Arbitrary<infer T> ? T : never;

/** Counters as the reference tells of them (part 3.2). */
class Counters {
  readonly #graph: Graph;
  readonly #counts = new Map<string, number>();

  constructor(parents: Graph) {
    this.#graph = parents;
  }

  /** The jobs that are fired. */
  take(one: Stimulus): readonly string[] {
    if ('start' in one) {
      for (const key of this.#counts.keys()) {
        if (key.endsWith(`>${one.start}`)) this.#counts.delete(key);
      }
    }
    return 'success' in one ? JOBS.filter((child) => this.#fires(one.success, child)) : [];
  }

  #fires(parent: string, child: (typeof JOBS)[number]): boolean {
    const parents = this.#graph.get(child) ?? [];
    if (!parents.some((name) => name === parent)) return false;
    if (parents.length === 1) return true;
    const countOf = (name: string): number => this.#counts.get(`${name}>${child}`) ?? 0;
    this.#counts.set(`${parent}>${child}`, countOf(parent) + 1);
    return countOf(parent) === Math.min(...parents.map(countOf));
  }
}

test('an engine fires what counters on paper fire, whatever succeeds, starts and changes', (t) => {
  fc.assert(
    fc.property(graph, fc.array(stimulus, {maxLength: 12}), (jobs, when) => {
      const parents = Object.fromEntries([...jobs].filter(([, names]) => names.length > 0));
      const counters = new Counters(jobs);
      const expected = {after: when.map((one) => ({fire: counters.take(one)}))};
      const one = {id: 'dependency/x', title: '', given: {parents}, when, expected};
      const prepared = dependency.prepare({...one, optional: undefined}, {});
      const result: unknown = JSON.parse(JSON.stringify(prepared.run(0)));
      t.deepEqual(prepared.judge(result), []);
    }),
    {numRuns: 60},
  );
});
