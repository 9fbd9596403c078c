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
  hasPlace,
  isHealthy,
  isParked,
  isStaged,
  isUnreachable,
  type Instance,
  type InstanceDocument,
} from './instances.ts';
import type {Reservation} from './reservation.ts';
import {isUnwell} from '../health/aggregate.ts';
import {instanceId} from '../definition/path-id.ts';
import {fieldOf} from '../../placement/agent-fields.ts';
import {Placements} from '../launch/placements.ts';
import {RoleCounts} from '../launch/role-counts.ts';
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
  /** All health checks say so. */
  reportedHealthy: number;
  /** Any health check says so. */
  reportedUnhealthy: number;
  /** Those of the pool among them. */
  unwellInPool: number;
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
  /** Versions before the one in force, oldest first. */
  readonly history: App[];
  readonly instances: Map<string, Instance>;
  /** Those that are stopped with what is reserved for them. */
  readonly parked: Set<Instance>;
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
  /** No instance has this version any more, and it is not in force. */
  versionReleased(appId: string, version: number): void;
}

/** Everything that the roster knows, as records hold it. */
export interface RosterDocuments {
  /** Definitions in force. */
  readonly apps: readonly App[];
  /** Earlier ones that are still of use. */
  readonly versions: readonly App[];
  readonly instances: readonly InstanceDocument[];
  /** App id → how many instances it ever had. */
  readonly serials: readonly (readonly [string, number])[];
}

/** How many old versions of an app are kept (`--zk_max_versions`). */
const VERSIONS_MAX = 50;

export class Roster {
  readonly #services: FrameworkServices;
  readonly #listener: RosterListener;
  readonly #entries = new Map<string, AppEntry>();
  readonly #instances = new Map<string, Instance>();
  readonly #serials: Map<string, number>;
  /** Service port → how many apps in force list it. */
  readonly #servicePorts = new Map<number, number>();
  readonly #orphans: InstanceDocument[] = [];
  /** With a task that is neither running nor ended: what periodic reconciliation asks for. */
  readonly #unsettled = new Set<Instance>();
  /** Roles of all versions that are in force or have instances. */
  readonly rolesInUse = new RoleCounts();

  constructor(services: FrameworkServices, listener: RosterListener, stored?: RosterDocuments) {
    this.#services = services;
    this.#listener = listener;
    this.#serials = new Map(stored?.serials);
    for (const app of stored?.apps ?? []) {
      const entry = this.#makeEntry(app);
      this.#countServicePorts(entry, 1);
      this.#useSpec(entry, app);
    }
    for (const app of stored?.versions ?? []) this.#restoreVersion(app);
    const instances = [...(stored?.instances ?? [])];
    for (const document of instances.sort((left, right) => left.serial - right.serial)) {
      const entry = this.#entries.get(document.appId);
      const use = entry?.specs.get(document.version);
      if (entry === undefined || use === undefined) this.#orphans.push(document);
      else this.#add(entry, instanceFrom(document, use.spec));
    }
    for (const entry of this.#entries.values()) {
      for (const app of [...entry.history]) this.#releaseSpec(entry, app.version);
      this.dropIfGone(entry);
    }
  }

