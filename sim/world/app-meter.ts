/**
 * The instances of Marathon's apps, followed through the events that Marathon publishes: how many
 * there are, run and are healthy, and how long each waited from being scheduled to being placed.
 */
import type {FrameworkEvent} from '../../engine/index.ts';
import type {FrameworkTally} from './tally.ts';

interface InstanceRecord {
  readonly app: string;
  condition: string;
  /** Empty: none yet. */
  agentId: string;
  readonly scheduledAt: number;
  /** Null: nobody knows. */
  isHealthy: boolean | null;
}

/** What expectations ask about an app. */
export interface AppFigures {
  instances: number;
  running: number;
  healthy: number;
  unhealthy: number;
  /** Launched, and not over. */
  tasks: number;
  /** Launches in place of a task that is over, so far. */
  restarts: number;
}

const NOTHING: Readonly<AppFigures> = {
  instances: 0,
  running: 0,
  healthy: 0,
  unhealthy: 0,
  tasks: 0,
  restarts: 0,
};

export interface AppMeterSnapshot {
  readonly instances: readonly (readonly [id: string, record: InstanceRecord])[];
  readonly restarts: readonly (readonly [app: string, restarts: number])[];
}

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

  figuresOf(app: string): Readonly<AppFigures> {
    return this.#apps.get(app) ?? NOTHING;
  }

  /** Running tasks of an app on agents of some kind. */
  runningOn(app: string, isMeant: (agentId: string) => boolean): number {
    let sum = 0;
    for (const record of this.#instances.values()) {
      if (record.app !== app || record.condition !== 'Running') continue;
      if (isMeant(record.agentId)) sum += 1;
    }
    return sum;
  }

  /** The ids of an instance's tasks differ in a number at the end, from 1 on. */
  launched(app: string, taskId: string): void {
    if (!taskId.endsWith('.1')) this.#figures(app).restarts += 1;
  }

  observe(now: number, event: FrameworkEvent): void {
    const id = event['instanceId'];
    if (typeof id !== 'string') return;
    switch (event.type) {
      case 'instance_changed_event':
        this.#changed(now, id, event);
        return;
      case 'instance_health_changed_event':
        this.#healthChanged(id, event['healthy'] as boolean | null);
        return;
      default:
    }
  }

  #changed(now: number, id: string, event: FrameworkEvent): void {
    const condition = String(event['condition']);
    const agentId = typeof event['agentId'] === 'string' ? event['agentId'] : '';
    const known = this.#instances.get(id);
    if (known === undefined) {
      // The last words about an instance may come after its record is gone.
      if (OVER.has(condition) || event['goal'] !== 'Running') return;
      const app = String(event['runSpecId']);
      const record = {app, condition, agentId, scheduledAt: now, isHealthy: null};
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
    known.agentId = agentId;
    if (condition !== 'Running') known.isHealthy = null;
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

  #healthChanged(id: string, isHealthy: boolean | null): void {
    const record = this.#instances.get(id);
    if (record === undefined) return;
    this.#count(record, -1);
    record.isHealthy = isHealthy;
    this.#count(record, 1);
  }

  #count(record: InstanceRecord, sign: 1 | -1): void {
    const figures = this.#figures(record.app);
    figures.instances += sign;
    if (record.condition === 'Running') figures.running += sign;
    if (record.condition !== 'Scheduled') figures.tasks += sign;
    if (record.isHealthy === true) figures.healthy += sign;
    if (record.isHealthy === false) figures.unhealthy += sign;
  }

  #figures(app: string): AppFigures {
    let figures = this.#apps.get(app);
    if (figures === undefined) {
      figures = {...NOTHING};
      this.#apps.set(app, figures);
    }
    return figures;
  }

  snapshot(): AppMeterSnapshot {
    const restarts = [...this.#apps].filter(([, figures]) => figures.restarts > 0);
    return {
      instances: [...this.#instances].map(([id, record]) => [id, {...record}]),
      restarts: restarts.map(([app, figures]) => [app, figures.restarts]),
    };
  }

  /** The tally has its own snapshot; only the instances are taken back here. */
  restore({instances, restarts}: AppMeterSnapshot): void {
    for (const [app, count] of restarts) this.#figures(app).restarts = count;
    for (const [id, record] of instances) {
      this.#instances.set(id, {...record});
      this.#count(record, 1);
    }
  }
}
