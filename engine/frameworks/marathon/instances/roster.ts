/**
 * All apps and their instances, with the counts that keep every decision cheap. The only place that
 * changes an instance: each change is counted, recorded and published here.
 */
import {assert, must} from '../../../kernel/assert.ts';
import type {FrameworkServices} from '../../../scheduler.ts';
import type {App} from '../definition/app-definition.ts';
import {
  instanceDocument,
  instanceFrom,
  isHealthy,
  isPlaced,
  isStaged,
  isUnreachable,
  type Instance,
  type InstanceDocument,
} from './instances.ts';
import {instanceId} from '../definition/path-id.ts';
import {Placements} from '../launch/placements.ts';
import {makeRunSpec, type RunSpec} from '../launch/run-spec.ts';
import {isInPool} from '../deploy/scaling.ts';
import {servicePortsOf} from '../definition/service-ports.ts';

/** How many instances of an app are what. */
export interface Tally {
  /** Wanted and replaced when lost: goal Running and not given up as unreachable. */
  pool: number;
  scheduled: number;
  staged: number;
  running: number;
  /** Running and well, or running without health checks. */
  healthy: number;
  reportedHealthy: number;
  reportedUnhealthy: number;
  unreachable: number;
}

/** One app and everything known of it. */
export interface AppEntry {
  readonly id: string;
  /** The definition in force; of a removed app the last one. */
  app: App;
  /** Removed apps stay until their last instance is gone. */
  isRemoved: boolean;
  readonly specs: Map<number, SpecUse>;
  readonly instances: Map<string, Instance>;
  readonly placements: Placements;
  readonly tally: Tally;
}

interface SpecUse {
  readonly spec: RunSpec;
  instances: number;
}

/**
 * What the roster tells about: instances that enter and leave the launch queue, and every change of
 * one.
 */
export interface RosterListener {
  scheduled(instance: Instance): void;
  unscheduled(instance: Instance): void;
  conditionChanged(instance: Instance): void;
}

export interface RosterSnapshot {
  readonly apps: readonly {
    readonly app: App;
    readonly isRemoved: boolean;
    readonly specs: readonly App[];
    readonly instances: readonly InstanceDocument[];
  }[];
  /**
   * App id → how many instances it ever had: removed apps keep their number, so that no id comes
   * twice.
   */
  readonly serials: readonly (readonly [string, number])[];
}

export class Roster {
  readonly #services: FrameworkServices;
  readonly #listener: RosterListener;
  readonly #entries = new Map<string, AppEntry>();
  readonly #instances = new Map<string, Instance>();
  readonly #serials: Map<string, number>;
  /** Service port → how many apps in force list it. */
  readonly #servicePorts = new Map<number, number>();
  /** With a task that is neither running nor ended: what periodic reconciliation asks for. */
  readonly #unsettled = new Set<Instance>();

  constructor(services: FrameworkServices, listener: RosterListener, snapshot?: RosterSnapshot) {
    this.#services = services;
    this.#listener = listener;
    this.#serials = new Map(snapshot?.serials);
    for (const stored of snapshot?.apps ?? []) {
      const entry = this.#makeEntry(stored.app);
      entry.isRemoved = stored.isRemoved;
      if (!entry.isRemoved) this.#countServicePorts(entry, 1);
      for (const app of stored.specs) this.#useSpec(entry, app);
      for (const document of stored.instances) {
        const {spec} = must(entry.specs.get(document.version), 'spec of an instance');
        this.#add(entry, instanceFrom(document, spec));
      }
    }
  }

  get entries(): ReadonlyMap<string, AppEntry> {
    return this.#entries;
  }

  get instanceCount(): number {
    return this.#instances.size;
  }

  instance(id: string): Instance | undefined {
    return this.#instances.get(id);
  }

  /** The entry of an app, removed or not. */
  entry(appId: string): AppEntry | undefined {
    return this.#entries.get(appId);
  }

