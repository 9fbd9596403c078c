/** The sources of a scenario, in the order in which those of one instant are asked. */
import {assert} from '../../../engine/index.ts';
import type {Scenario, TimedEvent, Workload} from '../../scenario/schema.ts';
import type {Supplies} from '../../supplies.ts';
import {ArrivalSource} from './arrival-source.ts';
import {JobSource} from './job-source.ts';
import {OutageSource} from './outage-source.ts';
import {PodSource} from './pod-source.ts';
import {ScriptSource} from './script-source.ts';
import type {Cue} from './script-source.ts';
import {ServiceSource} from './service-source.ts';
import type {Source} from './source.ts';

export interface SourceContext {
  readonly frameworkOf: ReadonlyMap<string, number>;
}

/** Outages come first, then workloads, then the script: an event finds the apps of its instant. */
export function makeSources(
  scenario: Scenario,
  supplies: Supplies,
  context: SourceContext,
): readonly Source[] {
  const sources: Source[] = [];
  for (const [index, failure] of scenario.failures.entries()) {
    if (failure.kind !== 'outages') continue;
    sources.push(new OutageSource(failure, index, supplied(supplies.outages, index)));
  }
  for (const workload of scenario.workloads) {
    const source = workloadSource(workload, scenario.seed, supplies, context);
    if (source !== undefined) sources.push(source);
  }
  const cues = cuesOf(scenario, context);
  if (cues.length > 0) sources.push(new ScriptSource(cues));
  return sources;
}

function workloadSource(
  workload: Workload,
  seed: number,
  supplies: Supplies,
  {frameworkOf}: SourceContext,
): Source | undefined {
  const framework = supplied(frameworkOf, workload.framework);
  switch (workload.kind) {
    case 'app':
    case 'group':
    case 'job':
      return undefined;
    case 'jobs':
      return new JobSource(workload, framework, supplied(supplies.jobs, workload.name));
    case 'services': {
      const trace = supplied(supplies.services, workload.name);
      return new ServiceSource(workload, framework, trace);
    }
    case 'pods':
      return new PodSource(workload, framework, supplied(supplies.pods, workload.name));
    case 'arrivals':
      return new ArrivalSource(workload, framework, seed);
    default:
      return workload satisfies never;
  }
}

function cuesOf(scenario: Scenario, {frameworkOf}: SourceContext): readonly Cue[] {
  const apps = scenario.workloads.flatMap((workload): Cue[] => {
    const {kind, atMs} = workload;
    const framework = supplied(frameworkOf, workload.framework);
    if (workload.kind === 'job') {
      return [{kind: 'workload', atMs, framework, workload, label: `jobs ${workload.name}`}];
    }
    if (workload.kind !== 'app' && workload.kind !== 'group') return [];
    const {id} = workload.kind === 'app' ? workload.app : workload.group;
    return [{kind: 'workload', atMs, framework, workload, label: `${kind} ${id}`}];
  });
  const events = scenario.events.map((event, index): Cue => {
    const {atMs} = event;
    const framework = 'framework' in event ? supplied(frameworkOf, event.framework) : 0;
    return {kind: 'event', atMs, framework, event, index, label: labelOf(event)};
  });
  return [...apps, ...events];
}

/** How messages call an event. */
function labelOf(event: TimedEvent): string {
  if ('app' in event) return `${event.kind} of ${event.app}`;
  if ('job' in event) return `${event.kind} of ${event.job}`;
  if (event.kind === 'group') return `group ${event.group.id}`;
  if (event.kind === 'removeGroup') return `removeGroup of ${event.group}`;
  if (event.kind === 'request') return `${event.method} ${event.path}`;
  if ('role' in event) return `${event.kind} of ${event.role}`;
  return event.kind === 'fault' ? event.fault : event.kind;
}

function supplied<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key): Value {
  const value = map.get(key);
  assert(value !== undefined, () => `nothing was supplied for ${String(key)}`);
  return value;
}
