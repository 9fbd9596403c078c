/** Carries requests to the commands, and what became of them back. */
import {isoInstant} from '../../../kernel/instants.ts';
import {unreachable} from '../../../kernel/assert.ts';
import type {FrameworkReply} from '../../../scheduler.ts';
import type {App} from '../definition/app-definition.ts';
import type {ChangeResult} from '../root/changes.ts';
import {appForm} from './app-form.ts';
import {refusedFor, type ChangeTerms, type Commands, type Refused} from './commands.ts';
import type {HttpApi} from './http-api.ts';
import {parseRequest, type MarathonRequest} from './requests.ts';

type Request<K extends MarathonRequest['kind']> = Extract<MarathonRequest, {readonly kind: K}>;

export class RequestHandler {
  readonly #commands: Commands;
  readonly #http: HttpApi;

  constructor(commands: Commands, http: HttpApi) {
    this.#commands = commands;
    this.#http = http;
  }

  handle(value: unknown): FrameworkReply {
    const parsed = parseRequest(value);
    return parsed.ok ? this.#answer(parsed.request) : {ok: false, refusal: parsed.refusal};
  }

  #answer(request: MarathonRequest): FrameworkReply {
    const commands = this.#commands;
    switch (request.kind) {
      case 'http':
        return {ok: true, body: this.#http.answer(request)};
      case 'appPut': {
        const read = commands.readApp(request.app);
        if (!read.ok) return refusedFor(read.faults);
        return changed(commands.putApp(read.value, howOf(request, false)), read.value.id);
      }
      case 'appPatch':
        return changed(
          commands.patchApp(request.appId, request.patch, howOf(request, false)),
          request.appId,
        );
      case 'appRemove':
        return changed(commands.removeApp(request.appId, howOf(request, true)));
      case 'appRestart':
        return changed(commands.restartApp(request.appId, howOf(request, false)));
      case 'groupPut':
        return changed(commands.putGroup(request.group, howOf(request, false)));
      case 'groupRemove':
        return changed(commands.removeGroup(request.groupId, howOf(request, false)));
      case 'instancesKill':
        return this.#kill(request);
      case 'deployment':
        return this.#steer(request);
      default:
        return unreachable(request);
    }
  }

  #kill(request: Request<'instancesKill'>): FrameworkReply {
    const {instanceIds, scale = false} = request;
    const found = this.#commands.findInstances(instanceIds);
    if (!found.ok) return found;
    if (scale) return changed(this.#commands.scaleDown(found.instances, howOf(request, false)));
    this.#commands.kill(found.instances);
    return {ok: true, body: {instanceIds}};
  }

  #steer({deploymentId, action}: Request<'deployment'>): FrameworkReply {
    const result = this.#commands.steer(deploymentId, action);
    if (result === undefined) return {ok: true, body: {}};
    return changed(result);
  }
}

function howOf(
  {force, terms}: {force?: boolean | undefined; terms?: ChangeTerms['terms']},
  forceDefault: boolean,
): ChangeTerms {
  return {force: force ?? forceDefault, terms};
}

/** A created app is answered with itself, any other change with its version. */
function changed(result: ChangeResult | Refused, appId?: string): FrameworkReply {
  if (!result.ok) return result;
  const {change, deployment} = result;
  const created = change.apps.find(({id, from}) => id === appId && from === undefined)?.to;
  return {
    ok: true,
    body: created === undefined ? resultForm(deployment) : createdForm(created, deployment.id),
    deploymentId: deployment.id,
  };
}

/** What every change is answered with. */
export function resultForm({id, version}: {readonly id: string; readonly version: number}): object {
  return {version: isoInstant(version), deploymentId: id};
}

function createdForm(app: App, deploymentId: string): object {
  return appForm(app, undefined, [deploymentId]);
}
