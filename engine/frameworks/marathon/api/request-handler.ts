/** Carries requests to the commands, and what became of them back. */
import {unreachable} from '../../../kernel/assert.ts';
import type {FrameworkReply} from '../../../scheduler.ts';
import {resultOf} from './answer-change.ts';
import {appInfo, NEW_APP} from './app-info.ts';
import type {Commands} from './commands.ts';
import type {HttpApi} from './http-api.ts';
import {refusedFor, type ChangeTerms, type Outcome} from './make-change.ts';
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
        return changed(commands.groups.put(request.group, '/', howOf(request, false)));
      case 'groupRemove':
        return changed(commands.groups.remove(request.groupId, howOf(request, false)));
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
function changed(result: Outcome, appId?: string): FrameworkReply {
  if (!result.ok) return result;
  if (!('deployment' in result)) return {ok: true, body: {}};
  const {change, deployment} = result;
  const {id} = deployment;
  const created = change.apps.find((app) => app.id === appId && app.from === undefined)?.to;
  const body =
    created === undefined
      ? resultOf(result)
      : appInfo(created, {counts: NEW_APP, deploymentIds: [id]});
  return {ok: true, body, deploymentId: id};
}
