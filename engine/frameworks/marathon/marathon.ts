/**
 * Marathon: keeps the wanted number of instances of each app running on the offers of the master.
 * This file only wires: what is known is the {@link Roster}'s, what waits the {@link
 * LaunchQueue}'s, what changes the {@link Deployments}'; here offers, updates, timers and requests
 * find their way to them.
 */
import type {OfferId} from '../../kernel/ids.ts';
import {MARATHON_DEFAULTS, type MarathonOptions} from '../../options.ts';
import type {
  AgentInfo,
  Framework,
  FrameworkServices,
  Offer,
  StatusUpdate,
  TaskLaunch,
  WaitingGroup,
} from '../../scheduler.ts';
import type {NormaliseConfig} from './definition/app-definition.ts';
import {appForm} from './api/app-form.ts';
import {AppRequests} from './api/app-requests.ts';
import {fieldOf} from './launch/constraints.ts';
import {Demand, DEMAND_TIMER, type DemandSnapshot} from './launch/demand.ts';
import {
  Deployments,
  propose,
  REVIEW_TIMER,
  type Deployment,
  type DeploymentsSnapshot,
} from './deploy/deployments.ts';
import {
  conditionOf,
  isTerminal,
  isUnreachable,
  type Condition,
  type Instance,
} from './instances/instances.ts';
import {
  KILL_DEFAULTS,
  KILL_TIMER,
  KillService,
  type KillSnapshot,
} from './instances/kill-service.ts';
import {BACKOFF_TIMER, LaunchQueue, type LaunchQueueSnapshot} from './launch/launch-queue.ts';
import {matchOffer} from './launch/matcher.ts';
import {parseTaskId, taskIdFor} from './definition/path-id.ts';
import type {WantedPort} from './launch/ports.ts';
import {Roster, type AppEntry, type RosterSnapshot} from './instances/roster.ts';
import {makeTaskLaunch} from './launch/task-launch.ts';
import {UNREACHABLE_TIMER, unreachableStage} from './instances/unreachable.ts';
import {waitingGroups} from './launch/waiting.ts';
import {OVERDUE_TIMER, Watch, RECONCILE_TIMER, type WatchSnapshot} from './instances/watch.ts';

