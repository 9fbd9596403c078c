/**
 * Marathon: keeps the wanted number of instances of each app running on the offers of the master.
 * This file only wires: what is known is the {@link Roster}'s, what waits the {@link
 * LaunchQueue}'s, what changes the {@link Deployments}'; here offers, updates, timers and requests
 * find their way to them.
 */
import type {OfferId} from '../../kernel/ids.ts';
import {MARATHON_DEFAULTS, type MarathonOptions} from '../../options.ts';
import type {ProbeResult} from '../../probes.ts';
import type {
  Framework,
  FrameworkServices,
  InverseOffer,
  Offer,
  OfferOperation,
  StatusUpdate,
  TaskLaunch,
  WaitingGroup,
} from '../../scheduler.ts';
import type {AppDefinition, NormaliseConfig} from './definition/app-definition.ts';
import {appInfo, countsOf} from './api/app-info.ts';
import {Commands} from './api/commands.ts';
import {HttpApi, type ReadRequest} from './api/http-api.ts';
import {answerWhetherEmpty} from '../placement/leaving-agents.ts';
import type {HttpAnswer} from '../http/answers.ts';
import {RequestHandler} from './api/request-handler.ts';
import {fieldOf} from '../placement/agent-fields.ts';
import {Demand, DEMAND_TIMER, LOOK_TIMER, type DemandSnapshot} from './launch/demand.ts';
import type {Deployment, DeploymentPlan} from './deploy/deployment.ts';
import {
  DEADLINE_TIMER,
  Deployments,
  REVIEW_TIMER,
  type DeploymentHands,
} from './deploy/deployments.ts';
import {propose} from './deploy/scaling-of-app.ts';
import {documentsFrom, type Documents} from './documents.ts';
import {type StoredRecord} from '../records.ts';
import {HEALTH_TIMER, HealthChecker, type HealthCheckerSnapshot} from './health/health-checker.ts';
import {Readiness, READINESS_TIMER, type ReadinessSnapshot} from './health/readiness.ts';
import {Failures} from './instances/failures.ts';
import type {Instance} from './instances/instances.ts';
import {KILL_TIMER, type KillSnapshot} from './instances/kill-service.ts';
import {Leftovers, type Leftover} from './instances/leftovers.ts';
import {Lifecycle, type LifecycleHands} from './instances/lifecycle.ts';
import {RESERVATION_TIMER} from './instances/reservation.ts';
import {Changes} from './root/changes.ts';
import {topGroupOf} from './root/groups.ts';
import {Root} from './root/root.ts';
import {
  BACKOFF_TIMER,
  LaunchQueue,
  TOKENS_TIMER,
  type LaunchQueueSnapshot,
} from './launch/launch-queue.ts';
import type {PlacedApp} from './launch/judge.ts';
import {matchOffer, type LaunchPlace, type OfferUse} from './launch/matcher.ts';
import {reserve} from './launch/reserve.ts';
import type {TakenDisk} from './launch/volumes.ts';
import {queueItems, type QueueItem} from './launch/queue-view.ts';
import {Roster, type AppEntry, type RosterListener} from './instances/roster.ts';
import {makeTaskLaunch} from './launch/task-launch.ts';
import {UNREACHABLE_TIMER} from './instances/unreachable.ts';
import {waitingGroups} from './launch/waiting.ts';
import {OVERDUE_TIMER, Watch, RECONCILE_TIMER, type WatchSnapshot} from './instances/watch.ts';

/** What the cluster decides about definitions; the same for every Marathon of an engine. */
const CONFIG: NormaliseConfig = {
  mesosBridgeName: 'mesos-bridge',
  defaultRole: '*',
  enabledFeatures: ['external_volumes', 'gpu_resources'],
};

/** An app and how many of its instances are what. */
export interface AppSummary {
  readonly id: string;
  readonly version: number;
  /** Target. */
  readonly instances: number;
  readonly running: number;
  readonly healthy: number;
  readonly scheduled: number;
  readonly staged: number;
  readonly unreachable: number;
}

