/** Requests to Marathon, and their defensive reading: any JSON becomes a request or a refusal. */
import type {Refusal} from '../../../scheduler.ts';
import {
  flag,
  isObject,
  listOf,
  mapOf,
  object,
  oneOf,
  required,
  text,
  type Fault,
} from '../../json/json-shape.ts';
import {canonicalPath} from '../definition/path-id.ts';
import type {HttpRequest} from '../../http/http-request.ts';
import {readTerms, type DeploymentTerms} from '../deploy/terms.ts';

/** How a change is made. */
interface HowToChange {
  /** Deployments that stand in the way are cancelled. */
  readonly force?: boolean | undefined;
  /** Deadline, policy, canary: off where absent. */
  readonly terms?: DeploymentTerms | undefined;
}

export type MarathonRequest =
  /** A request to the v2 API; its answer is the body of the reply. */
  | HttpRequest
  /** Creates an app, or replaces it whole: fields that are missing take their defaults. */
  | ({readonly kind: 'appPut'; readonly app: unknown} & HowToChange)
  /** Changes the fields that are given. `{version}` alone goes back to that version. */
  | ({readonly kind: 'appPatch'; readonly appId: string; readonly patch: unknown} & HowToChange)
  /** Removes an app and its instances. `force` is the default, as with DELETE /v2/apps. */
  | ({readonly kind: 'appRemove'; readonly appId: string} & HowToChange)
  /** Replaces all instances by new ones of the same configuration. */
  | ({readonly kind: 'appRestart'; readonly appId: string} & HowToChange)
  /** Defines a group with its apps and groups; lists that are missing are kept. */
  | ({readonly kind: 'groupPut'; readonly group: unknown} & HowToChange)
  /** Removes a group and everything in it. */
  | ({readonly kind: 'groupRemove'; readonly groupId: string} & HowToChange)
  /** Kills instances; they are relaunched, or, with `scale`, their apps want fewer. */
  | ({
      readonly kind: 'instancesKill';
      readonly instanceIds: readonly string[];
      readonly scale?: boolean | undefined;
    } & HowToChange)
  /**
   * `cancel`: it ends where it stands, nothing is undone. `rollBack`: what it changed is undone.
   * `pause` and `resume`: it stops, and goes on; `resume` is also the word that a canary waits for.
   */
  | {
      readonly kind: 'deployment';
      readonly deploymentId: string;
      readonly action: 'cancel' | 'pause' | 'resume' | 'rollBack';
    };

export type ParsedRequest =
  | {readonly ok: true; readonly request: MarathonRequest}
  | {readonly ok: false; readonly refusal: Refusal};

const KINDS = [
  'http',
  'appPut',
  'appPatch',
  'appRemove',
  'appRestart',
  'groupPut',
  'groupRemove',
  'instancesKill',
  'deployment',
] as const;

const head = object({kind: required(oneOf(...KINDS))}, {force: flag, scale: flag});
const appTarget = object({appId: required(text({min: 1}))}, {});
const groupTarget = object({groupId: required(text({min: 1}))}, {});
const killTarget = object({instanceIds: required(listOf(text({min: 1})))}, {});
const deploymentTarget = object(
  {
    deploymentId: required(text({min: 1})),
    action: required(oneOf('cancel', 'pause', 'resume', 'rollBack')),
  },
  {},
);
const http = object(
  {method: required(text()), path: required(text())},
  {headers: mapOf(text()), body: text(), remoteAddress: text()},
);

export function parseRequest(value: unknown): ParsedRequest {
  const faults: Fault[] = [];
  const read = head(value, '', faults);
  const terms = isObject(value) ? readTerms(value['terms'], '/terms', faults) : undefined;
  const request =
    read === undefined || !isObject(value)
      ? undefined
      : readRequest(read.kind, value, {force: read.force, scale: read.scale, terms}, faults);
  if (faults.length > 0 || request === undefined) {
    const refusal = {code: 'invalidRequest', message: 'Invalid request', errors: faults};
    return {ok: false, refusal};
  }
  return {ok: true, request};
}

function readRequest(
  kind: (typeof KINDS)[number],
  value: Readonly<Record<string, unknown>>,
  {scale, ...how}: HowToChange & {readonly scale?: boolean | undefined},
  faults: Fault[],
): MarathonRequest | undefined {
  switch (kind) {
    case 'http': {
      const sent = http(value, '', faults);
      return sent === undefined ? undefined : {kind, ...sent};
    }
    case 'appPut':
      return has(value, 'app', faults) ? {kind, app: value['app'], ...how} : undefined;
    case 'groupPut':
      return has(value, 'group', faults) ? {kind, group: value['group'], ...how} : undefined;
    case 'appPatch':
    case 'appRemove':
    case 'appRestart': {
      const target = appTarget(value, '', faults);
      if (target === undefined) return undefined;
      const appId = canonicalPath(target.appId);
      if (kind !== 'appPatch') return {kind, appId, ...how};
      return has(value, 'patch', faults) ? {kind, appId, patch: value['patch'], ...how} : undefined;
    }
    case 'groupRemove': {
      const target = groupTarget(value, '', faults);
      if (target === undefined) return undefined;
      return {kind, groupId: canonicalPath(target.groupId), ...how};
    }
    case 'instancesKill': {
      const target = killTarget(value, '', faults);
      return target === undefined ? undefined : {kind, ...target, scale, ...how};
    }
    case 'deployment': {
      const target = deploymentTarget(value, '', faults);
      return target === undefined ? undefined : {kind, ...target};
    }
  }
}

function has(value: object, name: string, faults: Fault[]): boolean {
  if (Object.hasOwn(value, name)) return true;
  faults.push({path: `/${name}`, message: 'not defined'});
  return false;
}
