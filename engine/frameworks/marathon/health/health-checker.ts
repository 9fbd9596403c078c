/**
 * The health checks that Marathon makes itself: one timer per app version and check, all probes of
 * a tick in one effect, and what follows from the answers (reference parts 4.2 to 4.5).
 */
import type {Probe, ProbeResult} from '../../../probes.ts';
import type {FrameworkServices} from '../../../scheduler.ts';
import type {HealthCheck} from '../definition/app-definition.ts';
import {taskIdFor} from '../definition/path-id.ts';
import type {Instance} from '../instances/instances.ts';
import type {AppEntry, Roster} from '../instances/roster.ts';
import type {RunSpec} from '../launch/run-spec.ts';
import {healthOf} from './aggregate.ts';
import {
  isAlive,
  takeReport,
  takeVerdict,
  type HealthRecord,
  type Verdict,
} from './health-record.ts';
import {KillGuard, type KillGuardSnapshot} from './kill-guard.ts';
import {verdictOf} from './probe-result.ts';
import {healthTarget, isAgentLevel} from './probe-target.ts';

export const HEALTH_TIMER = 'healthCheck';

/** Of the first tick, unless the interval is shorter. */
const FIRST_TICK_MS = 5000;
/** An interval of 0 is taken for this. */
const INTERVAL_MS_MIN = 1000;
/** So long after its time is over an answer is still waited for before it is asked again. */
const ANSWER_SLACK_MS = 1000;
const NOT_SENT = -1;

/** What the checker wants done. */
export interface HealthHands {
  /** The health of the instance, all checks together, is another one. */
  changed(instance: Instance): void;
  /** Kill its task; what is wanted of the instance stays. */
  kill(instance: Instance, cause: string): void;
}

/** A probe of one instance by one check, used again for every tick. */
interface Target {
  readonly instance: Instance;
  readonly check: RegisteredCheck;
  readonly probe: Probe;
  /** Of the container, when the probe was made. */
  readonly containerIp: string | undefined;
  /** When it was sent; {@link NOT_SENT} once it is answered. */
  sentAt: number;
}

interface RegisteredCheck {
  readonly index: number;
  readonly check: HealthCheck;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Instances that were probed since they began to run. */
  readonly targets: Map<Instance, Target>;
}

/** The checks of one version of an app. */
interface Registration {
  readonly appId: string;
  readonly version: number;
  readonly checks: readonly RegisteredCheck[];
}

export interface HealthCheckerSnapshot {
  readonly registrations: readonly (readonly [appId: string, version: number])[];
  /** Probes that are not answered. */
  readonly asked: readonly {
    readonly instanceId: string;
    readonly check: number;
    readonly sentAt: number;
  }[];
  /** Successes that were seen after those that are recorded. */
  readonly latest: readonly (readonly [instanceId: string, check: number, at: number])[];
  readonly guard: KillGuardSnapshot;
}

export interface HealthOptions {
  /** See {@link KillGuard}; undefined: only for apps that ask for it. */
  readonly healthKillShareMax?: number | undefined;
}

export class HealthChecker {
  readonly #services: FrameworkServices;
  readonly #roster: Roster;
  readonly #hands: HealthHands;
  readonly #guard: KillGuard;
  /** App → version → its checks; nothing of apps without checks. */
  readonly #registrations = new Map<string, Map<number, Registration>>();
  readonly #targets = new Map<string, Target>();
  /** Guarded apps whose counts changed; empty between calls, so never part of a snapshot. */
  readonly #recounted = new Set<string>();

