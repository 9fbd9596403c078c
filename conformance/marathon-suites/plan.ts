/** Suite `plan`: the steps of a deployment, and which deployments lock each other. */
import {z} from 'zod';
import {
  dependencyDepths,
  nextVersion,
  planSteps,
  type App,
  type AppChange,
  type PlanSteps,
} from '../../engine/index.ts';
import {anyFields, makeAdapter, nothing} from './adapter.ts';
import {exact, sameSet, subset, type Mismatch} from './compare.ts';
import {storedApp} from './definitions.ts';
import {World} from './world.ts';

const given = z.strictObject({
  from: z.record(z.string(), anyFields).optional(),
  to: z.record(z.string(), anyFields).optional(),
  groups: z.record(z.string(), z.strictObject({dependencies: z.array(z.string()).default([])})),
  toKill: z.record(z.string(), z.array(z.string())).default({}),
  plans: z.array(z.strictObject({affectedApps: z.array(z.string())})).optional(),
  /** What the definitions leave out. */
  app: anyFields,
});
type Given = z.output<typeof given>;

const action = z.strictObject({
  action: z.enum(['StartApplication', 'StopApplication', 'RestartApplication', 'ScaleApplication']),
  app: z.string(),
  instances: z.int().optional(),
  toKill: z.array(z.string()).optional(),
});

interface PlanResult {
  readonly valid: boolean;
  readonly steps: PlanSteps;
  readonly affectedApps: readonly string[];
  readonly conflict?: boolean | undefined;
}

const INVALID: PlanResult = {valid: false, steps: [], affectedApps: []};

export const plan = makeAdapter({
  given,
  when: nothing,
  expected: z.strictObject({
    steps: z.array(z.array(action)).optional(),
    affectedApps: z.array(z.string()).optional(),
    valid: z.boolean().default(true),
    conflict: z.boolean().optional(),
  }),
  run: ({given: value}, seed): PlanResult => {
    const [first, second] = (value.plans ?? []).map(({affectedApps}) => affectedApps);
    const conflict =
      first === undefined || second === undefined ? undefined : isLocked(first, second, seed);
    const before = new Map<string, App>();
    for (const [id, fields] of Object.entries(value.from ?? {})) {
      const app = appOf(id, fields, value);
      if (app === undefined) return INVALID;
      before.set(id, app);
    }
    const after = new Map<string, App>();
    for (const [id, {restart, ...fields}] of Object.entries(value.to ?? {})) {
      const app = appOf(id, fields, value);
      if (app === undefined) return INVALID;
      const options = {at: 1000, restart: restart === true};
      after.set(id, nextVersion(before.get(id), app.definition, options));
    }
    const steps = stepsOf(before, after, value);
    return {valid: true, steps, affectedApps: steps.flat().map(({app}) => app), conflict};
  },
  judge: ({steps, affectedApps, ...equal}, result): readonly Mismatch[] => [
    ...subset(equal, result),
    ...(steps === undefined ? [] : stepMismatches(steps, result.steps)),
    ...(affectedApps === undefined
      ? []
      : sameSet(affectedApps, result.affectedApps, 'affectedApps')),
  ],
});

/** What the definition leaves out is the suite's, but no command where there are arguments. */
function appOf(id: string, fields: Given['app'], {app}: Given): App | undefined {
  const {cmd, ...others} = app;
  return storedApp(id, {...others, ...(fields['args'] === undefined && {cmd}), ...fields});
}

/** Without any agent nothing ends: does the second change meet the lock of the first? */
function isLocked(first: readonly string[], second: readonly string[], seed: number): boolean {
  const world = new World({seed, agents: []});
  const put = (id: string, cmd: string) => world.request({kind: 'appPut', app: {id, cmd}});
  for (const id of first) put(id, 'sleep 1000');
  return second.map((id) => put(id, 'sleep 2000')).some(({ok}) => !ok);
}

function stepsOf(
  before: ReadonlyMap<string, App>,
  after: ReadonlyMap<string, App>,
  {groups, toKill}: Given,
): PlanSteps {
  const graph = new Map(
    [...after].map(([id, {definition}]) => {
      const above = Object.entries(groups).filter(
        ([group]) => group === '/' || id.startsWith(`${group}/`),
      );
      const own = definition.dependencies ?? [];
      return [id, [...own, ...above.flatMap(([, {dependencies}]) => dependencies)]] as const;
    }),
  );
  const depths = dependencyDepths(graph);
  const changes: AppChange[] = [...new Set([...before.keys(), ...after.keys()])].map((id) => ({
    id,
    from: before.get(id),
    to: after.get(id),
    toKill: toKill[id],
  }));
  return planSteps(changes, (id) => depths?.get(id) ?? 1);
}

/** Steps in order, each an unordered set of actions, of which one app has one. */
function stepMismatches(
  expected: readonly (readonly z.output<typeof action>[])[],
  steps: PlanSteps,
): readonly Mismatch[] {
  const byApp = <T extends {readonly app: string}>(step: readonly T[]): readonly T[] =>
    step.toSorted((left, right) => (left.app < right.app ? -1 : 1));
  if (expected.length !== steps.length) return exact(expected, steps, 'steps');
  return expected.flatMap((step, at) => subset(byApp(step), byApp(steps[at] ?? []), `steps.${at}`));
}
