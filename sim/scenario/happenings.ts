/** What happens to a cluster in a scenario: timed events and failure processes. */
import {meanOf} from '../random/distributions.ts';
import {checkSelection} from './agents.ts';
import {eventSources, workloadSources} from './app-sources.ts';
import type {ScenarioFile} from './file-schema.ts';
import {
  resolveBringer,
  resolveMarathonEvent,
  type MarathonScope,
  type WrittenBringer,
  type WrittenChange,
} from './marathon-events.ts';
import {isJobEvent, resolveJobEvent} from './job-events.ts';
import {knownJobs, type KnownJobs} from './known-jobs.ts';
import {resolveOperatorEvent} from './operator-events.ts';
import type {FieldPath} from './problems.ts';
import {optional, type Resolving} from './resolving.ts';
import type {
  AgentGroup,
  AgentSelection,
  FailureProcess,
  FaultKind,
  Framework,
  TimedEvent,
  Workload,
} from './schema.ts';
import {sourceOf} from './workloads.ts';

type WrittenEvent = NonNullable<ScenarioFile['events']>[number];
type WrittenFailure = NonNullable<ScenarioFile['failures']>[number];

/** What events may refer to. */
export interface EventScope {
  readonly agents: readonly AgentGroup[];
  readonly frameworks: readonly Framework[];
  readonly workloads: readonly Workload[];
  /** Those of frameworks, and all above them. */
  readonly roles: ReadonlySet<string>;
}

/** In the order in which they happen. */
export function resolveEvents(
  written: readonly WrittenEvent[],
  scope: EventScope,
  resolving: Resolving,
): TimedEvent[] {
  // What brings apps is resolved first: the others may be about these.
  const bringers = written.map((event, index) =>
    'request' in event || 'group' in event
      ? resolveBringer(event, scope.frameworks, ['events', index], resolving)
      : undefined,
  );
  const brought = eventSources(bringers.filter((event) => event !== undefined));
  const sources = [...workloadSources(scope.workloads), ...brought];
  const requests = bringers.filter((event) => event !== undefined);
  const jobs = knownJobs(scope.workloads, requests, scope.frameworks);
  const others = {...scope, sources, jobs};
  return written
    .map((event, index) => {
      if ('request' in event || 'group' in event) return bringers[index] as TimedEvent;
      return resolveEvent(event, others, ['events', index], resolving);
    })
    .sort((left, right) => left.atMs - right.atMs);
}

type OtherEvent = Exclude<WrittenEvent, WrittenBringer>;
type OtherScope = EventScope & MarathonScope & {readonly jobs: KnownJobs};

const OF_MARATHON = [
  'scale',
  'upgrade',
  'restart',
  'remove',
  'removeGroup',
  'deployment',
  'killTasks',
  'failover',
  'health',
] as const;

function isOfMarathon(written: OtherEvent): written is WrittenChange {
  return OF_MARATHON.some((name) => name in written);
}

function resolveEvent(
  written: OtherEvent,
  scope: OtherScope,
  path: FieldPath,
  resolving: Resolving,
): TimedEvent {
  const atMs = written.at;
  if ('kill' in written) return resolveFault('crash', written.kill);
  if ('partition' in written) return resolveFault('partition', written.partition);
  if (isJobEvent(written)) return resolveJobEvent(written, scope.jobs, path, resolving);
  if (isOfMarathon(written)) return resolveMarathonEvent(written, scope, path, resolving);
  return resolveOperatorEvent(written, scope, path, resolving);

  function resolveFault(
    fault: FaultKind,
    {agents, for: forMs}: {agents: AgentSelection; for?: number | undefined},
  ): TimedEvent {
    const field = fault === 'crash' ? 'kill' : 'partition';
    checkSelection(agents, scope.agents, [...path, field, 'agents'], resolving);
    return {atMs, kind: 'fault', fault, agents, ...optional('forMs', forMs)};
  }
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
