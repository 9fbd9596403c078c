/**
 * Requests that change apps: validated, versioned, planned, and handed to the deployments
 * (reference part 3.1).
 */
import {unreachable} from '../../../kernel/assert.ts';
import type {FrameworkReply, FrameworkServices, Refusal} from '../../../scheduler.ts';
import type {App, AppDefinition, NormaliseConfig} from '../definition/app-definition.ts';
import {appForm} from './app-form.ts';
import {dependencyDepths} from '../deploy/dependencies.ts';
import type {Deployment, Deployments} from '../deploy/deployments.ts';
import {isoInstant} from '../../../kernel/instants.ts';
import {isObject, type Fault} from '../definition/json-shape.ts';
import {mergeUpdate, normaliseApp} from '../definition/normalise.ts';
import {planSteps, type AppChange} from '../deploy/plan.ts';
import {parseRequest, type MarathonRequest} from './requests.ts';
import type {Roster} from '../instances/roster.ts';
import {
  assignServicePorts,
  SERVICE_PORTS,
  servicePortsOf,
  withServicePorts,
} from '../definition/service-ports.ts';
import {nextVersion} from '../definition/versions.ts';

export interface RequestHands {
  /**
   * Kills the task of an instance whose goal stays as it is. Answers whether there is such an
   * instance.
   */
  killInstance(instanceId: string): boolean;
}

/** What an app shall be; without a definition it shall not be. */
interface WantedChange {
  readonly id: string;
  readonly definition: AppDefinition | undefined;
  readonly force: boolean;
  readonly restart?: boolean | undefined;
  readonly toKill?: readonly string[] | undefined;
}

export class AppRequests {
  readonly #services: FrameworkServices;
  readonly #roster: Roster;
  readonly #deployments: Deployments;
  readonly #hands: RequestHands;
  readonly #config: NormaliseConfig;

  constructor(
    services: FrameworkServices,
    {roster, deployments}: {roster: Roster; deployments: Deployments},
    hands: RequestHands,
    config: NormaliseConfig,
  ) {
    this.#services = services;
    this.#roster = roster;
    this.#deployments = deployments;
    this.#hands = hands;
    this.#config = config;
  }

  handle(value: unknown): FrameworkReply {
    const parsed = parseRequest(value);
    if (!parsed.ok) return {ok: false, refusal: parsed.refusal};
    return this.#answer(parsed.request);
  }

