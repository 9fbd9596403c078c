/** Suite `http`: sequences of requests to an empty server, with agents that run what they get. */
import {z} from 'zod';
import {UnknownInCase} from '../case.ts';
import {makeAdapter} from './adapter.ts';
import {exact, isFields, valueAt} from './compare.ts';
import {expectation, judgeAnswer} from './http-expectation.ts';
import {HttpServer, type Answer} from './http-server.ts';
import {pollSchema, pollServer, type Polled} from './http-poll.ts';

const agent = z.strictObject({
  cpus: z.number(),
  mem: z.number(),
  disk: z.number().default(0),
  gpus: z.number().default(0),
  ports: z.array(z.tuple([z.int(), z.int()])),
  taskStartMs: z.int(),
  taskKillMs: z.int(),
});

const given = z.strictObject({
  agents: z.array(agent),
  headers: z.record(z.string(), z.string()),
});

const request = z.strictObject({
  method: z.string(),
  path: z.string(),
  body: z.unknown().optional(),
  rawBody: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
});

/** A name and where its answer comes from, and which fields of the answers are compared. */
const comparison = z
  .looseObject({
    fields: z.array(z.string()),
    expect: z.enum(['same', 'different']).default('same'),
  })
  .transform(({fields, expect, ...sources}) => ({
    fields,
    expect,
    sources: z.record(z.string(), z.string()).parse(sources),
  }));
type Comparison = z.output<typeof comparison>;

const step = z.union([
  z.strictObject({request, expect: expectation}),
  z.strictObject({await: pollSchema}),
  z.strictObject({let: z.record(z.string(), z.string())}),
  z.strictObject({save: z.record(z.string(), z.string())}),
  z.strictObject({compareSaved: comparison}),
  z.strictObject({compareVersionInfo: comparison}),
  z.strictObject({openEvents: z.string()}),
  z.strictObject({
    expectEvents: z.array(z.string()),
    order: z.enum(['any', 'exact']).default('any'),
  }),
]);
type Step = z.output<typeof step>;

type Observed =
  | {readonly kind: 'answer'; readonly answer: Answer}
  | ({readonly kind: 'polled'} & Polled)
  | {readonly kind: 'read'; readonly values: Readonly<Record<string, unknown>>}
  | {readonly kind: 'compared'; readonly before: unknown; readonly now: unknown}
  | {readonly kind: 'events'; readonly types: readonly string[]}
  | {readonly kind: 'done'};

export const http = makeAdapter({
  given,
  when: z.array(step),
  expected: z.strictObject({}),
  run: ({given: value, when}, seed) => {
    const player = new Player(value, seed);
    return when.map((one) => player.play(one));
  },
  judge: (_, result, {when}) =>
    when.flatMap((one, at) => {
      const seen = result[at];
      return seen === undefined
        ? [{path: `when.${at}`, expected: 'a result', actual: undefined}]
        : judgeStep(one, seen, `when.${at}`);
    }),
});

function judgeStep(one: Step, seen: Observed, path: string) {
  if ('request' in one && seen.kind === 'answer') return judgeAnswer(one.expect, seen.answer, path);
  switch (seen.kind) {
    case 'polled':
      return seen.holds
        ? []
        : [{path: `${path}.await`, expected: 'await' in one ? one.await : '', actual: seen.last}];
    case 'read':
      return Object.entries(seen.values)
        .filter(([, value]) => value === null)
        .map(([name]) => ({path: `${path}.let.${name}`, expected: 'a value', actual: undefined}));
    case 'compared':
      return 'compareSaved' in one
        ? judgeComparison(one.compareSaved, seen, `${path}.compareSaved`)
        : 'compareVersionInfo' in one
          ? judgeComparison(one.compareVersionInfo, seen, `${path}.compareVersionInfo`)
          : [];
    case 'events':
      return 'expectEvents' in one ? judgeEvents(one, seen.types, path) : [];
    case 'answer':
    case 'done':
      return [];
  }
}