/** What the cluster decides about definitions; the same for every Marathon of an engine. */
const CONFIG: NormaliseConfig = {
  mesosBridgeName: 'mesos-bridge',
  defaultRole: '*',
  enabledFeatures: ['gpu_resources'],
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

interface MarathonSnapshot {
  readonly format: 1;
  readonly roster: RosterSnapshot;
  readonly queue: LaunchQueueSnapshot;
  readonly demand: DemandSnapshot;
  readonly deployments: DeploymentsSnapshot;
  readonly kills: KillSnapshot;
  readonly watch: WatchSnapshot;
}

export class Marathon implements Framework {
  readonly #services: FrameworkServices;
  readonly #options: MarathonOptions;
  readonly #roster: Roster;
  readonly #queue: LaunchQueue;
  readonly #demand: Demand;
  readonly #deployments: Deployments;
  readonly #kills: KillService;
  readonly #watch: Watch;
  readonly #requests: AppRequests;
  /**
   * Apps whose number of instances may be wrong; looked at before a call ends, so never part of a
   * snapshot.
   */
  readonly #unbalanced = new Set<string>();

  constructor(
    services: FrameworkServices,
    options: Partial<MarathonOptions> = {},
    snapshot?: unknown,
  ) {
    const stored = snapshot as MarathonSnapshot | undefined;
    this.#services = services;
    this.#options = {...MARATHON_DEFAULTS, ...options};
    this.#queue = new LaunchQueue(services, (id) => this.#roster.instance(id), stored?.queue);
    this.#roster = new Roster(services, this.#queue, stored?.roster);
    if (stored !== undefined) this.#queue.restore(stored.queue);
    this.#demand = new Demand(
      services,
      this.#queue,
      this.#options.reviveIntervalMs,
      stored?.demand,
    );
    this.#deployments = new Deployments(services, this.#roster, this.#hands(), stored?.deployments);
    this.#kills = new KillService(
      services,
      (id) => this.#sendKill(id),
      KILL_DEFAULTS,
      stored?.kills,
    );
    this.#watch = new Watch(services, this.#roster, stored?.watch);
    this.#requests = new AppRequests(
      services,
      {roster: this.#roster, deployments: this.#deployments},
      {killInstance: (id) => this.#killInstance(id)},
      CONFIG,
    );
  }

  registered(): void {
    this.#watch.started();
    this.#settle();
  }

  resourceOffers(offers: readonly Offer[]): void {
    const {driver} = this.#services;
    const unused: OfferId[] = [];
    for (const offer of offers) {
      const launches = this.#queue.launchable === 0 ? [] : this.#match(offer);
      if (launches.length === 0) unused.push(offer.id);
      else driver.accept([offer.id], launches);
    }
    if (unused.length > 0) driver.decline(unused, this.#options.declineOfferMs);
    if (unused.length === offers.length) this.#demand.unused();
    this.#settle();
  }

  /**
   * An offer is answered in the call that brings it, so nothing is held that could be taken back.
   */
  offerRescinded(): void {}

  statusUpdate(update: StatusUpdate): void {
    this.#takeStatus(update);
    this.#settle();
    if (update.updateId !== undefined) this.#services.driver.acknowledge(update);
  }

  onTimer(name: string, subject: string): void {
    switch (name) {
      case BACKOFF_TIMER:
        this.#queue.delayPassed(subject);
        break;
      case DEMAND_TIMER:
        this.#demand.onTimer();
        break;
      case KILL_TIMER:
        this.#kills.onTimer();
        break;
      case REVIEW_TIMER:
        this.#deployments.review(subject);
        break;
      case UNREACHABLE_TIMER: {
        const instance = this.#roster.instance(subject);
        if (instance !== undefined) this.#lost(instance);
        break;
      }
      case OVERDUE_TIMER:
        for (const id of this.#watch.overdue()) this.#kills.request(id);
        break;
      case RECONCILE_TIMER:
        this.#watch.reconcile();
        break;
    }
    this.#settle();
  }

  onRequest(requestId: string, request: unknown): void {
    const reply = this.#requests.handle(request);
    this.#settle();
    this.#services.reply(requestId, reply);
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
    return appForm(entry.app, entry.tally, lock === undefined ? [] : [lock.id]);
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

  deployments(): readonly Readonly<Deployment>[] {
    return this.#deployments.all;
  }

  snapshot(): unknown {
    return {
      format: 1,
      roster: this.#roster.snapshot(),
      queue: this.#queue.snapshot(),
      demand: this.#demand.snapshot(),
      deployments: this.#deployments.snapshot(),
      kills: this.#kills.snapshot(),
      watch: this.#watch.snapshot(),
    } satisfies MarathonSnapshot;
  }

  /** Everything that follows from what happened, until nothing follows any more. */
  #settle(): void {
    do {
      this.#deployments.drain();
      for (const appId of this.#unbalanced) {
        this.#unbalanced.delete(appId);
        this.#balance(appId);
      }
    } while (this.#unbalanced.size > 0);
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
      for (const instance of propose(entry, instances).decommission) this.#decommission(instance);
    }
    while (entry.tally.pool < instances) this.#roster.create(entry);
  }

  #match(offer: Offer): readonly TaskLaunch[] {
    let random: ReturnType<FrameworkServices['random']> | undefined;
    return matchOffer(offer, {
      queue: this.#queue,
      kinds: this.#services.kinds,
      launchesMax: this.#options.launchesPerOfferMax,
      random: () => (random ??= this.#services.random(`offer/${offer.id}`)),
      appOf: (appId) => this.#placementsOf(appId),
      provision: (instance, agent, hostPorts) => this.#provision(instance, agent, hostPorts),
    });
  }

  #placementsOf(appId: string): {placements: AppEntry['placements']; wanted: number} {
    const entry = this.#roster.entries.get(appId) as AppEntry;
    return {placements: entry.placements, wanted: entry.app.definition.instances};
  }

  #provision(instance: Instance, agent: AgentInfo, hostPorts: readonly WantedPort[]): TaskLaunch {
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
    });
    this.#watch.launched(instance);
    return makeTaskLaunch(instance);
  }

  #takeStatus(update: StatusUpdate): void {
    const task = parseTaskId(update.taskId);
    const instance = task === undefined ? undefined : this.#roster.instance(task.instanceId);
    const condition = conditionOf(update);
    if (
      instance === undefined ||
      instance.condition === 'Scheduled' ||
      task?.incarnation !== instance.incarnation
    ) {
      this.#takeUnknown(update, task?.instanceId, instance);
      return;
    }
    this.#publishStatus(update, instance);
    if (isTerminal(condition)) this.#ended(instance, condition, update);
    else if (condition === 'Unreachable') this.#lost(instance);
    else this.#alive(instance, condition, update);
  }

  /** Tasks that nobody knows are killed; their end is told of. */
  #takeUnknown(
    update: StatusUpdate,
    instanceId: string | undefined,
    instance: Instance | undefined,
  ): void {
    const condition = conditionOf(update);
    if (condition === 'Unreachable') return;
    if (!isTerminal(condition)) {
      this.#services.driver.kill(update.taskId);
      return;
    }
    if (instance !== undefined) return;
    this.#services.publish({
      type: 'unknown_instance_terminated_event',
      instanceId: instanceId ?? update.taskId,
      condition,
    });
  }

  #publishStatus(update: StatusUpdate, instance: Instance): void {
    this.#services.publish({
      type: 'status_update_event',
      slaveId: update.agentId ?? instance.agentId ?? '',
      taskId: update.taskId,
      taskStatus: update.state,
      message: update.message ?? '',
      appId: instance.spec.appId,
      host: instance.host ?? '',
      ports: instance.hostPorts.filter((port) => port !== null),
      version: instance.spec.versionText,
    });
  }

  #alive(instance: Instance, condition: Condition, update: StatusUpdate): void {
    const wasLost = isUnreachable(instance.condition);
    const wasKilling = instance.condition === 'Killing';
    // Old news of a task that is already further on is no news.
    const isBehind =
      (instance.condition === 'Running' && (condition === 'Staging' || condition === 'Starting')) ||
      (wasKilling && condition !== 'Killing');
    const next = isBehind ? instance.condition : condition;
    const healthy = update.healthy ?? instance.healthy;
    const containerIp = update.containerIp ?? instance.containerIp;
    const isSame =
      next === instance.condition &&
      healthy === instance.healthy &&
      containerIp === instance.containerIp;
    if (isSame) return;
    if (wasLost) this.#services.cancelTimer(UNREACHABLE_TIMER, instance.id);
    const startedAt = next === 'Running' ? this.#services.now() : undefined;
    this.#roster.update(instance, {
      condition: next,
      healthy,
      containerIp,
      startedAt: instance.startedAt ?? startedAt,
      unreachableSince: undefined,
    });
    if (instance.goal !== 'Running' && next !== 'Killing') this.#kills.request(instance.id);
    this.#deployments.report('changed', instance);
    if (wasLost) this.#unbalanced.add(instance.spec.appId);
  }

  /**
   * Cannot be reached, or still cannot: given up and forgotten when the time has come (reference
   * part 7.4).
   */
  #lost(instance: Instance): void {
    const now = this.#services.now();
    const since = instance.unreachableSince ?? now;
    const strategy = instance.spec.app.definition.unreachableStrategy;
    const {stage, until} = unreachableStage(strategy, since, now);
    const condition = stage === 'active' ? 'Unreachable' : 'UnreachableInactive';
    if (condition !== instance.condition || instance.unreachableSince === undefined) {
      this.#roster.update(instance, {condition, unreachableSince: since});
      this.#deployments.report('changed', instance);
    }
    this.#unbalanced.add(instance.spec.appId);
    if (stage === 'expunged') this.#forget(instance);
    else if (until !== undefined) {
      this.#services.armTimer(UNREACHABLE_TIMER, instance.id, until);
    }
  }

  #ended(instance: Instance, condition: Condition, update: StatusUpdate): void {
    if (isUnreachable(instance.condition)) {
      this.#services.cancelTimer(UNREACHABLE_TIMER, instance.id);
    }
    this.#roster.update(instance, {condition, unreachableSince: undefined});
    this.#kills.ended(instance.id);
    if (update.reason === 'REASON_SLAVE_DRAINING') this.#queue.resetDelay(instance.spec.configKey);
    this.#unbalanced.add(instance.spec.appId);
    if (instance.goal === 'Running' && !this.#deployments.isRelaunched(instance)) {
      this.#roster.update(instance, {goal: 'Decommissioned'});
    }
    if (instance.goal !== 'Running') {
      this.#forget(instance);
      return;
    }
    this.#deployments.report('died', instance);
    this.#roster.reschedule(instance);
  }

  /** Not wanted any more. */
  #decommission(instance: Instance): void {
    if (instance.goal === 'Running') this.#roster.update(instance, {goal: 'Decommissioned'});
    if (instance.condition === 'Scheduled') this.#forget(instance);
    // What cannot be reached is killed when it comes back.
    else if (!isUnreachable(instance.condition)) this.#kills.request(instance.id);
  }

  #forget(instance: Instance): void {
    if (isUnreachable(instance.condition)) {
      this.#services.cancelTimer(UNREACHABLE_TIMER, instance.id);
    }
    this.#deployments.report('gone', instance);
    this.#kills.ended(instance.id);
    this.#roster.expunge(instance);
  }

  #killInstance(instanceId: string): boolean {
    const instance = this.#roster.instance(instanceId);
    if (instance === undefined) return false;
    if (isUnreachable(instance.condition) && instance.goal === 'Running') {
      this.#decommission(instance);
      this.#unbalanced.add(instance.spec.appId);
      this.#deployments.report('changed', instance);
    } else if (instance.condition !== 'Scheduled') {
      this.#kills.request(instanceId);
    }
    return true;
  }

  #sendKill(instanceId: string): boolean {
    const instance = this.#roster.instance(instanceId);
    if (instance === undefined || instance.condition === 'Scheduled') return false;
    this.#services.driver.kill(taskIdFor(instance.id, instance.incarnation));
    return true;
  }

  #hands(): ConstructorParameters<typeof Deployments>[2] {
    return {
      decommission: (instance) => this.#decommission(instance),
      resetDelays: (entry) => {
        for (const {spec} of entry.specs.values()) this.#queue.resetDelay(spec.configKey);
      },
      released: (appId) => {
        this.#unbalanced.add(appId);
      },
    };
  }
}

function summary({id, app, tally}: AppEntry): AppSummary {
  const {running, healthy, scheduled, staged, unreachable} = tally;
  const {instances} = app.definition;
  return {id, version: app.version, instances, running, healthy, scheduled, staged, unreachable};
}