  entryOf(instance: Instance): AppEntry {
    return must(this.#entries.get(instance.spec.appId), 'app of an instance');
  }

  /** The app in force under this id. */
  app(appId: string): App | undefined {
    const entry = this.#entries.get(appId);
    return entry === undefined || entry.isRemoved ? undefined : entry.app;
  }

  isServicePortTaken(port: number): boolean {
    return this.#servicePorts.has(port);
  }

  #countServicePorts(entry: AppEntry, by: 1 | -1): void {
    for (const port of servicePortsOf(entry.app.definition)) {
      const count = (this.#servicePorts.get(port) ?? 0) + by;
      if (count === 0) this.#servicePorts.delete(port);
      else this.#servicePorts.set(port, count);
    }
  }

  /** The lowest version stamp that no instance of the app can have. */
  versionMin(appId: string): number {
    const entry = this.#entries.get(appId);
    return entry === undefined ? 0 : Math.max(...entry.specs.keys(), entry.app.version) + 1;
  }

  /** Puts a definition in force. Instances of earlier ones stay what they are. */
  define(app: App): AppEntry {
    const {id} = app.definition;
    const known = this.#entries.get(id);
    const entry = known ?? this.#makeEntry(app);
    const previous = entry.app;
    if (known !== undefined && !known.isRemoved) this.#countServicePorts(known, -1);
    entry.app = app;
    entry.isRemoved = false;
    this.#countServicePorts(entry, 1);
    this.#useSpec(entry, app);
    this.#releaseSpec(entry, previous.version);
    this.#services.putRecord(`marathon/apps${id}`, app);
    return entry;
  }

  /** Takes the definition out of force; the entry goes with its last instance. */
  undefine(entry: AppEntry): void {
    this.#countServicePorts(entry, -1);
    entry.isRemoved = true;
    this.#services.deleteRecord(`marathon/apps${entry.id}`);
  }

  /** Forgets a removed app that has no instances left. */
  dropIfGone(entry: AppEntry): void {
    if (entry.isRemoved && entry.instances.size === 0) this.#entries.delete(entry.id);
  }

  /** A new instance of the app's version in force, scheduled for launch. */
  create(entry: AppEntry): Instance {
    const serial = (this.#serials.get(entry.id) ?? 0) + 1;
    this.#serials.set(entry.id, serial);
    const use = must(entry.specs.get(entry.app.version), 'spec of an app');
    const instance: Instance = {
      id: instanceId(entry.id, this.#services.random(`${entry.id}/${serial}`)),
      spec: use.spec,
      goal: 'Running',
      condition: 'Scheduled',
      since: this.#services.now(),
      incarnation: 0,
      ...NOWHERE,
    };
    assert(!this.#instances.has(instance.id), () => `instance id twice: ${instance.id}`);
    this.#add(entry, instance);
    this.#announce(instance);
    this.#listener.scheduled(instance);
    return instance;
  }

  /** Changes an instance; publishes and records what others can see of it. */
  update(instance: Instance, change: Partial<Omit<Instance, 'id' | 'spec'>>): void {
    const entry = this.entryOf(instance);
    const {condition, goal, healthy} = instance;
    this.#count(entry, instance, -1);
    Object.assign(instance, change);
    const isMoved = instance.condition !== condition;
    if (isMoved || instance.healthy !== healthy) instance.since = this.#services.now();
    this.#count(entry, instance, 1);
    if (isMoved || instance.goal !== goal) this.#announce(instance);
    else this.#record(instance);
    if (instance.healthy !== healthy) this.#announceHealth(instance);
    if (!isMoved) return;
    if (condition === 'Scheduled') this.#listener.unscheduled(instance);
    this.#listener.conditionChanged(instance);
    if (instance.condition === 'Scheduled') this.#listener.scheduled(instance);
  }

  /** Back into the launch queue, under the same id. */
  reschedule(instance: Instance): void {
    this.update(instance, {condition: 'Scheduled', ...NOWHERE});
  }

  /** Forgets an instance. */
  expunge(instance: Instance): void {
    const entry = this.entryOf(instance);
    this.#count(entry, instance, -1);
    this.#unsettled.delete(instance);
    entry.instances.delete(instance.id);
    this.#instances.delete(instance.id);
    this.#services.deleteRecord(`marathon/instances/${instance.id}`);
    if (instance.condition === 'Scheduled') this.#listener.unscheduled(instance);
    const use = must(entry.specs.get(instance.spec.app.version), 'spec of an instance');
    use.instances -= 1;
    this.#releaseSpec(entry, instance.spec.app.version);
    this.dropIfGone(entry);
  }

  /** Instances whose tasks are neither running nor ended, by id. */
  unsettled(): readonly Instance[] {
    return [...this.#unsettled].sort((left, right) => (left.id < right.id ? -1 : 1));
  }

  #makeEntry(app: App): AppEntry {
    const entry: AppEntry = {
      id: app.definition.id,
      app,
      isRemoved: false,
      specs: new Map(),
      instances: new Map(),
      placements: new Placements(),
      tally: {
        pool: 0,
        scheduled: 0,
        staged: 0,
        running: 0,
        healthy: 0,
        reportedHealthy: 0,
        reportedUnhealthy: 0,
        unreachable: 0,
      },
    };
    this.#entries.set(entry.id, entry);
    return entry;
  }

  #useSpec(entry: AppEntry, app: App): void {
    if (entry.specs.has(app.version)) return;
    entry.specs.set(app.version, {spec: makeRunSpec(app, this.#services.kinds), instances: 0});
  }

  /** Versions are kept as long as they are in force or have instances. */
  #releaseSpec(entry: AppEntry, version: number): void {
    const use = entry.specs.get(version);
    if (use === undefined || use.instances > 0 || version === entry.app.version) return;
    entry.specs.delete(version);
    const configAt = use.spec.app.lastConfigChangeAt;
    for (const {spec} of entry.specs.values()) {
      if (spec.app.lastConfigChangeAt === configAt) return;
    }
    entry.placements.drop(configAt);
  }

  #add(entry: AppEntry, instance: Instance): void {
    entry.instances.set(instance.id, instance);
    this.#instances.set(instance.id, instance);
    must(entry.specs.get(instance.spec.app.version), 'spec of an instance').instances += 1;
    this.#count(entry, instance, 1);
  }

  #count(entry: AppEntry, instance: Instance, by: 1 | -1): void {
    const {tally} = entry;
    const {condition, spec} = instance;
    if (isInPool(instance)) tally.pool += by;
    if (condition === 'Scheduled') tally.scheduled += by;
    else if (condition === 'Running') tally.running += by;
    else if (isStaged(condition)) tally.staged += by;
    else if (isUnreachable(condition)) tally.unreachable += by;
    if (isHealthy(instance)) tally.healthy += by;
    if (instance.healthy === true) tally.reportedHealthy += by;
    if (instance.healthy === false) tally.reportedUnhealthy += by;
    if (isPlaced(condition) && spec.countedFields.length > 0) {
      const {lastConfigChangeAt} = spec.app;
      if (by > 0) {
        entry.placements.add(lastConfigChangeAt, spec.countedFields, instance.placement);
      } else {
        entry.placements.remove(lastConfigChangeAt, spec.countedFields, instance.placement);
      }
    }
    const isUnsettled = isStaged(condition) || isUnreachable(condition) || condition === 'Killing';
    if (by > 0 && isUnsettled) this.#unsettled.add(instance);
    else this.#unsettled.delete(instance);
  }

  #announce(instance: Instance): void {
    this.#record(instance);
    this.#services.publish({
      type: 'instance_changed_event',
      instanceId: instance.id,
      runSpecId: instance.spec.appId,
      runSpecVersion: instance.spec.versionText,
      condition: instance.condition,
      goal: instance.goal,
      ...(instance.agentId !== undefined ? {agentId: instance.agentId} : {}),
      ...(instance.host !== undefined ? {host: instance.host} : {}),
    });
  }

  #announceHealth({id, spec, healthy}: Instance): void {
    this.#services.publish({
      type: 'instance_health_changed_event',
      instanceId: id,
      runSpecId: spec.appId,
      runSpecVersion: spec.versionText,
      healthy: healthy ?? null,
    });
  }

  #record(instance: Instance): void {
    this.#services.putRecord(`marathon/instances/${instance.id}`, instanceDocument(instance));
  }

  snapshot(): RosterSnapshot {
    return {
      apps: [...this.#entries.values()].map(({app, isRemoved, specs, instances}) => ({
        app,
        isRemoved,
        specs: [...specs.values()].map(({spec}) => spec.app),
        instances: [...instances.values()].map(instanceDocument),
      })),
      serials: [...this.#serials],
    };
  }
}

/** An instance without a task. */
const NOWHERE = {
  agentId: undefined,
  host: undefined,
  region: undefined,
  zone: undefined,
  placement: [],
  hostPorts: [],
  containerIp: undefined,
  stagedAt: undefined,
  startedAt: undefined,
  unreachableSince: undefined,
  healthy: undefined,
} as const satisfies Partial<Instance>;
