/**
 * The instances of Marathon's apps, followed through the events that Marathon publishes: how many
 * there are, run and are healthy, and how long each waited from being scheduled to being placed.
 */
import type {FrameworkEvent} from '../../engine/index.ts';
import type {FrameworkTally} from './tally.ts';

interface InstanceRecord {
  readonly app: string;
  condition: string;
  readonly scheduledAt: number;
  isHealthy: boolean;
}

/** What expectations ask about an app. */
export interface AppFigures {
  instances: number;
  running: number;
  healthy: number;
}

export type AppMeterSnapshot = readonly (readonly [id: string, record: InstanceRecord])[];

/** Conditions of an instance whose task is over; if it is scheduled again, it waits anew. */
const OVER: ReadonlySet<string> = new Set([
  'Finished',
  'Failed',
  'Killed',
  'Error',
  'Gone',
  'Dropped',
  'Unknown',
]);

export class AppMeter {
  readonly #tally: FrameworkTally;
  readonly #instances = new Map<string, InstanceRecord>();
  readonly #apps = new Map<string, AppFigures>();

  constructor(tally: FrameworkTally) {
    this.#tally = tally;
  }

  figuresOf(app: string): AppFigures {
    return this.#apps.get(app) ?? {instances: 0, running: 0, healthy: 0};
  }

  observe(now: number, event: FrameworkEvent): void {
    const id = event['instanceId'];
    if (typeof id !== 'string') return;
    switch (event.type) {
      case 'instance_changed_event':
        this.#changed(now, id, event);
        return;
      case 'instance_health_changed_event':
        this.#healthChanged(id, event['healthy'] === true);
        return;
      default:
    }
  }

  #changed(now: number, id: string, event: FrameworkEvent): void {
    const condition = String(event['condition']);
    const known = this.#instances.get(id);
    if (known === undefined) {
      // The last words about an instance may come after its record is gone.
      if (OVER.has(condition) || event['goal'] !== 'Running') return;
      const app = String(event['runSpecId']);
      const record = {app, condition, scheduledAt: now, isHealthy: false};
      this.#instances.set(id, record);
      this.#tally.submitted += 1;
      if (condition === 'Scheduled') this.#tally.waiting += 1;
      this.#count(record, 1);
      return;
    }
    this.#count(known, -1);
    if (known.condition === 'Scheduled' && condition !== 'Scheduled') {
      this.#tally.waiting -= 1;
      if (!OVER.has(condition)) {
        this.#tally.placed += 1;
        this.#tally.waits.push(now - known.scheduledAt);
      }
    }
    known.condition = condition;
    if (condition !== 'Running') known.isHealthy = false;
    if (OVER.has(condition)) this.#instances.delete(id);
    else this.#count(known, 1);
  }

  /** The instance is gone, whatever its last condition was. */
  forgotten(id: string): void {
    const record = this.#instances.get(id);
    if (record === undefined) return;
    this.#count(record, -1);
    if (record.condition === 'Scheduled') this.#tally.waiting -= 1;
    this.#instances.delete(id);
  }

  #healthChanged(id: string, isHealthy: boolean): void {
    const record = this.#instances.get(id);
    if (record === undefined) return;
    this.#count(record, -1);
    record.isHealthy = isHealthy;
    this.#count(record, 1);
  }

  #count(record: InstanceRecord, sign: 1 | -1): void {
    let figures = this.#apps.get(record.app);
    if (figures === undefined) {
      figures = {instances: 0, running: 0, healthy: 0};
      this.#apps.set(record.app, figures);
    }
    figures.instances += sign;
    if (record.condition === 'Running') figures.running += sign;
    if (record.isHealthy) figures.healthy += sign;
  }

  snapshot(): AppMeterSnapshot {
    return [...this.#instances].map(([id, record]) => [id, {...record}]);
  }

  /** The tally has its own snapshot; only the instances are taken back here. */
  restore(snapshot: AppMeterSnapshot): void {
    for (const [id, record] of snapshot) {
      this.#instances.set(id, {...record});
      this.#count(record, 1);
    }
  }
}
