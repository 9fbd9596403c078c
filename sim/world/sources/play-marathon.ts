/** Carries out the events of a scenario that Marathon is asked for. */
import {isTerminalCondition} from '../../../engine/index.ts';
import type {MarathonApp, MarathonEvent} from '../../scenario/schema.ts';
import {drawSome} from '../agent-selection.ts';
import {
  killInstances,
  patchApp,
  putApp,
  putGroup,
  removeApp,
  removeGroup,
  restartApp,
} from './marathon-requests.ts';
import type {MarathonRequest} from './marathon-requests.ts';
import {mergePatch} from './merge-patch.ts';
import type {WorldPort} from './source.ts';

export interface Occasion {
  readonly framework: number;
  /** Names the event in messages. */
  readonly label: string;
  /** From which chance is drawn. */
  readonly stream: string;
}

export function playMarathon(event: MarathonEvent, occasion: Occasion, port: WorldPort): void {
  const {framework, label} = occasion;
  switch (event.kind) {
    case 'failover':
      port.failOver(framework);
      return;
    case 'request': {
      const {method, path, body, expect} = event;
      const headers: Record<string, string> =
        body === undefined ? {} : {'content-type': 'application/json'};
      const sent = body === undefined ? {headers} : {headers, body};
      port.request(framework, {kind: 'http', method, path, ...sent}, label, expect ?? 'good');
      return;
    }
    case 'deployment':
      steer(event, occasion, port);
      return;
    default: {
      const request = requestOf(event, occasion, port);
      if (request !== undefined) port.request(framework, request, label);
    }
  }
}

type ChangeEvent = Exclude<MarathonEvent, {kind: 'deployment' | 'failover' | 'request'}>;

/** Undefined: there is nothing to be done. */
function requestOf(
  event: ChangeEvent,
  occasion: Occasion,
  port: WorldPort,
): MarathonRequest | undefined {
  const {terms} = event;
  switch (event.kind) {
    case 'scale':
      return patchApp(event.app, {instances: event.instances}, terms);
    case 'upgrade':
      return upgrade(event, occasion, port);
    case 'restart':
      return restartApp(event.app, terms);
    case 'remove':
      return removeApp(event.app, terms);
    case 'group':
      return putGroup(event.group, terms);
    case 'removeGroup':
      return removeGroup(event.group, terms);
    case 'killTasks': {
      const victims = victimsOf(event, occasion, port);
      return victims.length === 0 ? undefined : killInstances(victims, event.scale, terms);
    }
    default:
      return event satisfies never;
  }
}

/**
 * The fields that the patch names, as they are after it; or the whole app, if it takes one away.
 */
function upgrade(
  {app, patch, terms}: Extract<MarathonEvent, {kind: 'upgrade'}>,
  {framework}: Occasion,
  port: WorldPort,
): MarathonRequest {
  const merged = mergePatch(port.marathon(framework).app(app) ?? {id: app}, patch);
  const changes = Object.keys(patch).map((name) => [name, merged[name]] as const);
  const isWhole = changes.some(([, value]) => value === undefined);
  return isWhole
    ? putApp(merged as MarathonApp, terms)
    : patchApp(app, Object.fromEntries(changes), terms);
}

/** Of those that have a task and are wanted. */
function victimsOf(
  {app, hosts, count}: Extract<MarathonEvent, {kind: 'killTasks'}>,
  {framework, stream}: Occasion,
  port: WorldPort,
): readonly string[] {
  const live = port
    .marathon(framework)
    .instancesOf(app)
    .filter(({goal, host, condition}) => {
      if (goal !== 'Running' || condition === 'Scheduled' || isTerminalCondition(condition)) {
        return false;
      }
      return hosts === undefined || (host !== undefined && hosts.includes(host));
    })
    .map(({id}) => id);
  if (count === undefined || count >= live.length) return live;
  const rows = drawSome([...live.keys()], count, port.random(stream));
  return rows.map((row) => live[row] as string);
}

function steer(
  {app, action, ifAny}: Extract<MarathonEvent, {kind: 'deployment'}>,
  {framework, label}: Occasion,
  port: WorldPort,
): void {
  const deployment = port
    .marathon(framework)
    .deployments()
    .find(({appIds}) => appIds.includes(app));
  if (deployment !== undefined) {
    const {id: deploymentId} = deployment;
    port.request(framework, {kind: 'deployment', deploymentId, action}, label);
  } else if (!ifAny) {
    port.refuse(label, `no deployment has the app "${app}" locked (ifAny: true lets it pass)`);
  }
}