  #restoreVersion(app: App): void {
    const {id} = app.definition;
    const entry = this.#entries.get(id) ?? this.#makeEntry(app, true);
    if (entry.isRemoved && app.version > entry.app.version) entry.app = app;
    this.#useSpec(entry, app);
    if (!entry.isRemoved) insertByVersion(entry.history, app);
  }

  /** Takes the stored instances of which no definition is known: their tasks are nobody's. */
  takeOrphans(): readonly InstanceDocument[] {
    return this.#orphans.splice(0);
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

  /** How many instances an app ever had. */
  serialOf(appId: string): number {
    return this.#serials.get(appId) ?? 0;
  }

  /** The versions of an app in force that are known, newest first. */
  versionsOf(entry: AppEntry): readonly App[] {
    return [entry.app, ...[...entry.history].reverse()];
  }

  /** Puts a definition in force. Instances of earlier ones stay what they are. */
  define(app: App): AppEntry {
    const {id} = app.definition;
    const known = this.#entries.get(id);
    const entry = known ?? this.#makeEntry(app);
    const previous = entry.app;
    if (known !== undefined && !known.isRemoved) {
      this.#countServicePorts(known, -1);
      entry.history.push(previous);
      this.#services.putRecord(versionRecord(previous), previous);
    } else if (known !== undefined) {
      // Versions of which there are instances left are known again.
      for (const {spec} of known.specs.values()) insertByVersion(entry.history, spec.app);
    }
    entry.app = app;
    entry.isRemoved = false;
    this.#countServicePorts(entry, 1);
    this.#useSpec(entry, app);
    if (this.#releaseSpec(entry, previous.version)) {
      this.#listener.versionReleased(id, previous.version);
    }
    this.#services.putRecord(`apps${id}`, app);
    if (entry.history.length > VERSIONS_MAX) this.#dropVersion(entry, entry.history.shift());
    return entry;
  }

  /** Takes the definition out of force; the entry goes with its last instance. */
  undefine(entry: AppEntry): void {
    this.#countServicePorts(entry, -1);
    entry.isRemoved = true;
    this.#services.deleteRecord(`apps${entry.id}`);
    this.#services.putRecord(versionRecord(entry.app), entry.app);
    for (const app of entry.history.splice(0)) this.#dropVersion(entry, app);
  }

  /** Forgets a removed app that has no instances left. */
  dropIfGone(entry: AppEntry): void {
    if (!entry.isRemoved || entry.instances.size > 0) return;
    this.#entries.delete(entry.id);
    for (const {spec} of entry.specs.values()) this.rolesInUse.remove(spec.app.definition.role);
    this.#serials.delete(entry.id);
    this.#services.deleteRecord(serialRecord(entry.id));
    this.#services.deleteRecord(versionRecord(entry.app));
  }

  /** An old version is not listed any more; it stays while there are instances of it. */
  #dropVersion(entry: AppEntry, app: App | undefined): void {
    if (app === undefined || (entry.specs.get(app.version)?.instances ?? 0) > 0) return;
    this.#services.deleteRecord(versionRecord(app));
  }

  /**
   * An instance of the app's version in force, scheduled for launch: one that was stopped with its
   * reservation, or else a new one (reference part 7.6).
   */
  create(entry: AppEntry): Instance {
    const serial = (this.#serials.get(entry.id) ?? 0) + 1;
    this.#serials.set(entry.id, serial);
    this.#services.putRecord(serialRecord(entry.id), {appId: entry.id, serial});
    const {role} = entry.app.definition;
    for (const parked of entry.parked) {
      if (parked.reservation?.role === role) return this.#takeOver(entry, parked, serial);
    }
    const use = must(entry.specs.get(entry.app.version), 'spec of an app');
    const instance: Instance = {
      id: instanceId(entry.id, this.#services.random(`${entry.id}@${entry.app.version}/${serial}`)),
      spec: use.spec,
      serial,
      goal: 'Running',
      condition: 'Scheduled',
      since: this.#services.now(),
      incarnation: 0,
      ...NOWHERE,
      reservation: undefined,
      proven: false,
    };
    assert(!this.#instances.has(instance.id), () => `instance id twice: ${instance.id}`);
    this.#add(entry, instance);
    this.#announce(instance);
    this.#listener.scheduled(instance);
    return instance;
  }

  /** A stopped instance becomes one of the version in force; as if it were new, it comes last. */
  #takeOver(entry: AppEntry, instance: Instance, serial: number): Instance {
    const {spec: old} = instance;
    const {spec} = must(entry.specs.get(entry.app.version), 'spec of an app');
    this.#count(entry, instance, -1);
    const use = must(entry.specs.get(old.app.version), 'spec of an instance');
    use.instances -= 1;
    entry.instances.delete(instance.id);
    instance.spec = spec;
    instance.serial = serial;
    instance.placement = placementOf(instance);
    this.#add(entry, instance);
    if (this.#releaseSpec(entry, old.app.version)) {
      this.#listener.versionReleased(entry.id, old.app.version);
    }
    this.reschedule(instance);
    return instance;
  }

  /** Changes an instance; publishes and records what others can see of it. */
  update(
    instance: Instance,
    change: Partial<Omit<Instance, 'id' | 'proven' | 'serial' | 'spec'>>,
  ): void {
    const entry = this.entryOf(instance);
    const {condition, goal, healthy, reported} = instance;
    this.#count(entry, instance, -1);
    Object.assign(instance, change);
    if (!instance.proven && isProven(instance)) instance.proven = true;
    const isMoved = instance.condition !== condition;
    if (isMoved || instance.reported !== reported) instance.since = this.#services.now();
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
    instance.proven = false;
    this.update(instance, {
      goal: 'Running',
      condition: 'Scheduled',
      ...NOWHERE,
      ...placeOf(instance),
    });
  }

  /** Something is being reserved for an instance that waits: it has a place from now on. */
  reserve(instance: Instance, reservation: Reservation): void {
    this.update(instance, {reservation, ...placeOf({...instance, reservation})});
  }

  /** What was reserved for an instance without a task is not counted on any more. */
  unreserve(instance: Instance): void {
    this.update(instance, {...NOWHERE, reservation: undefined});
  }

  /** Forgets an instance. */
  expunge(instance: Instance): void {
    const entry = this.entryOf(instance);
    this.#count(entry, instance, -1);
    this.#unsettled.delete(instance);
    entry.instances.delete(instance.id);
    this.#instances.delete(instance.id);
    this.#services.deleteRecord(`instances/${instance.id}`);
    if (instance.condition === 'Scheduled') this.#listener.unscheduled(instance);
    const use = must(entry.specs.get(instance.spec.app.version), 'spec of an instance');
    use.instances -= 1;
    const {appId, app} = instance.spec;
    if (this.#releaseSpec(entry, app.version)) this.#listener.versionReleased(appId, app.version);
    this.dropIfGone(entry);
  }

  /** Instances whose tasks are neither running nor ended, by id. */
  unsettled(): readonly Instance[] {
    return [...this.#unsettled].sort((left, right) => (left.id < right.id ? -1 : 1));
  }

  #makeEntry(app: App, isRemoved = false): AppEntry {
    const entry: AppEntry = {
      id: app.definition.id,
      app,
      isRemoved,
      specs: new Map(),
      history: [],
      instances: new Map(),
      parked: new Set(),
      placements: new Placements(),
      tally: {
        pool: 0,
        scheduled: 0,
        staged: 0,
        running: 0,
        healthy: 0,
        reportedHealthy: 0,
        reportedUnhealthy: 0,
        unwellInPool: 0,
        unreachable: 0,
      },
    };
    this.#entries.set(entry.id, entry);
    return entry;
  }

  #useSpec(entry: AppEntry, app: App): void {
    if (entry.specs.has(app.version)) return;
    entry.specs.set(app.version, {spec: makeRunSpec(app, this.#services.kinds), instances: 0});
    this.rolesInUse.add(app.definition.role);
  }

  /** Versions are kept as long as they are in force or have instances; whether it goes. */
  #releaseSpec(entry: AppEntry, version: number): boolean {
    const use = entry.specs.get(version);
    if (use === undefined || use.instances > 0 || version === entry.app.version) return false;
    entry.specs.delete(version);
    this.rolesInUse.remove(use.spec.app.definition.role);
    const isListed = entry.history.some((app) => app.version === version);
    if (!isListed) this.#services.deleteRecord(versionRecord(use.spec.app));
    const configAt = use.spec.app.lastConfigChangeAt;
    for (const {spec} of entry.specs.values()) {
      if (spec.app.lastConfigChangeAt === configAt) return true;
    }
    entry.placements.drop(configAt);
    return true;
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
    const inPool = isInPool(instance);
    if (inPool) tally.pool += by;
    if (condition === 'Scheduled') tally.scheduled += by;
    else if (condition === 'Running') tally.running += by;
    else if (isStaged(condition)) tally.staged += by;
    else if (isUnreachable(condition)) tally.unreachable += by;
    if (isHealthy(instance)) tally.healthy += by;
    if (instance.healthy === true) tally.reportedHealthy += by;
    else if (spec.hasHealthChecks && isUnwell(instance)) {
      tally.reportedUnhealthy += by;
      if (inPool) tally.unwellInPool += by;
    }
    if (by > 0 && isParked(instance)) entry.parked.add(instance);
    else entry.parked.delete(instance);
    if (hasPlace(instance) && spec.countedFields.length > 0) {
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
    this.#services.putRecord(`instances/${instance.id}`, instanceDocument(instance));
  }

  documents(): RosterDocuments {
    const entries = [...this.#entries.values()];
    return {
      apps: entries.filter(({isRemoved}) => !isRemoved).map(({app}) => app),
      versions: entries.flatMap(olderVersions),
      instances: entries.flatMap(({instances}) => [...instances.values()].map(instanceDocument)),
      serials: [...this.#serials],
    };
  }
}

/** All versions of an app that are of use, but for the one in force. */
function olderVersions({app, isRemoved, specs, history}: AppEntry): readonly App[] {
  const versions = new Map(history.map((old) => [old.version, old]));
  for (const {spec} of specs.values()) versions.set(spec.app.version, spec.app);
  if (!isRemoved) versions.delete(app.version);
  return [...versions.values()];
}

function insertByVersion(history: App[], app: App): void {
  let at = history.length;
  while (at > 0 && (history[at - 1] as App).version > app.version) at -= 1;
  history.splice(at, 0, app);
}

function isProven(instance: Instance): boolean {
  return isHealthy(instance) && (instance.ready || !instance.spec.hasReadinessCheck);
}

function versionRecord({definition, version}: App): string {
  return `versions${definition.id}/${version}`;
}

function serialRecord(appId: string): string {
  return `serials${appId}`;
}

/** Where an instance without a task is all the same: on the agent that keeps its reservation. */
function placeOf(
  instance: Instance,
): Partial<Pick<Instance, 'agentId' | 'host' | 'placement' | 'region' | 'zone'>> {
  const {reservation} = instance;
  if (reservation === undefined) return {};
  const {id: agentId, hostname: host, region, zone} = reservation.agent;
  return {agentId, host, region, zone, placement: placementOf(instance)};
}

/** What its constraints look at of the agent that keeps its reservation. */
function placementOf({reservation, spec}: Instance): Instance['placement'] {
  if (reservation === undefined) return [];
  return spec.countedFields.map((field) => fieldOf(reservation.agent, field));
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
  reported: undefined,
  healthy: undefined,
  checks: [],
  ready: false,
} as const satisfies Partial<Instance>;
