/** /v2/groups (reference part 2.2). */
import {must} from '../../../kernel/assert.ts';
import {isoInstant, parseInstant} from '../../../kernel/instants.ts';
import type {App} from '../definition/app-definition.ts';
import {isObject} from '../../json/json-shape.ts';
import {canonicalPath} from '../definition/path-id.ts';
import type {Roster} from '../instances/roster.ts';
import {parentOf, type Group} from '../root/groups.ts';
import type {Root} from '../root/root.ts';
import {answerOutcome, changing, changingBy, isCreated, resultOf} from './answer-change.ts';
import type {AppView} from './app-view.ts';
import {idAt} from './path-ids.ts';
import {textAt, type Call} from '../../http/call.ts';
import {parseAppEmbed, parseGroupEmbed} from './embed.ts';
import {unknownGroup, type GroupCommands} from './group-commands.ts';
import {groupForm, type GroupFacts} from './group-form.ts';
import {created, deployed} from './http-form.ts';
import {ok, type HttpAnswer} from '../../http/answers.ts';
import {unknownVersion} from './make-change.ts';
import {valuesOf} from '../../http/query.ts';
import {refused} from './refusals.ts';
import type {Route} from '../../http/routes.ts';

export interface GroupsParts {
  readonly roster: Roster;
  readonly root: Root;
  readonly view: AppView;
}

export class GroupsResource {
  readonly #commands: GroupCommands;
  readonly #parts: GroupsParts;

  constructor(commands: GroupCommands, parts: GroupsParts) {
    this.#commands = commands;
    this.#parts = parts;
  }

  routes(): readonly Route[] {
    return [
      ['GET', '/v2/groups/{id*}/apps', (call) => this.#apps(call)],
      ['GET', '/v2/groups/{id*}/versions', (call) => this.#versions(call)],
      ['GET', '/v2/groups/{id*}/versions/{version}', (call) => this.#version(call)],
      ['GET', '/v2/groups/{id*}', (call) => this.#get(call)],
      ['POST', '/v2/groups/{id*}', (call) => this.#create(call)],
      ['PUT', '/v2/groups/{id*}', (call) => this.#update(call)],
      ['PATCH', '/v2/groups/{id+}', (call) => this.#patch(call)],
      ['DELETE', '/v2/groups/{id*}', (call) => this.#remove(call)],
    ];
  }

  #get(call: Call): HttpAnswer {
    const {root, roster, view} = this.#parts;
    const id = idAt(call);
    const group = root.group(id);
    if (group === undefined) return refused(unknownGroup(id).refusal);
    const embed = parseGroupEmbed(valuesOf(call.query, 'embed'));
    const facts = this.#factsOf(group);
    return ok(
      groupForm(facts, embed, (appId) =>
        view.info(must(roster.entry(appId), 'app of a group'), embed.app),
      ),
    );
  }

  #factsOf(group: Group): GroupFacts<string> {
    const {root} = this.#parts;
    return {
      ...group,
      // Every change of anything is a version of the root.
      version: group.id === '/' ? Math.max(0, root.version) : group.version,
      apps: root.appsOf(group.id),
      groups: root
        .subgroupsOf(group.id)
        .map((id) => this.#factsOf(must(root.group(id), 'group of a group'))),
    };
  }

  /** All apps below, in one bare list. */
  #apps(call: Call): HttpAnswer {
    const {root, roster, view} = this.#parts;
    const id = idAt(call);
    if (root.group(id) === undefined) return refused(unknownGroup(id).refusal);
    const embed = parseAppEmbed(valuesOf(call.query, 'embed'));
    return ok(
      root
        .appsBelow(id)
        .map((appId) => view.info(must(roster.entry(appId), 'app of a group'), embed)),
    );
  }

  /** Versions of the root in which the group was there, newest first. */
  #versions(call: Call): HttpAnswer {
    const {root} = this.#parts;
    const id = idAt(call);
    if (root.group(id) === undefined) return refused(unknownGroup(id).refusal);
    const isIn = (version: number): boolean =>
      id === '/' || root.at(version, id)?.groups.has(id) === true;
    return ok(root.versions().filter(isIn).map(isoInstant));
  }

  #version(call: Call): HttpAnswer {
    const id = idAt(call);
    const version = textAt(call, 'version');
    const at = parseInstant(version);
    const then = at === undefined ? undefined : this.#parts.root.at(at, id);
    const group = then?.groups.get(id);
    if (at === undefined || then === undefined || group === undefined) {
      return refused(unknownVersion('Group', id, version).refusal);
    }
    const embed = parseGroupEmbed(valuesOf(call.query, 'embed'));
    const facts = factsThen(id === '/' ? {...group, version: at} : group, {
      apps: byParent([...then.apps.values()], ({definition}) => definition.id),
      groups: byParent([...then.groups.values()], (inner) => inner.id),
    });
    return ok(groupForm(facts, embed, (app) => this.#parts.view.version(app)));
  }

  #create(call: Call): HttpAnswer {
    const parent = idAt(call);
    return changingBy(call, (body, how) =>
      answerOutcome(this.#commands.create(body, parent, how), (made) =>
        created(pathOf(body, parent), resultOf(made)),
      ),
    );
  }

  #update(call: Call): HttpAnswer {
    return changingBy(call, (body, how) =>
      answerOutcome(this.#commands.put(body, idAt(call), how), (made) => {
        const id = pathOf(body, idAt(call));
        const result = resultOf(made);
        return isCreated(made, 'groups', id) ? created(id, result) : deployed(result);
      }),
    );
  }

  #patch(call: Call): HttpAnswer {
    const id = idAt(call);
    return changingBy(call, (body, how) => answerOutcome(this.#commands.patch(id, body, how)));
  }

  #remove(call: Call): HttpAnswer {
    return changing(call, (how) => answerOutcome(this.#commands.remove(idAt(call), how)));
  }
}

/** The group that a body names, or else the path. */
function pathOf(body: unknown, path: string): string {
  const id = isObject(body) ? body['id'] : undefined;
  return typeof id === 'string' ? canonicalPath(id, path) : path;
}

type ByParent<T> = ReadonlyMap<string, readonly T[]>;

function byParent<T>(members: readonly T[], idOf: (member: T) => string): ByParent<T> {
  const out = new Map<string, T[]>();
  const sorted = members.toSorted((left, right) => (idOf(left) < idOf(right) ? -1 : 1));
  for (const member of sorted) {
    const id = idOf(member);
    if (id === '/') continue;
    const parent = parentOf(id);
    const known = out.get(parent);
    if (known === undefined) out.set(parent, [member]);
    else known.push(member);
  }
  return out;
}

function factsThen(
  group: Group,
  members: {readonly apps: ByParent<App>; readonly groups: ByParent<Group>},
): GroupFacts<App> {
  return {
    ...group,
    apps: members.apps.get(group.id) ?? [],
    groups: (members.groups.get(group.id) ?? []).map((inner) => factsThen(inner, members)),
  };
}
