/** What happens to a cluster in a scenario: timed events and failure processes. */
import {meanOf} from '../random/distributions.ts';
import {checkSelection} from './agents.ts';
import type {ScenarioFile} from './file-schema.ts';
import {resolveOperatorEvent} from './operator-events.ts';
import type {FieldPath} from './problems.ts';
import {optional, type Resolving} from './resolving.ts';
import type {
  AgentGroup,
  AgentSelection,
  FailureProcess,
  FaultKind,
  TimedEvent,
  Workload,
} from './schema.ts';
import {absoluteAppId, sourceOf} from './workloads.ts';

type WrittenEvent = NonNullable<ScenarioFile['events']>[number];
type WrittenFailure = NonNullable<ScenarioFile['failures']>[number];

/** What events may refer to. */
export interface World {
  readonly agents: readonly AgentGroup[];
  readonly workloads: readonly Workload[];
  /** Those of frameworks, and all above them. */
  readonly roles: ReadonlySet<string>;
}

/** In the order in which they happen. */
export function resolveEvents(
  written: readonly WrittenEvent[],
  world: World,
  resolving: Resolving,
): TimedEvent[] {
  return written
    .map((event, index) => resolveEvent(event, world, ['events', index], resolving))
    .sort((left, right) => left.atMs - right.atMs);
}

function resolveEvent(
  written: WrittenEvent,
  world: World,
  path: FieldPath,
  resolving: Resolving,
): TimedEvent {
  const atMs = written.at;
  if ('kill' in written) return resolveFault('crash', written.kill);
  if ('partition' in written) return resolveFault('partition', written.partition);
  if ('scale' in written) {
    const target = targetOf(written.scale, world, [...path, 'scale'], resolving);
    return {atMs, kind: 'scale', ...target, instances: written.scale.instances};
  }
  if ('upgrade' in written) {
    const target = targetOf(written.upgrade, world, [...path, 'upgrade'], resolving);
    return {atMs, kind: 'upgrade', ...target, patch: written.upgrade.with};
  }
  if ('remove' in written) {
    const target = targetOf(written.remove, world, [...path, 'remove'], resolving);
    return {atMs, kind: 'remove', ...target};
  }
  if ('health' in written) {
    const {answer} = written.health;
    const target = targetOf(written.health, world, [...path, 'health'], resolving);
    return {
      atMs,
      kind: 'health',
      ...target,
      ...optional('answer', answer === 'usual' ? undefined : answer),
    };
  }
  return resolveOperatorEvent(written, world, path, resolving);

  function resolveFault(
    fault: FaultKind,
    {agents, for: forMs}: {agents: AgentSelection; for?: number | undefined},
  ): TimedEvent {
    const field = fault === 'crash' ? 'kill' : 'partition';
    checkSelection(agents, world.agents, [...path, field, 'agents'], resolving);
    return {atMs, kind: 'fault', fault, agents, ...optional('forMs', forMs)};
  }
}

interface WrittenTarget {
  readonly app: string;
  readonly framework?: string | undefined;
}

/** The app that an event is about, and its framework. */
function targetOf(
  {app, framework}: WrittenTarget,
  {workloads}: World,
  path: FieldPath,
  resolving: Resolving,
): {readonly app: string; readonly framework: string} {
  const id = absoluteAppId(app);
  const owner = workloads.find(
    (workload) =>
      definesApp(workload, id) && (framework ?? workload.framework) === workload.framework,
  );
  if (owner !== undefined) return {app: id, framework: owner.framework};
  const ids = workloads.flatMap((workload) =>
    workload.kind === 'app' ? [absoluteAppId(workload.app.id)] : [],
  );
  const of = framework === undefined ? '' : ` of framework "${framework}"`;
  const hint = ids.length === 0 ? '' : `; known: ${ids.slice(0, 10).join(', ')}`;
  resolving.problem([...path, 'app'], `no workload${of} defines an app "${id}"${hint}`);
  return {app: id, framework: framework ?? ''};
}

/** Of the services of a trace only the first part of their ids is known before it is read. */
export const SERVICES_PREFIX = '/dlrm/';

/** Whether an app comes (for services: may come) from this workload. */
export function definesApp(workload: Workload, id: string): boolean {
  if (workload.kind === 'app') return absoluteAppId(workload.app.id) === id;
  return workload.kind === 'services' && id.startsWith(SERVICES_PREFIX);
}

export function resolveFailures(
  written: readonly WrittenFailure[],
  agents: readonly AgentGroup[],
  resolving: Resolving,
): FailureProcess[] {
  return written.flatMap((failure, index) => {
    const path = ['failures', index];
    const selection = failure.agents ?? {};
    checkSelection(selection, agents, [...path, 'agents'], resolving);
    return resolveFailure(failure, selection, path, resolving) ?? [];
  });
}

function resolveFailure(
  written: WrittenFailure,
  agents: AgentSelection,
  path: FieldPath,
  resolving: Resolving,
): FailureProcess | undefined {
  const fault = written.kind ?? 'crash';
  if ('every' in written) {
    if (meanOf(written.every) === 0) {
      resolving.problem(
        [...path, 'every'],
        'expected a mean above 0: the agents would never be up',
      );
    }
    const forMs = optional('forMs', written.for);
    return {kind: 'perAgent', fault, agents, everyMs: written.every, ...forMs};
  }
  const {outages, intensityScale = 1, timeScale = 1} = written;
  const source = sourceOf<'outages', 'facebook'>(
    outages,
    undefined,
    [...path, 'outages'],
    resolving,
  );
  return source && {kind: 'outages', fault, agents, source, intensityScale, timeScale};
}
