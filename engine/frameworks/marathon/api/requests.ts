/** Requests to Marathon, and their defensive reading: any JSON becomes a request or a refusal. */
import type {Refusal} from '../../../scheduler.ts';
import {
  flag,
  isObject,
  object,
  oneOf,
  required,
  text,
  type Fault,
} from '../definition/json-shape.ts';
import {canonicalPath} from '../definition/path-id.ts';

export type MarathonRequest =
  /** Creates an app, or replaces it whole: fields that are missing take their defaults. */
  | {readonly kind: 'appPut'; readonly app: unknown; readonly force?: boolean | undefined}
  /**
   * Changes the fields that are given. `{version}` alone goes back to that version while it is
   * still in use.
   */
  | {
      readonly kind: 'appPatch';
      readonly appId: string;
      readonly patch: unknown;
      readonly force?: boolean | undefined;
    }
  /** Removes an app and its instances. `force` is the default, as with DELETE /v2/apps. */
  | {readonly kind: 'appRemove'; readonly appId: string; readonly force?: boolean | undefined}
  /** Replaces all instances by new ones of the same configuration. */
  | {readonly kind: 'appRestart'; readonly appId: string; readonly force?: boolean | undefined}
  /** Kills one instance; it is relaunched, or, with `scale`, the app wants one less. */
  | {
      readonly kind: 'instanceKill';
      readonly instanceId: string;
      readonly scale?: boolean | undefined;
      readonly force?: boolean | undefined;
    }
  /** Ends a deployment where it stands; nothing is undone. */
  | {readonly kind: 'deploymentCancel'; readonly deploymentId: string};

export type ParsedRequest =
  | {readonly ok: true; readonly request: MarathonRequest}
  | {readonly ok: false; readonly refusal: Refusal};

const head = object(
  {
    kind: required(
      oneOf('appPut', 'appPatch', 'appRemove', 'appRestart', 'instanceKill', 'deploymentCancel'),
    ),
  },
  {
    appId: text({min: 1}),
    instanceId: text({min: 1}),
    deploymentId: text({min: 1}),
    force: flag,
    scale: flag,
  },
);

export function parseRequest(value: unknown): ParsedRequest {
  const faults: Fault[] = [];
  const read = head(value, '', faults);
  if (read === undefined || !isObject(value)) return invalid(faults);
  const {kind, appId, instanceId, deploymentId, force, scale} = read;
  const app = appId === undefined ? undefined : canonicalPath(appId);
  switch (kind) {
    case 'appPut':
      if (!Object.hasOwn(value, 'app')) return lacks('app');
      return {ok: true, request: {kind, app: value['app'], force}};
    case 'appPatch':
      if (app === undefined) return lacks('appId');
      if (!Object.hasOwn(value, 'patch')) return lacks('patch');
      return {ok: true, request: {kind, appId: app, patch: value['patch'], force}};
    case 'appRemove':
    case 'appRestart':
      if (app === undefined) return lacks('appId');
      return {ok: true, request: {kind, appId: app, force}};
    case 'instanceKill':
      if (instanceId === undefined) return lacks('instanceId');
      return {ok: true, request: {kind, instanceId, scale, force}};
    case 'deploymentCancel':
      if (deploymentId === undefined) return lacks('deploymentId');
      return {ok: true, request: {kind, deploymentId}};
  }
}

function lacks(name: string): ParsedRequest {
  return invalid([{path: `/${name}`, message: 'not defined'}]);
}

function invalid(errors: readonly Fault[]): ParsedRequest {
  return {ok: false, refusal: {code: 'invalidRequest', message: 'Invalid request', errors}};
}