  #answer(request: MarathonRequest): FrameworkReply {
    switch (request.kind) {
      case 'appPut': {
        const read = normaliseApp(request.app, this.#config);
        if (!read.ok) return invalidApp(read.faults);
        const {value: definition} = read;
        return this.#change({id: definition.id, definition, force: request.force ?? false});
      }
      case 'appPatch':
        return this.#patch(request.appId, request.patch, request.force ?? false);
      case 'appRemove':
        if (this.#roster.app(request.appId) === undefined) return unknownApp(request.appId);
        return this.#change({
          id: request.appId,
          definition: undefined,
          force: request.force ?? true,
        });
      case 'appRestart': {
        const app = this.#roster.app(request.appId);
        if (app === undefined) return unknownApp(request.appId);
        const {definition} = app;
        const {appId: id, force = false} = request;
        return this.#change({id, definition, force, restart: true});
      }
      case 'instanceKill':
        return this.#kill(request.instanceId, request.scale ?? false, request.force ?? false);
      case 'deploymentCancel': {
        const deployment = this.#deployments.get(request.deploymentId);
        if (deployment === undefined) {
          const message = `DeploymentPlan ${request.deploymentId} does not exist`;
          return refusal({code: 'unknownDeployment', message});
        }
        this.#deployments.cancel(deployment);
        return {ok: true, body: {}};
      }
      default:
        return unreachable(request);
    }
  }

  #patch(appId: string, patch: unknown, force: boolean): FrameworkReply {
    const app = this.#roster.app(appId);
    if (app === undefined) return unknownApp(appId);
    const id = isObject(patch) ? patch['id'] : undefined;
    const read = mergeUpdate(app.definition, patch, this.#config);
    if (!read.ok) return invalidApp(read.faults);
    if (typeof id === 'string' && id !== '' && !sameId(id, appId)) {
      return invalidApp([{path: '/id', message: `must match the app ${appId} if it is given`}]);
    }
    const version = isObject(patch) ? patch['version'] : undefined;
    if (typeof version !== 'string') {
      return this.#change({id: appId, definition: read.value, force});
    }
    const specs = this.#roster.entry(appId)?.specs.values() ?? [];
    const old = [...specs].find(({spec}) => spec.versionText === version);
    if (old === undefined) {
      const message = `App '${appId}' does not exist in version ${version}`;
      return refusal({code: 'unknownVersion', message});
    }
    return this.#change({id: appId, definition: old.spec.app.definition, force});
  }

  #kill(instanceId: string, scale: boolean, force: boolean): FrameworkReply {
    const instance = this.#roster.instance(instanceId);
    const app = instance === undefined ? undefined : this.#roster.app(instance.spec.appId);
    if (instance === undefined || app === undefined) {
      const message = `Instance '${instanceId}' does not exist`;
      return refusal({code: 'unknownInstance', message});
    }
    if (!scale) {
      this.#hands.killInstance(instanceId);
      return {ok: true, body: {instanceId}};
    }
    const {definition} = app;
    const instances = Math.max(0, definition.instances - (instance.goal === 'Running' ? 1 : 0));
    return this.#change({
      id: definition.id,
      definition: {...definition, instances},
      toKill: [instanceId],
      force,
    });
  }

  #change(change: WantedChange): FrameworkReply {
    const {id, force, restart = false, toKill} = change;
    const from = this.#roster.app(id);
    const at = this.#services.now();
    let to: App | undefined;
    if (change.definition !== undefined) {
      const ported = this.#assignPorts(change.definition, from?.definition);
      if (ported === undefined) return portsExhausted();
      const fault = this.#dependencyFault(ported);
      if (fault !== undefined) return invalidApp([fault]);
      const versionMin = this.#roster.versionMin(id);
      to = nextVersion(from, ported, {at, versionMin, restart});
    }
    const version = to?.version ?? at;
    const appChange: AppChange = {id, from, to, toKill};
    const steps = planSteps([appChange], () => 1);
    const lock = this.#deployments.lockOf(id);
    if (lock !== undefined && !force && steps.length > 0) {
      return this.#refuseLocked(id, lock, {steps, version});
    }
    if (lock !== undefined && steps.length > 0) this.#deployments.cancel(lock);
    return this.#deploy(appChange, steps, version);
  }

  #deploy(change: AppChange, steps: ReturnType<typeof planSteps>, version: number): FrameworkReply {
    const {id, from, to} = change;
    const isChanged = steps.length > 0;
    const deployment = this.#deployments.start(steps, isChanged ? [id] : [], version);
    const entry = this.#roster.entry(id);
    if (to === undefined) {
      if (entry !== undefined) this.#roster.undefine(entry);
    } else if (to !== from) {
      this.#roster.define(to);
    }
    this.#services.publish({
      type: 'group_change_success',
      groupId: parentOf(id),
      version: isoInstant(version),
    });
    this.#deployments.run(deployment);
    const deploymentId = deployment.id;
    const body =
      from === undefined && to !== undefined
        ? appForm(to, undefined, [deploymentId])
        : {version: isoInstant(version), deploymentId};
    return {ok: true, body, deploymentId};
  }

  #refuseLocked(
    id: string,
    lock: Deployment,
    {steps, version}: {steps: ReturnType<typeof planSteps>; version: number},
  ): FrameworkReply {
    const message =
      "App is locked by one or more deployments. Override with the option '?force=true'. " +
      "View details at '/v2/deployments/<DEPLOYMENT_ID>'.";
    this.#services.publish({
      type: 'group_change_failed',
      groupId: parentOf(id),
      version: isoInstant(version),
      reason: message,
    });
    this.#deployments.refuse(steps, version, message);
    return refusal({code: 'appLocked', message, deploymentIds: [lock.id]});
  }

  #assignPorts(
    definition: AppDefinition,
    previous: AppDefinition | undefined,
  ): AppDefinition | undefined {
    const wanted = servicePortsOf(definition);
    if (!wanted.includes(0)) return definition;
    const ports = assignServicePorts(
      wanted,
      previous === undefined ? [] : servicePortsOf(previous),
      (port) => this.#roster.isServicePortTaken(port),
      SERVICE_PORTS,
    );
    return ports === undefined ? undefined : withServicePorts(definition, ports);
  }

  #dependencyFault(definition: AppDefinition): Fault | undefined {
    if ((definition.dependencies?.length ?? 0) === 0) return undefined;
    const graph = new Map<string, readonly string[]>();
    for (const {id, isRemoved, app} of this.#roster.entries.values()) {
      if (!isRemoved) graph.set(id, app.definition.dependencies ?? []);
    }
    graph.set(definition.id, definition.dependencies ?? []);
    if (dependencyDepths(graph) !== undefined) return undefined;
    return {path: '/', message: 'the app has cyclic dependencies'};
  }
}

function sameId(given: string, appId: string): boolean {
  const parts = (path: string): string =>
    path
      .split('/')
      .filter((part) => part !== '')
      .join('/');
  return parts(given) === parts(appId);
}

function parentOf(appId: string): string {
  const at = appId.lastIndexOf('/');
  return at <= 0 ? '/' : appId.slice(0, at);
}

function refusal(details: Refusal): FrameworkReply {
  return {ok: false, refusal: details};
}

function invalidApp(errors: readonly Fault[]): FrameworkReply {
  return refusal({code: 'invalidApp', message: 'Object is not valid', errors});
}

function unknownApp(id: string): FrameworkReply {
  return refusal({code: 'unknownApp', message: `App '${id}' does not exist`});
}

function portsExhausted(): FrameworkReply {
  const {first, last} = SERVICE_PORTS;
  const message = `All ports in the range [${first}-${last}) are already in use`;
  return refusal({code: 'portRangeExhausted', message});
}