/** The version of {@link MarathonSnapshot}. */
const FORMAT = 2;

/** What the records hold, and beside it what only a snapshot remembers. */
interface MarathonSnapshot extends Documents {
  readonly format: typeof FORMAT;
  readonly volatile?: {
    readonly queue: LaunchQueueSnapshot;
    readonly kills: KillSnapshot | undefined;
    readonly demand: DemandSnapshot;
    readonly watch: WatchSnapshot;
    readonly health: HealthCheckerSnapshot;
    readonly readiness: ReadinessSnapshot;
  };
}

export class Marathon implements Framework {
  readonly #services: FrameworkServices;
  readonly #options: MarathonOptions;
  readonly #roster: Roster;
  readonly #queue: LaunchQueue;
  readonly #demand: Demand;
  readonly #deployments: Deployments;
  readonly #failures: Failures;
  readonly #root: Root;
  readonly #changes: Changes;
  readonly #lifecycle: Lifecycle;
  readonly #watch: Watch;
  readonly #leftovers: Leftovers;
  readonly #health: HealthChecker;
  readonly #readiness: Readiness;
  readonly #requests: RequestHandler;
  readonly #http: HttpApi;
  /**
   * Apps whose number of instances may be wrong; looked at before a call ends, so never part of a
   * snapshot.
   */
  readonly #unbalanced = new Set<string>();
  /** Deployments that have failed and are to be undone; worked off before a call ends, too. */
  readonly #toRollBack: DeploymentPlan[] = [];

