/**
 * The requests that a scenario makes of Marathon, always with force: its author means what it says.
 */
import type {DeploymentTerms, MarathonApp, MarathonGroup} from '../../scenario/schema.ts';

/** How a change is made. */
interface How {
  readonly force: true;
  readonly terms?: DeploymentTerms;
}

/** What `request` inputs for Marathon carry: see the engine's Marathon requests. */
export type MarathonRequest =
  | ({readonly kind: 'appPut'; readonly app: MarathonApp} & How)
  | ({
      readonly kind: 'appPatch';
      readonly appId: string;
      readonly patch: Readonly<Record<string, unknown>>;
    } & How)
  | ({readonly kind: 'appRemove' | 'appRestart'; readonly appId: string} & How)
  | ({readonly kind: 'groupPut'; readonly group: MarathonGroup} & How)
  | ({readonly kind: 'groupRemove'; readonly groupId: string} & How)
  | ({
      readonly kind: 'instancesKill';
      readonly instanceIds: readonly string[];
      readonly scale: boolean;
    } & How)
  | {
      readonly kind: 'deployment';
      readonly deploymentId: string;
      readonly action: 'cancel' | 'pause' | 'resume' | 'rollBack';
    }
  | {
      readonly kind: 'http';
      readonly method: string;
      readonly path: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body?: string;
    };

function how(terms: DeploymentTerms | undefined): How {
  return terms === undefined ? {force: true} : {force: true, terms};
}

/** Creates the app or replaces it whole. */
export function putApp(app: MarathonApp, terms?: DeploymentTerms): MarathonRequest {
  return {kind: 'appPut', app, ...how(terms)};
}

export function patchApp(
  appId: string,
  patch: Readonly<Record<string, unknown>>,
  terms?: DeploymentTerms,
): MarathonRequest {
  return {kind: 'appPatch', appId, patch, ...how(terms)};
}

export function removeApp(appId: string, terms?: DeploymentTerms): MarathonRequest {
  return {kind: 'appRemove', appId, ...how(terms)};
}

export function restartApp(appId: string, terms?: DeploymentTerms): MarathonRequest {
  return {kind: 'appRestart', appId, ...how(terms)};
}

/** Defines the group with all in it. */
export function putGroup(group: MarathonGroup, terms?: DeploymentTerms): MarathonRequest {
  return {kind: 'groupPut', group, ...how(terms)};
}

export function removeGroup(groupId: string, terms?: DeploymentTerms): MarathonRequest {
  return {kind: 'groupRemove', groupId, ...how(terms)};
}

export function killInstances(
  instanceIds: readonly string[],
  scale: boolean,
  terms?: DeploymentTerms,
): MarathonRequest {
  return {kind: 'instancesKill', instanceIds, scale, ...how(terms)};
}
