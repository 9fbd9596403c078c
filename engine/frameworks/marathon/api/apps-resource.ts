/** /v2/apps but for its tasks (reference part 2.1). */
import {isoInstant} from '../../../kernel/instants.ts';
import type {FrameworkServices} from '../../../scheduler.ts';
import type {AppDefinition} from '../definition/app-definition.ts';
import type {AppEntry, Roster} from '../instances/roster.ts';
import type {Root} from '../root/root.ts';
import {answerOutcome, changing, changingBy, isCreated, resultOf} from './answer-change.ts';
import type {AppView} from './app-view.ts';
import {clientIp, textAt, type Call} from '../../http/call.ts';
import {idAt} from './path-ids.ts';
import type {Commands, UpdateMode} from './commands.ts';
import {parseAppEmbed, type AppEmbed} from './embed.ts';
import {unknownGroup} from './group-commands.ts';
import {created, deployed, invalid, unprocessable} from './http-form.ts';
import {ok, type HttpAnswer} from '../../http/answers.ts';
import {matchesSelectors, parseLabelSelectors} from './label-selector.ts';
import {unknownApp, unknownVersion} from './make-change.ts';
import {flagOf, valueOf, valuesOf, type Query} from '../../http/query.ts';
import {refused} from './refusals.ts';
import type {Route} from '../../http/routes.ts';

export interface AppsParts {
  readonly services: Pick<FrameworkServices, 'publish'>;
  readonly roster: Roster;
  readonly root: Root;
  readonly view: AppView;
}

/** What a list shows of each app, and what one app of itself. */
const OF_LISTED = ['counts', 'deployments'] as const;
const OF_ONE = ['counts', 'deployments', 'tasks', 'lastTaskFailure'] as const;

export class AppsResource {
  readonly #commands: Commands;
  readonly #parts: AppsParts;

  constructor(commands: Commands, parts: AppsParts) {
    this.#commands = commands;
    this.#parts = parts;
  }

