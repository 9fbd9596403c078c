/** The deployments of Marathon, followed through its events: when each began and how it ended. */
import type {FrameworkEvent} from '../../engine/index.ts';
import type {DeploymentResult, DeploymentsResult} from '../result.ts';

/** Told one by one; of those that come after these there are the counts. */
const LIST_MAX = 1000;

type Entry = {-readonly [Field in keyof DeploymentResult]: DeploymentResult[Field]};

function become(entry: Entry, outcome: Entry['outcome'], {reason}: FrameworkEvent): Entry {
  entry.outcome = outcome;
  delete entry.reason;
  if (typeof reason === 'string') entry.reason = reason;
  return entry;
}

export interface DeploymentMeterSnapshot {
  readonly list: readonly DeploymentResult[];
  /** By id: those under way. */
  readonly open: readonly (readonly [id: string, entry: DeploymentResult])[];
  readonly succeeded: number;
  readonly failed: number;
}

export class DeploymentMeter {
  /** Those under way are in {@link #open} too, as the same objects. */
  #list: Entry[] = [];
  readonly #open = new Map<string, Entry>();
  #succeeded = 0;
  #failed = 0;

  observe(now: number, framework: string, event: FrameworkEvent): void {
    const entry = (): Entry => this.#entryOf(now, framework, event);
    switch (event.type) {
      case 'deployment_info':
        entry();
        return;
      case 'deployment_paused':
        become(entry(), 'paused', event);
        return;
      case 'deployment_resumed':
        become(entry(), 'running', event);
        return;
      case 'deployment_success':
        this.#succeeded += 1;
        this.#end(become(entry(), 'succeeded', event), now);
        return;
      case 'deployment_failed':
        this.#failed += 1;
        this.#end(become(entry(), 'failed', event), now);
        return;
      default:
    }
  }

  #entryOf(now: number, framework: string, event: FrameworkEvent): Entry {
    const plan = event['plan'] as Plan;
    const known = this.#open.get(plan.id);
    if (known !== undefined) return known;
    const {id} = plan;
    const entry: Entry = {id, framework, apps: appsOf(plan), beginMs: now, outcome: 'running'};
    this.#open.set(plan.id, entry);
    if (this.#list.length < LIST_MAX) this.#list.push(entry);
    return entry;
  }

  #end(entry: Entry, now: number): void {
    entry.endMs = now;
    this.#open.delete(entry.id);
  }

  get result(): DeploymentsResult {
    const open = [...this.#open.values()];
    const paused = open.filter(({outcome}) => outcome === 'paused').length;
    return {
      succeeded: this.#succeeded,
      failed: this.#failed,
      running: open.length - paused,
      paused,
      list: this.#list.map((entry) => ({...entry})),
    };
  }

  snapshot(): DeploymentMeterSnapshot {
    return {
      list: this.#list.map((entry) => ({...entry})),
      open: [...this.#open].map(([id, entry]) => [id, {...entry}]),
      succeeded: this.#succeeded,
      failed: this.#failed,
    };
  }

  restore({list, open, succeeded, failed}: DeploymentMeterSnapshot): void {
    for (const [id, entry] of open) this.#open.set(id, {...entry});
    this.#list = list.map((entry) => {
      const known = this.#open.get(entry.id);
      return known !== undefined && entry.endMs === undefined ? known : {...entry};
    });
    this.#succeeded = succeeded;
    this.#failed = failed;
  }
}

/** What events show of a deployment. */
interface Plan {
  readonly id: string;
  readonly steps: readonly {readonly actions: readonly {readonly app: string}[]}[];
}

function appsOf({steps}: Plan): readonly string[] {
  return [...new Set(steps.flatMap(({actions}) => actions.map(({app}) => app)))].sort();
}
