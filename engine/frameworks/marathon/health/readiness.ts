/**
 * Readiness of instances that a deployment brings up: asks each until it is ready for the first
 * time, and never again (reference part 3.7).
 */
import type {Probe, ProbeOutcome, ProbeResult} from '../../../probes.ts';
import type {FrameworkServices} from '../../../scheduler.ts';
import type {ReadinessCheck} from '../definition/app-definition.ts';
import {taskIdFor} from '../definition/path-id.ts';
import type {Instance} from '../instances/instances.ts';
import type {Roster} from '../instances/roster.ts';
import {readinessTarget} from './probe-target.ts';

export const READINESS_TIMER = 'readinessCheck';

/** As in `HealthChecker`: an interval of 0 and a late answer. */
const INTERVAL_MS_MIN = 1000;
const ANSWER_SLACK_MS = 1000;

export interface LastResponse {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** An element of a deployment's `readinessCheckResults`. */
export interface ReadinessResult {
  readonly name: string;
  readonly taskId: string;
  readonly ready: boolean;
  readonly lastResponse?: LastResponse;
}

interface Poll {
  readonly instanceId: string;
  readonly incarnation: number;
  isReady: boolean;
  /** When it was asked; undefined once it is answered. */
  askedAt: number | undefined;
  /** Undefined before the first answer. */
  lastResponse: LastResponse | undefined;
}

export interface ReadinessSnapshot {
  readonly polls: readonly {
    readonly instanceId: string;
    readonly incarnation: number;
    readonly isReady: boolean;
    readonly askedAt?: number | undefined;
    readonly lastResponse?: LastResponse | undefined;
  }[];
}

export class Readiness {
  readonly #services: FrameworkServices;
  readonly #roster: Pick<Roster, 'instance'>;
  readonly #onReady: (instanceId: string) => void;
  /** By instance, in the order in which they were started. */
  readonly #polls = new Map<string, Poll>();

  constructor(
    services: FrameworkServices,
    roster: Pick<Roster, 'instance'>,
    onReady: (instanceId: string) => void,
    snapshot?: ReadinessSnapshot,
  ) {
    this.#services = services;
    this.#roster = roster;
    this.#onReady = onReady;
    for (const {instanceId, incarnation, isReady, askedAt, lastResponse} of snapshot?.polls ?? []) {
      this.#polls.set(instanceId, {instanceId, incarnation, isReady, askedAt, lastResponse});
    }
  }