  routes(): readonly Route[] {
    return [
      ['GET', '/v2/apps', (call) => this.#list(call)],
      ['POST', '/v2/apps', (call) => this.#create(call)],
      ['PUT', '/v2/apps', (call) => this.#updateAll(call, true)],
      ['PATCH', '/v2/apps', (call) => this.#updateAll(call, false)],
      ['GET', '/v2/apps/{id*}/*', (call) => this.#below(call)],
      ['POST', '/v2/apps/{id+}/restart', (call) => this.#restart(call)],
      ['GET', '/v2/apps/{id+}/versions', (call) => this.#versions(call)],
      ['GET', '/v2/apps/{id+}/versions/{version}', (call) => this.#version(call)],
      ['GET', '/v2/apps/{id+}', (call) => this.#get(call)],
      ['PUT', '/v2/apps/{id+}', (call) => this.#update(call, true)],
      ['PATCH', '/v2/apps/{id+}', (call) => this.#update(call, false)],
      ['DELETE', '/v2/apps/{id+}', (call) => this.#remove(call)],
    ];
  }

  #entry(id: string): AppEntry | undefined {
    const entry = this.#parts.roster.entry(id);
    return entry?.isRemoved === true ? undefined : entry;
  }

  #list({query}: Call): HttpAnswer {
    const read = readFilter(query);
    if (!read.ok) return unprocessable(read.message);
    const entries = [...this.#parts.roster.entries.values()]
      .filter(({isRemoved, app}) => !isRemoved && read.passes(app.definition))
      .sort((left, right) => (left.id < right.id ? -1 : 1));
    return ok({apps: this.#infos(entries, parseAppEmbed(valuesOf(query, 'embed'), OF_LISTED))});
  }

  #infos(entries: readonly AppEntry[], embed: AppEmbed): readonly object[] {
    return entries.map((entry) => this.#parts.view.info(entry, embed));
  }

  #below(call: Call): HttpAnswer {
    const {root} = this.#parts;
    const group = idAt(call);
    if (root.group(group) === undefined) return refused(unknownGroup(group).refusal);
    const entries = root.appsBelow(group).flatMap((id) => this.#entry(id) ?? []);
    return ok({'*': this.#infos(entries, parseAppEmbed(valuesOf(call.query, 'embed'), OF_ONE))});
  }

  #get(call: Call): HttpAnswer {
    const id = idAt(call);
    const entry = this.#entry(id);
    if (entry === undefined) return refused(unknownApp(id).refusal);
    const embed = parseAppEmbed(valuesOf(call.query, 'embed'), OF_ONE);
    return ok({app: this.#parts.view.info(entry, embed)});
  }

  #create(call: Call): HttpAnswer {
    return changingBy(call, (body, how) => {
      const read = this.#commands.readApp(body);
      if (!read.ok) return invalid(read.faults);
      const {id} = read.value;
      return answerOutcome(this.#commands.createApp(read.value, how), (made) => {
        this.#tellOf(id, call);
        const app = this.#parts.roster.app(id);
        const {deploymentId} = resultOf(made);
        const form = app && this.#parts.view.fresh({...app, definition: read.value}, deploymentId);
        return created(id, resultOf(made), form);
      });
    });
  }

  #update(call: Call, mayCreate: boolean): HttpAnswer {
    const id = idAt(call);
    return changingBy(call, (body, how) => {
      const outcome = this.#commands.updateApp(id, body, modeOf(call, mayCreate), how);
      return answerOutcome(outcome, (made) => {
        this.#tellOf(id, call);
        const result = resultOf(made);
        return isCreated(made, 'apps', id) ? created(id, result) : deployed(result);
      });
    });
  }

  #updateAll(call: Call, mayCreate: boolean): HttpAnswer {
    return changingBy(call, (body, how) => {
      if (!Array.isArray(body)) {
        return invalid([{path: '/', message: 'error.expected.jsarray', kind: 'json'}]);
      }
      return answerOutcome(this.#commands.updateApps(body, modeOf(call, mayCreate), how));
    });
  }

  /** A change of one app is told of, with who made it. */
  #tellOf(id: string, call: Call): void {
    const app = this.#parts.roster.app(id);
    if (app === undefined) return;
    this.#parts.services.publish({
      type: 'api_post_event',
      clientIp: clientIp(call),
      uri: call.uri,
      appDefinition: this.#parts.view.version(app),
    });
  }

  /** Unlike all other changes by force unless told otherwise: clients count on it. */
  #remove(call: Call): HttpAnswer {
    const remove = this.#commands.removeApp.bind(this.#commands, idAt(call));
    return changing(call, (how) => answerOutcome(remove(how)), true);
  }

  #restart(call: Call): HttpAnswer {
    return changing(call, (how) => answerOutcome(this.#commands.restartApp(idAt(call), how)));
  }

  #versions(call: Call): HttpAnswer {
    const id = idAt(call);
    const entry = this.#entry(id);
    if (entry === undefined) return refused(unknownApp(id).refusal);
    const versions = this.#parts.roster.versionsOf(entry);
    return ok({versions: versions.map(({version}) => isoInstant(version))});
  }

  #version(call: Call): HttpAnswer {
    const id = idAt(call);
    if (this.#entry(id) === undefined) return refused(unknownApp(id).refusal);
    const version = textAt(call, 'version');
    const app = this.#commands.version(id, version);
    if (app === undefined) return refused(unknownVersion('App', id, version).refusal);
    return ok(this.#parts.view.version(app));
  }
}

function modeOf({query}: Call, mayCreate: boolean): UpdateMode {
  return {isPartial: flagOf(query, 'partialUpdate', true), mayCreate};
}

type Filter =
  | {readonly ok: true; readonly passes: (app: AppDefinition) => boolean}
  | {readonly ok: false; readonly message: string};

/** An empty condition is none; all that are there must hold. */
function readFilter(query: Query): Filter {
  const parsed = parseLabelSelectors(valueOf(query, 'label') ?? '');
  if (!parsed.ok) return parsed;
  const cmd = (valueOf(query, 'cmd') ?? '').toLowerCase();
  const id = (valueOf(query, 'id') ?? '').toLowerCase();
  const passes = (app: AppDefinition): boolean =>
    app.id.toLowerCase().includes(id) &&
    (app.cmd ?? '').toLowerCase().includes(cmd) &&
    matchesSelectors(parsed.selectors, app.labels);
  return {ok: true, passes};
}
