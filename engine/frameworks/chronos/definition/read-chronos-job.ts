/**
 * Chronos jobs as their users send them (reference parts 1.1 to 1.3). What Chronos takes silently
 * and cannot mean, such as negative amounts and operators that it does not know, is refused; null
 * is absence; fields that nobody knows are passed over, among them `async` of Chronos 2.
 */
import type {ChronosOptions} from '../../../options.ts';
import {
  defaulted,
  listOf,
  object,
  oneOf,
  refuse,
  required,
  type Fault,
  type Shape,
} from '../../json/json-shape.ts';
import {compileWholeMatch} from '../../placement/patterns.ts';
import {VALUE_MAX} from '../../../resources/thousandths.ts';
import {parsePeriod, periodMs} from '../schedule/period.ts';
import {chronosContainer} from './chronos-container.ts';
import type {ChronosDefinition, JobConstraint, JobFetch} from './job-definition.ts';
import {inWords, looseFlag, looseInteger, looseNumber, looseText} from './loose-shape.ts';
import type {Reading} from './reading.ts';

/** What a job has where its author says nothing. */
export type JobDefaults = Pick<
  ChronosOptions,
  'cpusDefault' | 'diskDefault' | 'memDefault' | 'userDefault'
>;

/** A job that says neither `schedule` nor `parents` runs once, now. */
const ONCE_NOW = 'R1//PT24H';

/**
 * Whether its schedule can be read is for `readTrigger` to say, and whether its parents are there
 * for `admit`.
 */
export function readChronosJob(
  value: unknown,
  {cpusDefault, diskDefault, memDefault, userDefault}: JobDefaults,
): Reading<ChronosDefinition> {
  const faults: Fault[] = [];
  const body = chronosBody(value, '', faults);
  if (body === undefined) return {ok: false, faults: faults.map(inWords)};
  const mirrored = isMirrored(body.uris, body.fetch);
  if (body.uris.length > 0 && body.fetch.length > 0 && !mirrored) {
    refuse(faults, '/uris', 'expected either uris or fetch, not both');
    return {ok: false, faults};
  }
  const {epsilon, parents, schedule, scheduleTimeZone, ...plain} = body;
  const timing =
    parents === undefined
      ? {schedule: schedule ?? ONCE_NOW, scheduleTimeZone}
      : {parents: [...new Set(parents)].sort(), scheduleTimeZone: ''};
  const definition: ChronosDefinition = {
    form: 'chronos',
    ...plain,
    ...timing,
    epsilon: epsilon === '' ? undefined : epsilon,
    cpus: plain.cpus || cpusDefault,
    mem: plain.mem || memDefault,
    disk: plain.disk || diskDefault,
    runAsUser: plain.runAsUser || userDefault,
    uris: mirrored ? [] : plain.uris,
  };
  return {ok: true, value: definition};
}

/** Lists of jobs show each in the form of the other, and clients send back what they read. */
function isMirrored(uris: readonly string[], fetch: readonly JobFetch[]): boolean {
  return (
    uris.length > 0 &&
    uris.length === fetch.length &&
    fetch.every(({uri}, index) => uri === uris[index])
  );
}

const INT_MAX = 2_147_483_647;
/** Thirty years: the ms of it are far from the end of whole numbers. */
const SECONDS_MAX = 1_000_000_000;

const text = defaulted(looseText(), '');
const flag = defaulted(looseFlag, false);
const amount = defaulted(looseNumber(0, VALUE_MAX), 0);
const seconds = looseNumber(0, SECONDS_MAX);

const fetchItem: Shape<JobFetch> = (value, at, faults) => {
  const item = fetchFields(value, at, faults);
  if (item === undefined) return undefined;
  const {output_file: outputFile, ...rest} = item;
  return {...rest, outputFile: outputFile === '' ? undefined : outputFile};
};

const fetchFields = object(
  {
    uri: required(looseText({isFilled: true})),
    executable: flag,
    cache: flag,
    extract: defaulted(looseFlag, true),
  },
  {output_file: looseText()},
);

const OPERATORS = ['EQUALS', 'LIKE', 'UNLIKE'] as const;
const texts = listOf(looseText());

/** `[attribute, OPERATOR, value]`, operators in upper case as Chronos has them. */
const constraint: Shape<JobConstraint> = (value, at, faults) => {
  const list = texts(value, at, faults);
  if (list === undefined) return undefined;
  const [attribute, written, operand] = list;
  if (attribute === undefined || operand === undefined || list.length > 3) {
    return refuse(faults, at, 'expected [attribute, operator, value]');
  }
  if (attribute === '') return refuse(faults, `${at}(0)`, 'must not be empty');
  const operator = OPERATORS.find((known) => known === written);
  if (operator === undefined) {
    return refuse(faults, `${at}(1)`, `expected one of: ${OPERATORS.join(', ')}`);
  }
  if (operator !== 'EQUALS') {
    const compiled = compileWholeMatch(operand);
    if (!compiled.ok) {
      const why = `expected a regular expression of RE2: ${compiled.message}`;
      return refuse(faults, `${at}(2)`, why);
    }
  }
  return {attribute, operator, value: operand};
};

/** Shorter windows are missed by whoever looks at his clock once a second. */
const EPSILON_MS_MIN = 1000;

/** Empty: none, as Chronos' own page sends it. */
const epsilonText: Shape<string> = (value, at, faults) => {
  const written = looseText()(value, at, faults);
  if (written === undefined || written === '') return written;
  const parsed = parsePeriod(written);
  if (!parsed.ok) return refuse(faults, at, parsed.message);
  const ms = periodMs(parsed.period);
  if (ms === undefined) {
    return refuse(faults, at, 'expected a period without years and months, such as PT60S');
  }
  return ms < EPSILON_MS_MIN ? refuse(faults, at, 'must be at least one second, PT1S') : written;
};

const always = {
  name: required(looseText({pattern: /^[\w.-]+$/})),
  command: text,
  shell: defaulted(looseFlag, true),
  arguments: defaulted(texts, []),
  executor: text,
  executorFlags: text,
  taskInfoData: text,
  retries: defaulted(looseInteger(0, INT_MAX), 2),
  owner: text,
  ownerName: text,
  description: text,
  cpus: amount,
  mem: amount,
  disk: amount,
  disabled: flag,
  softError: flag,
  dataProcessingJobType: flag,
  highPriority: flag,
  concurrent: flag,
  maxCompletionTime: defaulted(looseInteger(0, SECONDS_MAX), 0),
  runAsUser: text,
  uris: defaulted(listOf(looseText({isFilled: true})), []),
  fetch: defaulted(listOf(fetchItem), []),
  environmentVariables: defaulted(
    listOf(object({name: required(looseText({isFilled: true})), value: text}, {})),
    [],
  ),
  constraints: defaulted(listOf(constraint), []),
  scheduleTimeZone: text,
};

const maybe = {
  container: chronosContainer,
  schedule: looseText(),
  parents: texts,
  epsilon: epsilonText,
  catchup: oneOf('all', 'latest', 'none'),
  catchupLimit: looseInteger(1, INT_MAX),
  overlap: oneOf('allow', 'buffer-one', 'replace', 'skip'),
  barrier: oneOf('counters', 'cycle'),
  launch: oneOf('again', 'strict'),
  retryDelay: seconds,
  retryBackoff: looseNumber(1, 1000),
  retryMaxDelay: seconds,
  unreachableTimeout: seconds,
};

const chronosBody = object(always, maybe);