  /**
   * Asks a running instance, now and then every interval, until it is ready. Nothing happens if it
   * is not running, has no readiness check, or its task is being asked or was ready already.
   */
  start(instance: Instance): void {
    const {id, incarnation, condition} = instance;
    const check = checkOf(instance);
    if (check === undefined || condition !== 'Running') return;
    if (this.#polls.get(id)?.incarnation === incarnation) return;
    const poll: Poll = {
      instanceId: id,
      incarnation,
      isReady: false,
      askedAt: undefined,
      lastResponse: undefined,
    };
    this.#polls.set(id, poll);
    this.#ask(poll, instance, check);
  }

  /** Forgets the instance: it is asked no more, and its result is shown no more. */
  stop(instanceId: string): void {
    if (this.#polls.delete(instanceId)) this.#services.cancelTimer(READINESS_TIMER, instanceId);
  }

  /** Forgets these instances: the deployment is done with their app. */
  stopAll(instanceIds: Iterable<string>): void {
    if (this.#polls.size === 0) return;
    for (const id of instanceIds) this.stop(id);
  }

  /**
   * What the checks of an app's instances have answered, in the order in which they were started.
   */
  resultsOf(appId: string): readonly ReadinessResult[] {
    const results: ReadinessResult[] = [];
    for (const {instanceId, incarnation, isReady, lastResponse} of this.#polls.values()) {
      const instance = this.#roster.instance(instanceId);
      const check = instance && checkOf(instance);
      if (check === undefined || instance?.spec.appId !== appId) continue;
      if (lastResponse === undefined) continue;
      results.push({
        name: check.name,
        taskId: taskIdFor(instanceId, incarnation),
        ready: isReady,
        ...(check.preserveLastResponse && {lastResponse}),
      });
    }
    return results;
  }

  onTimer(instanceId: string): void {
    const poll = this.#polls.get(instanceId);
    const instance = this.#roster.instance(instanceId);
    const check = instance && checkOf(instance);
    if (poll === undefined || poll.isReady || instance === undefined || check === undefined) return;
    this.#ask(poll, instance, check);
  }

  /** An answer; whose question is not one of these, or not any more, is passed over. */
  take({probeId, outcome}: ProbeResult): void {
    const at = probeId.lastIndexOf(ASKS_READINESS);
    const taskId = at < 0 ? '' : probeId.slice(0, at);
    const poll = this.#polls.get(taskId.slice(0, taskId.lastIndexOf('._app.')));
    if (poll?.askedAt === undefined) return;
    if (taskIdFor(poll.instanceId, poll.incarnation) !== taskId) return;
    const instance = this.#roster.instance(poll.instanceId);
    const check = instance && checkOf(instance);
    if (check === undefined) return;
    this.#answered(poll, check, outcome);
  }

  /** The condition of an instance changed: of a task that is over nothing is asked. */
  moved({id, condition, spec}: Instance): void {
    if (condition === 'Running' || spec.app.definition.readinessChecks === undefined) return;
    this.stop(id);
  }

  snapshot(): ReadinessSnapshot {
    return {polls: [...this.#polls.values()].map((poll) => ({...poll}))};
  }

  #ask(poll: Poll, instance: Instance, check: ReadinessCheck): void {
    const now = this.#services.now();
    const intervalMs = Math.max(INTERVAL_MS_MIN, check.intervalSeconds * 1000);
    const timeoutMs = check.timeoutSeconds * 1000;
    this.#services.armTimer(READINESS_TIMER, poll.instanceId, now + intervalMs);
    if (poll.askedAt !== undefined && poll.askedAt + timeoutMs + ANSWER_SLACK_MS >= now) return;
    const place = readinessTarget(check.portName, instance.spec.app.definition, instance);
    const {agentId} = instance;
    if (!place.ok || agentId === undefined) {
      const cause = place.ok ? 'no host to probe' : place.cause;
      this.#answered(poll, check, {kind: 'failed', cause});
      return;
    }
    poll.askedAt = now;
    const taskId = taskIdFor(poll.instanceId, poll.incarnation);
    const probe: Probe = {
      probeId: `${taskId}${ASKS_READINESS}`,
      taskId,
      agentId,
      purpose: 'readiness',
      protocol: check.protocol,
      host: place.host,
      port: place.port,
      path: check.path,
      timeoutMs,
    };
    this.#services.probe([probe]);
  }

  #answered(poll: Poll, check: ReadinessCheck, outcome: ProbeOutcome): void {
    poll.askedAt = undefined;
    poll.lastResponse = responseOf(outcome);
    if (outcome.kind !== 'http') return;
    if (!check.httpStatusCodesForReady.includes(outcome.status)) return;
    poll.isReady = true;
    this.#services.cancelTimer(READINESS_TIMER, poll.instanceId);
    this.#onReady(poll.instanceId);
  }
}

/** At the end of a probe's id, behind its task's. */
const ASKS_READINESS = '#ready';

function checkOf({spec}: Instance): ReadinessCheck | undefined {
  return spec.app.definition.readinessChecks?.[0];
}

/** No answer is shown as one that a gateway would give. */
function responseOf(outcome: ProbeOutcome): LastResponse {
  switch (outcome.kind) {
    case 'http': {
      const {status, contentType = '', body = ''} = outcome;
      return {status, contentType, body};
    }
    case 'connected':
      return {status: 200, contentType: '', body: ''};
    case 'failed':
      return {status: 504, contentType: 'text/plain', body: outcome.cause};
  }
}
