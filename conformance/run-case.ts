/** Runs one conformance case: what is not known is refused by name, never passed over. */
import {makeAllocatorSuite} from './allocator-suite.ts';
import {
  Difference,
  fieldsOf,
  listOf,
  mapOf,
  resolve,
  textOf,
  UnknownInCase,
  type Case,
  type Verdict,
} from './case.ts';
import {makeOfferConstraintsSuite} from './offer-constraints-suite.ts';
import {makeResourcesSuite} from './resources-suite.ts';
import {makeRolesSuite} from './roles-suite.ts';
import {makeSorterSuite} from './sorter-suite.ts';
import type {Suite} from './suite.ts';

/** `document` is the content of a case file; `seed` decides the engine's random choices. */
export function runCase(document: unknown, seed: number): Verdict {
  let step = 0;
  try {
    const makeSuite = suiteNamed(document);
    const {config, define, steps} = readCase(document);
    const suite = makeSuite(config, seed);
    for (const raw of steps) {
      step += 1;
      runStep(suite, resolve(raw, define ?? {}));
    }
    return {kind: 'passed'};
  } catch (error) {
    if (error instanceof UnknownInCase) return {kind: 'refused', step, message: error.message};
    if (error instanceof Difference) return {kind: 'failed', step, message: error.message};
    throw error;
  }
}

function readCase(document: unknown): Case {
  const fields = fieldsOf(
    document,
    'case',
    ['id', 'title', 'suite', 'steps'],
    ['config', 'define'],
  );
  return {
    id: textOf(fields['id'], 'id'),
    title: textOf(fields['title'], 'title'),
    suite: textOf(fields['suite'], 'suite'),
    config: mapOf(fields['config'] ?? {}, 'config'),
    define: mapOf(fields['define'] ?? {}, 'define'),
    steps: listOf(fields['steps'], 'steps'),
  };
}

type MakeSuite = (config: unknown, seed: number) => Suite;

const SUITES: ReadonlyMap<string, MakeSuite> = new Map<string, MakeSuite>([
  ['allocator', makeAllocatorSuite],
  ['offer-constraints', makeOfferConstraintsSuite],
  ['resources', makeResourcesSuite],
  ['roles', makeRolesSuite],
  ['sorter', makeSorterSuite],
]);

/** Asked before anything else of the case: the cases of another suite may have another form. */
function suiteNamed(document: unknown): MakeSuite {
  const {suite} = mapOf(document, 'case');
  if (suite === undefined) throw new UnknownInCase("case: field 'suite' is missing");
  const make = SUITES.get(textOf(suite, 'suite'));
  if (make !== undefined) return make;
  const known = [...SUITES.keys()].join(', ');
  throw new UnknownInCase(`unknown suite ${JSON.stringify(suite)}; known are ${known}`);
}

/** Fields that stand beside the name of a step. */
const BESIDE: ReadonlySet<string> = new Set([
  'anyAgentOrder',
  'args',
  'is',
  'error',
  'isOneOf',
  'runs',
  'eachSeen',
]);

function runStep(suite: Suite, step: unknown): void {
  const map = mapOf(step, 'step');
  const [name = '', ...others] = Object.keys(map).filter((key) => !BESIDE.has(key));
  if (others.length > 0) throw new UnknownInCase(`${name}: unknown field '${others.join(', ')}'`);
  const {[name]: value, ...beside} = map;
  for (const flag of Object.keys(beside)) {
    if (suite.flagsOf(name).includes(flag)) continue;
    throw new UnknownInCase(`${name}: unknown field '${flag}'`);
  }
  if (name === 'repeat') repeat(suite, value);
  else suite.step(name, value, beside);
}

function repeat(suite: Suite, value: unknown): void {
  const {times, steps} = fieldsOf(value, 'repeat', ['times', 'steps']);
  for (let round = 0; round < Number(times); round += 1) {
    for (const step of listOf(steps, 'repeat.steps')) runStep(suite, step);
  }
}