  constructor(
    services: FrameworkServices,
    roster: Roster,
    parts: HealthHands & HealthOptions,
    snapshot?: HealthCheckerSnapshot,
  ) {
    this.#services = services;
    this.#roster = roster;
    this.#hands = parts;
    this.#guard = new KillGuard(services, roster, parts.healthKillShareMax, snapshot?.guard);
    for (const [appId, version] of snapshot?.registrations ?? []) {
      const spec = roster.entry(appId)?.specs.get(version)?.spec;
      if (spec !== undefined) this.#add(spec);
    }
    for (const {instanceId, check, sentAt} of snapshot?.asked ?? []) {
      const instance = roster.instance(instanceId);
      const registered = instance && this.#registrationOf(instance)?.checks[check];
      if (registered === undefined) continue;
      const target = this.#targetOf(instance as Instance, registered);
      if (typeof target !== 'string') target.sentAt = sentAt;
    }
    for (const [instanceId, check, at] of snapshot?.latest ?? []) {
      const record = roster.instance(instanceId)?.checks[check];
      if (record !== undefined) record.latestSuccess = at;
    }
  }

  /**
   * Begins the checks of a version: at the start of each deployment action, and for what was read
   * from records. A version whose checks have begun, or that has none, is left as it is.
   */
  register(spec: RunSpec): void {
    if (!spec.hasHealthChecks || this.isRegistered(spec)) return;
    const {appId, versionText} = spec;
    const registration = this.#add(spec);
    for (const registered of registration.checks) {
      const {check, index, intervalMs} = registered;
      this.#services.publish({
        type: 'add_health_check_event',
        appId,
        version: versionText,
        healthCheck: check,
      });
      if (isAgentLevel(check)) continue;
      this.#arm(registration, index, Math.min(intervalMs, FIRST_TICK_MS));
    }
  }

  isRegistered({appId, app}: RunSpec): boolean {
    return this.#registrations.get(appId)?.has(app.version) ?? false;
  }

  /** Ends the checks of a version that has no instance any more and is not in force. */
  remove(appId: string, version: number): void {
    const versions = this.#registrations.get(appId);
    const registration = versions?.get(version);
    if (versions === undefined || registration === undefined) return;
    versions.delete(version);
    if (versions.size === 0) {
      this.#registrations.delete(appId);
      this.#guard.forget(appId);
    }
    for (const {check, index, targets} of registration.checks) {
      if (!isAgentLevel(check)) {
        this.#services.cancelTimer(HEALTH_TIMER, subjectOf(registration, index));
      }
      for (const {probe} of targets.values()) this.#targets.delete(probe.probeId);
      this.#services.publish({type: 'remove_health_check_event', appId});
    }
  }

  /** Ends all checks of an app that is stopped. */
  removeAll(appId: string): void {
    for (const version of [...(this.#registrations.get(appId)?.keys() ?? [])]) {
      this.remove(appId, version);
    }
  }

  onTimer(subject: string): void {
    const [appId = '', version, index] = subject.split(' ');
    const registration = this.#registrations.get(appId)?.get(Number(version));
    const registered = registration?.checks[Number(index)];
    if (registration === undefined || registered === undefined) return;
    this.#arm(registration, registered.index, registered.intervalMs);
    this.#probe(registration, registered);
  }

  /** An answer; false if the question was not one of these. */
  take({probeId, outcome}: ProbeResult): boolean {
    const target = this.#targets.get(probeId);
    if (target === undefined) return false;
    // Asked before it was lost from sight and found again.
    if (target.sentAt === NOT_SENT) return true;
    target.sentAt = NOT_SENT;
    const {instance, check} = target;
    this.#judge(instance, check, verdictOf(check.check, outcome));
    return true;
  }

  /** What an agent's report changes of an instance; its health and records go along with it. */
  reported(
    instance: Instance,
    reported: boolean,
  ): Pick<Instance, 'reported' | 'healthy' | 'checks'> {
    const {spec, checks} = instance;
    if (!spec.hasHealthChecks) return {reported, healthy: instance.healthy, checks};
    const all = spec.app.definition.healthChecks ?? [];
    const now = this.#services.now();
    const next = all.map((check, index) => {
      const record = checks[index];
      return isAgentLevel(check) ? takeReport(record, reported, now) : record;
    });
    return {reported, healthy: healthOf(all, next, reported), checks: next};
  }

  /** The condition of an instance with health checks changed. */
  moved(instance: Instance): void {
    if (instance.condition !== 'Running') this.#lose(instance);
    this.#recount(instance);
  }

  /** At the end of a call: tells where killing is suspended, or goes on. */
  settle(): void {
    if (this.#recounted.size === 0) return;
    for (const appId of this.#recounted) this.#guard.holds(appId);
    this.#recounted.clear();
  }

  snapshot(): HealthCheckerSnapshot {
    return {
      registrations: [...this.#registrations].flatMap(([appId, versions]) =>
        [...versions.keys()].map((version) => [appId, version] as const),
      ),
      asked: [...this.#targets.values()]
        .filter(({sentAt}) => sentAt !== NOT_SENT)
        .map(({instance, check, sentAt}) => ({
          instanceId: instance.id,
          check: check.index,
          sentAt,
        }))
        .sort((left, right) =>
          left.instanceId === right.instanceId
            ? left.check - right.check
            : left.instanceId < right.instanceId
              ? -1
              : 1,
        ),
      latest: [...this.#roster.entries.values()].flatMap(latestSuccesses),
      guard: this.#guard.snapshot(),
    };
  }

  #add({appId, app}: RunSpec): Registration {
    const checks = (app.definition.healthChecks ?? []).map((check, index) => ({
      index,
      check,
      intervalMs: Math.max(INTERVAL_MS_MIN, check.intervalSeconds * 1000),
      timeoutMs: check.timeoutSeconds * 1000,
      targets: new Map<Instance, Target>(),
    }));
    const registration = {appId, version: app.version, checks};
    const versions = this.#registrations.get(appId);
    if (versions === undefined) {
      this.#registrations.set(appId, new Map([[app.version, registration]]));
    } else {
      versions.set(app.version, registration);
    }
    return registration;
  }

  #registrationOf({spec}: Instance): Registration | undefined {
    return this.#registrations.get(spec.appId)?.get(spec.app.version);
  }

  #arm(registration: Registration, index: number, inMs: number): void {
    const at = this.#services.now() + inMs;
    this.#services.armTimer(HEALTH_TIMER, subjectOf(registration, index), at);
  }

  /** One tick: asks all running instances of the version that do not owe an answer. */
  #probe({appId, version}: Registration, registered: RegisteredCheck): void {
    const now = this.#services.now();
    const owedSince = now - registered.timeoutMs - ANSWER_SLACK_MS;
    const probes: Probe[] = [];
    let unreachable: {readonly instance: Instance; readonly cause: string}[] | undefined;
    for (const instance of this.#roster.entry(appId)?.instances.values() ?? []) {
      if (instance.condition !== 'Running' || instance.spec.app.version !== version) continue;
      const target = this.#targetOf(instance, registered);
      if (typeof target === 'string') {
        unreachable ??= [];
        unreachable.push({instance, cause: target});
      } else if (target.sentAt === NOT_SENT || target.sentAt < owedSince) {
        target.sentAt = now;
        probes.push(target.probe);
      }
    }
    if (probes.length > 0) this.#services.probe(probes);
    for (const {instance, cause} of unreachable ?? []) {
      this.#judge(instance, registered, {kind: 'unhealthy', cause});
    }
  }

  /** The probe of an instance, or why it cannot be probed. */
  #targetOf(instance: Instance, registered: RegisteredCheck): Target | string {
    const known = registered.targets.get(instance);
    if (known !== undefined && known.containerIp === instance.containerIp) return known;
    const {check, index, timeoutMs} = registered;
    const {agentId, containerIp} = instance;
    const place = healthTarget(check, instance.spec.app.definition, instance);
    if (!place.ok || agentId === undefined) return place.ok ? 'no host to probe' : place.cause;
    const taskId = taskIdFor(instance.id, instance.incarnation);
    const protocol = check.protocol as Probe['protocol'];
    const probe: Probe = {
      probeId: `${taskId}#${index}`,
      taskId,
      agentId,
      purpose: 'health',
      protocol,
      host: place.host,
      port: place.port,
      ...(protocol !== 'TCP' && {path: check.path || '/'}),
      timeoutMs,
    };
    const sentAt = known?.sentAt ?? NOT_SENT;
    const target: Target = {instance, check: registered, probe, containerIp, sentAt};
    registered.targets.set(instance, target);
    this.#targets.set(probe.probeId, target);
    return target;
  }

  /** Its task is over or out of reach: answers to what was asked of it do not count. */
  #lose(instance: Instance): void {
    for (const {targets} of this.#registrationOf(instance)?.checks ?? []) {
      const target = targets.get(instance);
      if (target === undefined) continue;
      targets.delete(instance);
      this.#targets.delete(target.probe.probeId);
    }
  }

  #judge(instance: Instance, {check, index}: RegisteredCheck, verdict: Verdict): void {
    const record = instance.checks[index];
    const now = this.#services.now();
    if (verdict.kind === 'healthy' && record?.consecutiveFailures === 0 && isAlive(record)) {
      record.latestSuccess = now;
      return;
    }
    const {spec, condition, since} = instance;
    const step = takeVerdict(record, verdict, now, {
      graceMs: check.gracePeriodSeconds * 1000,
      failuresMax: check.maxConsecutiveFailures,
      isRunning: condition === 'Running',
      since,
    });
    if (step === undefined) return;
    const {appId, versionText} = spec;
    if (step.failed) {
      // In Marathon, too, `taskId` holds the id of the instance.
      this.#services.publish({
        type: 'failed_health_check_event',
        appId,
        taskId: instance.id,
        healthCheck: check,
      });
    }
    const kill = step.kill && !this.#guard.holds(appId);
    if (kill) this.#publishKill(instance, step.next);
    if (step.alive !== undefined) {
      this.#services.publish({
        type: 'health_status_changed_event',
        appId,
        instanceId: instance.id,
        version: versionText,
        alive: step.alive,
      });
    }
    this.#keep(instance, index, step.next);
    if (kill) this.#hands.kill(instance, step.next.lastFailureCause ?? '');
  }

  #recount({spec: {appId}}: Instance): void {
    if (this.#guard.isOn(appId)) this.#recounted.add(appId);
  }

  #publishKill(instance: Instance, {lastFailureCause}: HealthRecord): void {
    const {id, spec, agentId, host, incarnation} = instance;
    this.#services.publish({
      type: 'unhealthy_instance_kill_event',
      appId: spec.appId,
      taskId: taskIdFor(id, incarnation),
      instanceId: id,
      version: spec.versionText,
      reason: lastFailureCause ?? 'unknown',
      host: host ?? 'unknown',
      ...(agentId !== undefined && {slaveId: agentId}),
    });
  }

  #keep(instance: Instance, index: number, record: HealthRecord): void {
    const {spec, healthy, reported} = instance;
    const all = spec.app.definition.healthChecks ?? [];
    const checks = all.map((_, at) => (at === index ? record : instance.checks[at]));
    this.#roster.update(instance, {checks, healthy: healthOf(all, checks, reported)});
    this.#recount(instance);
    if (instance.healthy !== healthy) this.#hands.changed(instance);
  }
}

function latestSuccesses({instances}: AppEntry): HealthCheckerSnapshot['latest'] {
  const latest: (readonly [string, number, number])[] = [];
  for (const {id, checks} of instances.values()) {
    for (const [index, record] of checks.entries()) {
      if (record === undefined || record.latestSuccess === record.lastSuccess) continue;
      latest.push([id, index, record.latestSuccess as number]);
    }
  }
  return latest;
}

/** App ids hold no blanks. */
function subjectOf({appId, version}: Registration, index: number): string {
  return `${appId} ${version} ${index}`;
}