/** The values of the fields, wherever they stand. */
function judgeComparison(
  {fields, expect}: Comparison,
  {before, now}: {readonly before: unknown; readonly now: unknown},
  path: string,
) {
  return fields.flatMap((field) => {
    const [old, fresh] = [valuesOf(field, before), valuesOf(field, now)];
    if (old.length === 0) return [{path, expected: `a field ${field}`, actual: before}];
    if (expect === 'same') return exact(old.sort(), fresh.sort(), `${path}.${field}`);
    const both = fresh.filter((value) => old.includes(value));
    return both.length === 0 && fresh.length > 0
      ? []
      : [{path: `${path}.${field}`, expected: {otherThan: old}, actual: fresh}];
  });
}

function valuesOf(field: string, value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => valuesOf(field, item));
  if (!isFields(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === field ? [JSON.stringify(inner)] : valuesOf(field, inner),
  );
}

/** That a stream was opened may be told, too, and need not. */
const ATTACHED = 'event_stream_attached';

function judgeEvents(
  {expectEvents, order}: Extract<Step, {expectEvents: unknown}>,
  types: readonly string[],
  path: string,
) {
  const at = `${path}.expectEvents`;
  const seen = expectEvents.includes(ATTACHED) ? types : types.filter((type) => type !== ATTACHED);
  if (order === 'exact') return exact(expectEvents, seen, at);
  return exact(expectEvents.toSorted(), seen.toSorted(), at);
}

class Player {
  readonly #server: HttpServer;
  readonly #variables = new Map<string, unknown>();
  readonly #saved = new Map<string, unknown>();

  constructor({agents, headers}: z.output<typeof given>, seed: number) {
    this.#server = new HttpServer(agents, headers, seed);
  }

  play(one: Step): Observed {
    if ('request' in one) return {kind: 'answer', answer: this.#request(one.request)};
    if ('await' in one) return {kind: 'polled', ...pollServer(this.#server, one.await)};
    if ('let' in one) return {kind: 'read', values: this.#read(one.let)};
    if ('save' in one) {
      for (const [name, path] of Object.entries(one.save)) {
        this.#saved.set(name, this.#server.get(this.#filled(path)).body);
      }
      return {kind: 'done'};
    }
    if ('compareSaved' in one) return this.#compared(one.compareSaved);
    if ('compareVersionInfo' in one) return this.#compared(one.compareVersionInfo);
    if ('openEvents' in one) {
      this.#server.openEvents(this.#filled(one.openEvents));
      return {kind: 'done'};
    }
    return {kind: 'events', types: this.#server.takeEvents()};
  }

  #request({method, path, body, rawBody, headers}: z.output<typeof request>): Answer {
    const filled = body === undefined ? undefined : this.#filled(JSON.stringify(body));
    return this.#server.request(method, this.#filled(path), {body: rawBody ?? filled, headers});
  }

  #read(wanted: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
    return Object.fromEntries(
      Object.entries(wanted).map(([name, source]) => {
        const [path = '', inner = ''] = source.split('#');
        const value = valueAt(this.#server.get(this.#filled(path)).body, inner) ?? null;
        this.#variables.set(name, value);
        return [name, value];
      }),
    );
  }

  #compared({sources}: Comparison): Observed {
    const [first, ...others] = Object.entries(sources);
    if (first === undefined || others.length > 0) {
      throw new UnknownInCase('a comparison has one name and its path');
    }
    const [name, path] = first;
    if (!this.#saved.has(name)) throw new UnknownInCase(`nothing is saved as '${name}'`);
    const now = this.#server.get(this.#filled(path)).body;
    return {kind: 'compared', before: this.#saved.get(name), now};
  }

  /** With the values in place of `${name}`. */
  #filled(text: string): string {
    return text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => {
      if (!this.#variables.has(name)) throw new UnknownInCase(`'${name}' was never read`);
      return String(this.#variables.get(name));
    });
  }
}