  constructor(
    services: FrameworkServices,
    options: Partial<MarathonOptions> = {},
    snapshot?: unknown,
  ) {
    const stored = snapshot as MarathonSnapshot | undefined;
    const volatile = stored?.volatile;
    this.#services = services;
    this.#options = {...MARATHON_DEFAULTS, ...options};
    this.#failures = new Failures(services, stored?.failures);
    this.#queue = new LaunchQueue(
      services,
      (id) => this.#roster.instance(id),
      this.#options,
      volatile?.queue ?? stored,
    );
    this.#roster = new Roster(services, this.#listener(), stored?.roster);
    if (volatile !== undefined) this.#queue.restore(volatile.queue);
    this.#leftovers = this.#makeLeftovers(stored?.leftovers);
    this.#demand = this.#makeDemand(volatile?.demand);
    this.#root = new Root(services, this.#roster, stored?.root);
    this.#deployments = new Deployments(
      services,
      this.#roster,
      this.#deploymentHands(),
      stored?.deployments,
    );
    this.#lifecycle = new Lifecycle(
      services,
      {roster: this.#roster, failures: this.#failures},
      this.#lifecycleHands(),
      {doomed: stored?.kills ?? [], kills: volatile?.kills},
    );
    this.#watch = new Watch(services, this.#roster, volatile?.watch);
    const {healthKillShareMax} = this.#options;
    this.#health = new HealthChecker(
      services,
      this.#roster,
      {
        healthKillShareMax,
        changed: (instance) => this.#deployments.report('changed', instance),
        kill: (instance, cause) => {
          this.#failures.killedForHealth(instance, cause);
          this.#lifecycle.kill(instance);
        },
      },
      volatile?.health,
    );
    this.#readiness = new Readiness(
      services,
      this.#roster,
      (instanceId) => this.#ready(instanceId),
      volatile?.readiness,
    );
    const {deploymentsMax} = this.#options;
    this.#changes = new Changes(services, this.#root, this.#deployments, deploymentsMax);
    const {requests, http} = this.#makeApi();
    this.#requests = requests;
    this.#http = http;
    if (stored !== undefined && volatile === undefined) this.#resume();
  }

  /** The Marathon that these records are of: a leader takes over. */
  static fromRecords(
    services: FrameworkServices,
    options: Partial<MarathonOptions>,
    records: Iterable<StoredRecord>,
  ): Marathon {
    return new Marathon(services, options, {format: FORMAT, ...documentsFrom(records)});
  }

  #makeLeftovers(stored?: readonly Leftover[]): Leftovers {
    const changed = (role: string): void => {
      this.#queue.role(role).hasNews = true;
      this.#queue.touch(role);
    };
    return new Leftovers(this.#services, {inUse: this.#roster.rolesInUse, changed}, stored);
  }

  #makeDemand(stored?: DemandSnapshot): Demand {
    const parts = {
      queue: this.#queue,
      inUse: this.#roster.rolesInUse,
      hasLeftovers: (role: string) => this.#leftovers.in(role) > 0,
      intervalMs: this.#options.reviveIntervalMs,
    };
    return new Demand(this.#services, parts, stored);
  }

  #makeApi(): {readonly requests: RequestHandler; readonly http: HttpApi} {
    const parts = {
      services: this.#services,
      roster: this.#roster,
      root: this.#root,
      deployments: this.#deployments,
      changes: this.#changes,
    };
    const config: NormaliseConfig = {
      ...CONFIG,
      defaultRole: this.#services.role,
      legacyAppForm: this.#options.legacyAppForm,
    };
    const commands = new Commands(
      parts,
      {
        kill: (instance) => this.#lifecycle.kill(instance),
        replace: (instance) => this.#lifecycle.replace(instance),
      },
      config,
    );
    const http = new HttpApi(commands, {
      ...parts,
      queue: this.#queue,
      readiness: this.#readiness,
      failures: this.#failures,
      options: this.#options,
      config,
    });
    return {requests: new RequestHandler(commands, http), http};
  }

  /** Everything that runs by a timer or waits in memory begins anew. */
  #resume(): void {
    for (const {specs, instances} of this.#roster.entries.values()) {
      for (const {spec} of specs.values()) this.#health.register(spec);
      for (const instance of instances.values()) {
        if (instance.condition === 'Scheduled') this.#queue.scheduled(instance);
        else if (instance.condition === 'Running') this.#askIfReady(instance);
      }
    }
    this.#watch.takeOver();
    this.#deployments.rearm();
    this.#lifecycle.resume();
  }

  registered(): void {
    this.#watch.started();
    this.#settle();
  }

  resourceOffers(offers: readonly Offer[]): void {
    const {driver} = this.#services;
    const unused: OfferId[] = [];
    const usedInRole = new Map<string, boolean>();
    for (const offer of offers) {
      const {launches, operations} = this.#match(offer);
      const isUsed = launches.length > 0 || operations.length > 0;
      const {usedOfferRefuseMs} = this.#options;
      if (isUsed) driver.accept([offer.id], launches, usedOfferRefuseMs, operations);
      else unused.push(offer.id);
      usedInRole.set(offer.role, isUsed || usedInRole.get(offer.role) === true);
    }
    if (unused.length > 0) driver.decline(unused, this.#options.declineOfferMs);
    for (const [role, isUsed] of usedInRole) this.#demand.answered(role, isUsed);
    this.#settle();
  }

  /** Like Marathon's, tasks are not moved: an agent is given up when nothing runs there. */
  inverseOffers(offers: readonly InverseOffer[]): void {
    const busy = new Set<string>();
    for (const {instances} of this.#roster.entries.values()) {
      for (const {agentId} of instances.values()) if (agentId !== undefined) busy.add(agentId);
    }
    answerWhetherEmpty(offers, busy, this.#services.driver, this.#options.declineOfferMs);
  }

  /**
   * An offer is answered in the call that brings it, so nothing is held that could be taken back.
   */
  offerRescinded(): void {}

  statusUpdate(update: StatusUpdate): void {
    this.#lifecycle.take(update);
    this.#settle();
    if (update.updateId !== undefined) this.#services.driver.acknowledge(update);
  }

  onTimer(name: string, subject: string): void {
    switch (name) {
      case BACKOFF_TIMER:
        this.#queue.delayPassed(subject);
        break;
      case DEMAND_TIMER:
        this.#demand.onTimer(subject);
        break;
      case LOOK_TIMER:
        this.#demand.look(subject);
        break;
      case TOKENS_TIMER:
        this.#queue.tokensRefilled();
        break;
      case KILL_TIMER:
        this.#lifecycle.retryKills();
        break;
      case REVIEW_TIMER:
        this.#deployments.review(subject);
        break;
      case DEADLINE_TIMER:
        this.#deployments.deadline(subject);
        break;
      case UNREACHABLE_TIMER: {
        const instance = this.#roster.instance(subject);
        if (instance !== undefined) this.#lifecycle.lost(instance);
        break;
      }
      case RESERVATION_TIMER: {
        const instance = this.#roster.instance(subject);
        if (instance !== undefined) this.#lifecycle.reservationOverdue(instance);
        break;
      }
      case OVERDUE_TIMER:
        for (const id of this.#watch.overdue()) {
          const instance = this.#roster.instance(id);
          if (instance !== undefined) this.#lifecycle.kill(instance);
        }
        break;
      case RECONCILE_TIMER:
        this.#watch.reconcile();
        break;
      case HEALTH_TIMER:
        this.#health.onTimer(subject);
        break;
      case READINESS_TIMER:
        this.#readiness.onTimer(subject);
        break;
    }
    this.#settle();
  }

  probeResults(results: readonly ProbeResult[]): void {
    for (const result of results) {
      if (!this.#health.take(result)) this.#readiness.take(result);
    }
    this.#settle();
  }

  onRequest(requestId: string, request: unknown): void {
    const reply = this.#requests.handle(request);
    this.#settle();
    this.#services.reply(requestId, reply);
  }

  /** The answer of the v2 API to GET, without a step: it changes nothing. */
  get(request: ReadRequest): HttpAnswer {
    return this.#http.get(request);
  }

  waiting(): readonly WaitingGroup[] {
    return waitingGroups(this.#queue, this.#roster, this.#deployments, this.#services.now());
  }

  /** All apps in force, by id. */
  apps(): readonly AppSummary[] {
    return [...this.#roster.entries.values()]
      .filter(({isRemoved}) => !isRemoved)
      .sort((left, right) => (left.id < right.id ? -1 : 1))
      .map(summary);
  }

  /** One app as answers show it; undefined if it is unknown. */
  app(id: string): Readonly<Record<string, unknown>> | undefined {
    const entry = this.#roster.entry(id);
    if (entry === undefined || entry.isRemoved) return undefined;
    const lock = this.#deployments.lockOf(id);
    const deploymentIds = lock === undefined ? [] : [lock.id];
    return appInfo(entry.app, {counts: countsOf(entry.tally), deploymentIds});
  }

  /** What an instance was, or is to be, started with; undefined if it is unknown. */
  definitionOf(instanceId: string): AppDefinition | undefined {
    return this.#roster.instance(instanceId)?.spec.app.definition;
  }

  /** The counts of one app; undefined if it is unknown. */
  summaryOf(id: string): AppSummary | undefined {
    const entry = this.#roster.entry(id);
    return entry === undefined || entry.isRemoved ? undefined : summary(entry);
  }

  /** Instances of an app in the order in which they came, those being removed included. */
  instancesOf(appId: string): readonly Readonly<Instance>[] {
    return [...(this.#roster.entry(appId)?.instances.values() ?? [])];
  }

  /** What waits for offers, as `/v2/queue` shows it. */
  queueItems(): readonly QueueItem[] {
    return queueItems(this.#queue, this.#services.now());
  }

  deployments(): readonly Readonly<Deployment>[] {
    return this.#deployments.all;
  }

  snapshot(): unknown {
    const {kills, doomed} = this.#lifecycle.documents();
    const queue = this.#queue.snapshot();
    return {
      format: FORMAT,
      roster: this.#roster.documents(),
      root: this.#root.documents(),
      deployments: this.#deployments.snapshot(),
      backoff: queue.backoff,
      failures: this.#failures.documents(),
      kills: doomed,
      leftovers: this.#leftovers.documents(),
      volatile: {
        queue,
        kills,
        demand: this.#demand.snapshot(),
        watch: this.#watch.snapshot(),
        health: this.#health.snapshot(),
        readiness: this.#readiness.snapshot(),
      },
    } satisfies MarathonSnapshot;
  }

  /** Everything that follows from what happened, until nothing follows any more. */
  #settle(): void {
    do {
      this.#deployments.drain();
      for (const plan of this.#toRollBack.splice(0)) this.#changes.rollBack(plan);
      for (const appId of this.#unbalanced) {
        this.#unbalanced.delete(appId);
        this.#balance(appId);
      }
    } while (this.#unbalanced.size > 0);
    this.#health.settle();
    this.#demand.settle();
  }

  /**
   * The scale check: as many instances as wanted, unless a deployment is seeing to that (reference
   * part 3.6).
   */
  #balance(appId: string): void {
    const entry = this.#roster.entry(appId);
    if (entry === undefined || entry.isRemoved) return;
    if (this.#deployments.lockOf(appId) !== undefined) return;
    const {instances} = entry.app.definition;
    if (entry.tally.pool > instances) {
      for (const instance of propose(entry, instances).decommission) {
        this.#lifecycle.decommission(instance);
      }
    }
    while (entry.tally.pool < instances) this.#roster.create(entry);
  }

  #match(offer: Offer): OfferUse {
    let random: ReturnType<FrameworkServices['random']> | undefined;
    return matchOffer(offer, {
      queue: this.#queue,
      now: this.#services.now(),
      launchesMax: this.#options.launchesPerOfferMax,
      random: () => (random ??= this.#services.random(`offer/${offer.id}`)),
      appOf: (appId) => this.#placementsOf(appId),
      kinds: this.#services.kinds,
      find: (id) => this.#roster.instance(id),
      reserve: (instance, place, disks) => this.#reserve(instance, place, disks),
      released: ({agent, role}, ids) => this.#leftovers.seen(agent.id, role, ids),
      provision: (instance, place) => this.#provision(instance, place),
    });
  }

  #placementsOf(appId: string): PlacedApp {
    const entry = this.#roster.entries.get(appId) as AppEntry;
    return {placements: entry.placements, wanted: entry.app.definition.instances};
  }

  #reserve(
    instance: Instance,
    {agent, hostPorts, resources: plain}: LaunchPlace,
    disks: readonly TakenDisk[],
  ): readonly OfferOperation[] {
    const {id, kinds} = this.#services;
    const {definition} = instance.spec.app;
    const {role} = definition;
    const random = this.#services.random(`reservation/${instance.id}/${this.#services.now()}`);
    const holder = {frameworkId: id, instanceId: instance.id, role};
    const made = reserve(holder, definition, {plain, disks}, {kinds, random});
    const {volumes} = made;
    const resources = kinds.describe(made.resources);
    this.#lifecycle.reserved(instance, {state: 'New', agent, role, resources, hostPorts, volumes});
    this.#queue.bound(instance);
    return made.operations;
  }

  #provision(instance: Instance, {agent, hostPorts, resources}: LaunchPlace): TaskLaunch {
    const {reservation} = instance;
    this.#roster.update(instance, {
      condition: 'Provisioned',
      incarnation: instance.incarnation + 1,
      agentId: agent.id,
      host: agent.hostname,
      region: agent.region,
      zone: agent.zone,
      placement: instance.spec.countedFields.map((field) => fieldOf(agent, field)),
      hostPorts,
      stagedAt: this.#services.now(),
      ...(reservation !== undefined && {reservation: {...reservation, state: 'Launched' as const}}),
    });
    this.#watch.launched(instance);
    const group = topGroupOf(instance.spec.appId);
    const enforceGroupRole = group === undefined ? undefined : this.#root.group(group)?.enforceRole;
    return makeTaskLaunch(instance, resources, {...this.#options, enforceGroupRole});
  }

  /** An instance runs: if a deployment starts it, it waits for its readiness. */
  #askIfReady(instance: Instance): void {
    if (!instance.ready && this.#deployments.isBeingStarted(instance)) {
      this.#readiness.start(instance);
    }
  }

  /** Its readiness check has passed. */
  #ready(instanceId: string): void {
    const instance = this.#roster.instance(instanceId);
    if (instance === undefined) return;
    this.#roster.update(instance, {ready: true});
    this.#deployments.report('changed', instance);
  }

  /** What instances do is told to the launch queue; what those with health checks do, to these. */
  #listener(): RosterListener {
    return {
      scheduled: (instance) => {
        this.#queue.scheduled(instance);
        // No version has instances without its checks; deployments begin them earlier.
        if (instance.spec.hasHealthChecks) this.#health.register(instance.spec);
      },
      unscheduled: (instance) => this.#queue.unscheduled(instance),
      conditionChanged: (instance) => {
        this.#queue.conditionChanged(instance);
        if (instance.spec.hasHealthChecks) this.#health.moved(instance);
        this.#readiness.moved(instance);
      },
      versionReleased: (appId, version) => this.#health.remove(appId, version),
    };
  }

  #deploymentHands(): DeploymentHands {
    return {
      decommission: (instance) => this.#lifecycle.decommission(instance),
      resetDelays: ({specs}) => {
        const keys = new Set([...specs.values()].map(({spec}) => spec.configKey));
        for (const key of [...keys].sort()) this.#queue.resetDelay(key);
      },
      watch: (entry) => this.#watchOver(entry),
      unwatch: ({id, instances}) => {
        this.#readiness.stopAll(instances.keys());
        this.#health.removeAll(id);
      },
      released: (appId) => {
        this.#unbalanced.add(appId);
        this.#readiness.stopAll(this.#roster.entry(appId)?.instances.keys() ?? []);
        if (this.#roster.app(appId) === undefined) this.#failures.forget(appId);
      },
      rollBack: (deployment) => {
        this.#toRollBack.push(deployment);
      },
    };
  }

  /** A deployment looks at an app: its checks begin, and readiness is asked for again. */
  #watchOver({app, specs, instances}: AppEntry): void {
    const use = specs.get(app.version);
    if (use !== undefined) this.#health.register(use.spec);
    if (use?.spec.hasReadinessCheck !== true) return;
    for (const instance of instances.values()) {
      const isOfUse = instance.spec.app.lastConfigChangeAt === app.lastConfigChangeAt;
      if (isOfUse && !instance.ready) this.#readiness.start(instance);
    }
  }

  #lifecycleHands(): LifecycleHands {
    return {
      report: (kind, instance) => this.#deployments.report(kind, instance),
      isRelaunched: (instance) => this.#deployments.isRelaunched(instance),
      unbalanced: (appId) => {
        this.#unbalanced.add(appId);
      },
      drained: ({spec}) => this.#queue.resetDelay(spec.configKey),
      running: (instance) => this.#askIfReady(instance),
      abandoned: (instanceId, {agent, role, state}) => {
        const isMade = state !== 'New';
        this.#leftovers.add({instanceId, agentId: agent.id, role, isMade});
      },
      unbound: (instance) => this.#queue.unbound(instance),
      isOpen: (instance) => this.#queue.openLaneOf(instance) !== undefined,
      reported: (instance, healthy) => this.#health.reported(instance, healthy),
    };
  }
}

function summary({id, app, tally}: AppEntry): AppSummary {
  const {running, healthy, scheduled, staged, unreachable} = tally;
  const {instances} = app.definition;
  return {id, version: app.version, instances, running, healthy, scheduled, staged, unreachable};
}
