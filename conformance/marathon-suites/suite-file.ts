/** The form of the case files of Marathon and Chronos: a suite a file, with defaults for all. */
import {fieldsOf, listOf, mapOf, textOf, UnknownInCase} from '../case.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A case as it is written. */
export interface SuiteCase {
  /** `<suite>/<slug>`, unique in its file. */
  readonly id: string;
  readonly title: string;
  /** A map in all suites that have defaults for it. */
  readonly given: unknown;
  readonly when: unknown;
  readonly expected: unknown;
  /** An option that an engine need not offer. */
  readonly optional: string | undefined;
}

export interface SuiteFile {
  readonly suite: string;
  /** What the paths of a server begin with, where the suite says so: Chronos's do. */
  readonly prefix: string | undefined;
  readonly defaults: Fields;
  readonly cases: readonly SuiteCase[];
}

/** Whether a document has this form, not that of a single case. */
export function isSuiteFile(document: unknown): boolean {
  return typeof document === 'object' && document !== null && 'cases' in document;
}

const FORMAT_VERSION = 1;
/** Those in the second row belong to one suite each and tell what its README section tells. */
const HEAD_OPTIONAL = [
  ...['about', 'provenance', 'defaults', 'prefix'],
  ...['funnel', 'cluster', 'times', 'tzdata', 'events'],
] as const;
const CASE_OPTIONAL = [
  'given',
  'when',
  'then',
  'decision',
  'historic',
  'source',
  'note',
  'optional',
] as const;

/**
 * Reads a file that {@link isSuiteFile}.
 * @throws UnknownInCase for what this form does not have, and where there is no case
 */
export function readSuiteFile(document: unknown): SuiteFile {
  const head = fieldsOf(document, 'file', ['suite', 'formatVersion', 'cases'], HEAD_OPTIONAL);
  const suite = textOf(head['suite'], 'suite');
  if (head['formatVersion'] !== FORMAT_VERSION) {
    const found = JSON.stringify(head['formatVersion']);
    throw new UnknownInCase(`formatVersion ${found}: only ${FORMAT_VERSION} is known`);
  }
  const cases = listOf(head['cases'], 'cases').map((item, at) => readCase(item, at, suite));
  if (cases.length === 0) throw new UnknownInCase('there are no cases in it');
  const ids = new Set<string>();
  for (const {id} of cases) {
    if (ids.has(id)) throw new UnknownInCase(`two cases have the id '${id}'`);
    ids.add(id);
  }
  const {prefix} = head;
  return {
    suite,
    prefix: prefix === undefined ? undefined : textOf(prefix, 'prefix'),
    defaults: mapOf(head['defaults'] ?? {}, 'defaults'),
    cases,
  };
}

function readCase(value: unknown, at: number, suite: string): SuiteCase {
  const fields = fieldsOf(value, `case ${at + 1}`, ['id', 'title'], CASE_OPTIONAL);
  const id = textOf(fields['id'], `id of case ${at + 1}`);
  if (!id.startsWith(`${suite}/`)) {
    throw new UnknownInCase(`the id '${id}' does not begin with '${suite}/'`);
  }
  const {optional} = fields;
  return {
    id,
    title: textOf(fields['title'], `title of ${id}`),
    given: fields['given'],
    when: fields['when'],
    expected: fields['then'],
    optional: optional === undefined ? undefined : textOf(optional, `optional of ${id}`),
  };
}

/** The situation with what it leaves out: field by field, and one level deep in each object. */
export function withDefaults(defaults: Fields, given: Fields): Fields {
  const deeper = Object.entries(given).map(([name, value]) => {
    const base = defaults[name];
    return [name, isMap(base) && isMap(value) ? {...base, ...value} : value] as const;
  });
  return {...defaults, ...Object.fromEntries(deeper)};
}

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
