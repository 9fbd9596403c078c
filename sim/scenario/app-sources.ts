/** Where the apps of a scenario come from, as far as that is known before it runs. */
import type {TimedEvent, Workload} from './schema.ts';
import {absoluteAppId} from './workloads.ts';

export interface AppSource {
  readonly framework: string;
  readonly ids: readonly string[];
  /** Any app whose id begins with this may come from it, too. */
  readonly prefix?: string;
}

/** Of the services of a trace only the first part of their ids is known before it is read. */
const SERVICES_PREFIX = '/dlrm/';

export function workloadSources(workloads: readonly Workload[]): readonly AppSource[] {
  return workloads.flatMap((workload): readonly AppSource[] => {
    const {framework} = workload;
    switch (workload.kind) {
      case 'app':
        return [{framework, ids: [absoluteAppId(workload.app.id)]}];
      case 'group':
        return [{framework, ids: workload.appIds}];
      case 'services':
        return [{framework, ids: [], prefix: SERVICES_PREFIX}];
      default:
        return [];
    }
  });
}

/** A request may define anything. */
export function eventSources(events: readonly TimedEvent[]): readonly AppSource[] {
  return events.flatMap((event): readonly AppSource[] => {
    if (event.kind === 'group') return [{framework: event.framework, ids: event.appIds}];
    return event.kind === 'request' ? [{framework: event.framework, ids: [], prefix: '/'}] : [];
  });
}

/** Whether an app comes (or may come) from this source. */
export function mayDefine({ids, prefix}: AppSource, id: string): boolean {
  return ids.includes(id) || (prefix !== undefined && id.startsWith(prefix));
}
