/**
 * What can be asked of Marathon, in its own terms: the HTTP resources and the simulator's requests
 * both come down to these. Each answers with what became of it; nothing is thrown for bad content.
 */
import {parseInstant} from '../../../kernel/instants.ts';
import type {FrameworkServices} from '../../../scheduler.ts';
import type {App, AppDefinition, NormaliseConfig} from '../definition/app-definition.ts';
import {isObject, type Fault} from '../../json/json-shape.ts';
import {
  mergeUpdate,
  normaliseApp,
  normaliseUpdate,
  type AppPlace,
  type Normalised,
} from '../definition/normalise.ts';
import {canonicalPath} from '../definition/path-id.ts';
import type {Deployments} from '../deploy/deployments.ts';
import type {Instance} from '../instances/instances.ts';
import type {Roster} from '../instances/roster.ts';
import type {Changes} from '../root/changes.ts';
import type {RootDraft} from '../root/draft.ts';
import {parentOf, topGroupOf} from '../root/groups.ts';
import type {Root} from '../root/root.ts';
import {GroupCommands} from './group-commands.ts';
import {
  makeChange,
  refusedFor,
  unknownApp,
  unknownVersion,
  type ChangeTerms,
  type Outcome,
  type Refused,
} from './make-change.ts';

export interface CommandHands {
  /** Kills the task of an instance whose goal stays as it is. */
  kill(instance: Instance): void;
  /** Kills the task of an instance and forgets it; another one takes its place. */
  replace(instance: Instance): void;
}

export interface CommandParts {
  readonly services: FrameworkServices;
  readonly roster: Roster;
  readonly root: Root;
  readonly deployments: Deployments;
  readonly changes: Changes;
}

/** How bodies of apps are meant. */
export interface UpdateMode {
  /** Fields that are not given stay; else they take their defaults. */
  readonly isPartial: boolean;
  /** An app that is not there is made. */
  readonly mayCreate: boolean;
}

type AppEdit =
  | Refused
  | {readonly ok: true; readonly id: string; readonly edit: (draft: RootDraft) => void};

export class Commands {
  readonly groups: GroupCommands;
  readonly #parts: CommandParts;
  readonly #hands: CommandHands;
  readonly #config: NormaliseConfig;

  constructor(parts: CommandParts, hands: CommandHands, config: NormaliseConfig) {
    this.groups = new GroupCommands(parts.root, parts.changes, config);
    this.#parts = parts;
    this.#hands = hands;
    this.#config = config;
  }

  /** A whole app as sent, read for its place among the groups. */
  readApp(body: unknown, named?: string): Normalised<AppDefinition> {
    const given = isObject(body) ? body['id'] : undefined;
    const id = named ?? (typeof given === 'string' ? canonicalPath(given) : undefined);
    const place = id === undefined ? {} : this.#placeOf(id);
    return normaliseApp(body, this.#config, {...place, id: named});
  }

  /** An app with the fields of an update laid over it. */
  #readUpdate(stored: AppDefinition, body: unknown): Normalised<AppDefinition> {
    const read = mergeUpdate(stored, body, this.#config, this.#placeOf(stored.id));
    if (!read.ok) return read;
    const id = isObject(body) ? body['id'] : undefined;
    if (typeof id === 'string' && id !== '' && canonicalPath(id) !== stored.id) {
      const message = `must match the app ${stored.id} if it is given`;
      return {ok: false, faults: [{path: '/id', message}]};
    }
    return read;
  }

  /** What the root decides about an app. */
  #placeOf(id: string): AppPlace {
    const {root} = this.#parts;
    const top = topGroupOf(id);
    return {
      topGroupEnforceRole: top !== undefined && root.group(top)?.enforceRole === true,
      storedRole: root.app(id)?.definition.role,
    };
  }

  /** Puts an app in force that is not there yet. */
  createApp(definition: AppDefinition, how: ChangeTerms): Outcome {
    const {id} = definition;
    if (this.#parts.roster.app(id) === undefined) return this.putApp(definition, how);
    const message = `An app with id [${id}] already exists.`;
    return {ok: false, refusal: {code: 'appExists', message}};
  }

  /** Puts an app in force, new or in place of what it was. */
  putApp(definition: AppDefinition, how: ChangeTerms): Outcome {
    return this.#change(parentOf(definition.id), how, (draft) => draft.setApp(definition));
  }

  /** Lays a body over an app; `{version}` alone goes back to that version. */
  patchApp(id: string, body: unknown, how: ChangeTerms): Outcome {
    return this.updateApp(id, body, {isPartial: true, mayCreate: false}, how);
  }

  updateApp(id: string, body: unknown, mode: UpdateMode, how: ChangeTerms): Outcome {
    const made = this.#editOf(id, body, mode);
    return made.ok ? this.#change(parentOf(id), how, made.edit) : made;
  }

  /** Several apps in one change, each by its body, which names it. */
  updateApps(bodies: readonly unknown[], mode: UpdateMode, how: ChangeTerms): Outcome {
    const faults: Fault[] = [];
    const edits = new Map<string, (draft: RootDraft) => void>();
    for (const [at, body] of bodies.entries()) {
      const made = this.#editOfListed(body, mode);
      if (made.ok) {
        if (edits.has(made.id)) faults.push(listed({path: '/id', message: TWICE}, at));
        edits.set(made.id, made.edit);
      } else if (made.refusal.errors === undefined) {
        return made;
      } else {
        faults.push(...made.refusal.errors.map((fault) => listed(fault, at)));
      }
    }
    if (faults.length > 0) return refusedFor(faults);
    return this.#change('/', how, (draft) => {
      for (const edit of edits.values()) edit(draft);
    });
  }

  #editOfListed(body: unknown, mode: UpdateMode): AppEdit {
    const id = isObject(body) ? body['id'] : undefined;
    if (typeof id === 'string') return this.#editOf(canonicalPath(id), body, mode);
    // What is no object, or has no text for an id, is refused for that.
    const read = normaliseUpdate(body, this.#config);
    return refusedFor(read.ok ? [{path: '/id', message: 'not defined'}] : read.faults);
  }

  #editOf(id: string, body: unknown, {isPartial, mayCreate}: UpdateMode): AppEdit {
    const stored = this.#parts.roster.app(id);
    if (stored === undefined && !mayCreate) return unknownApp(id);
    const version = stored === undefined ? undefined : this.#versionAsked(id, body);
    if (version !== undefined) {
      if (!version.ok) return version;
      return {ok: true, id, edit: (draft) => draft.restoreApp(version.app)};
    }
    const read =
      stored !== undefined && isPartial
        ? this.#readUpdate(stored.definition, body)
        : this.readApp(body, id);
    if (!read.ok) return refusedFor(read.faults);
    return {ok: true, id, edit: (draft) => draft.setApp(read.value)};
  }

  /** The version that a body with nothing else goes back to; undefined for other bodies. */
  #versionAsked(
    id: string,
    body: unknown,
  ): Refused | {readonly ok: true; readonly app: App} | undefined {
    if (!isObject(body) || typeof body['version'] !== 'string') return undefined;
    if (Object.keys(body).some((name) => name !== 'id' && name !== 'version')) return undefined;
    const update = normaliseUpdate(body, this.#config, {id});
    if (!update.ok) return refusedFor(update.faults);
    const {version = ''} = update.value;
    const app = this.version(id, version);
    return app === undefined ? unknownVersion('App', id, version) : {ok: true, app};
  }

  /** A version of an app in force, by its stamp as text. */
  version(id: string, version: string): App | undefined {
    const at = parseInstant(version);
    const entry = this.#parts.roster.entry(id);
    if (at === undefined || entry === undefined || entry.isRemoved) return undefined;
    return this.#parts.roster.versionsOf(entry).find((app) => app.version === at);
  }

  removeApp(id: string, how: ChangeTerms): Outcome {
    if (this.#parts.roster.app(id) === undefined) return unknownApp(id);
    return this.#change(parentOf(id), how, (draft) => draft.removeApp(id));
  }

  /** Replaces all instances by new ones of the same configuration. */
  restartApp(id: string, how: ChangeTerms): Outcome {
    const app = this.#parts.roster.app(id);
    if (app === undefined) return unknownApp(id);
    return this.#change(parentOf(id), how, (draft) =>
      draft.setApp(app.definition, {restart: true}),
    );
  }

  #change(groupId: string, how: ChangeTerms, edit: (draft: RootDraft) => void): Outcome {
    return makeChange(this.#parts.changes, groupId, how, edit);
  }

  /** Kills instances, which are relaunched. */
  kill(instances: readonly Instance[]): void {
    for (const instance of instances) this.#hands.kill(instance);
  }

  /** Kills instances and forgets them; new ones take their place. */
  wipe(instances: readonly Instance[]): void {
    for (const instance of instances) this.#hands.replace(instance);
  }

  /** Kills instances, and their apps want that many fewer. */
  scaleDown(instances: readonly Instance[], how: ChangeTerms): Outcome {
    const byApp = new Map<string, Instance[]>();
    for (const instance of instances) {
      const {appId} = instance.spec;
      const known = byApp.get(appId);
      if (known === undefined) byApp.set(appId, [instance]);
      else known.push(instance);
    }
    const [first] = byApp.keys();
    const groupId = byApp.size === 1 && first !== undefined ? parentOf(first) : '/';
    return this.#change(groupId, how, (draft) => {
      for (const [appId, victims] of byApp) {
        const definition = draft.app(appId);
        if (definition === undefined) continue;
        const wanted = victims.filter(({goal}) => goal === 'Running').length;
        const left = Math.max(0, definition.instances - wanted);
        const toKill = victims.map(({id}) => id);
        draft.setApp({...definition, instances: left}, {toKill});
      }
    });
  }

  /** All of these instances, or which of them there is not. */
  findInstances(
    ids: readonly string[],
  ): Refused | {readonly ok: true; readonly instances: readonly Instance[]} {
    const instances: Instance[] = [];
    for (const id of ids) {
      const instance = this.#parts.roster.instance(id);
      if (instance === undefined || this.#parts.roster.app(instance.spec.appId) === undefined) {
        const message = `Instance '${id}' does not exist`;
        return {ok: false, refusal: {code: 'unknownInstance', message}};
      }
      instances.push(instance);
    }
    return {ok: true, instances};
  }

  /** Undefined: done, without a new deployment. */
  steer(
    deploymentId: string,
    action: 'cancel' | 'pause' | 'resume' | 'rollBack',
  ): Outcome | undefined {
    const {deployments, changes} = this.#parts;
    const deployment = deployments.get(deploymentId);
    if (deployment === undefined) {
      const message = `DeploymentPlan ${deploymentId} does not exist`;
      return {ok: false, refusal: {code: 'unknownDeployment', message}};
    }
    switch (action) {
      case 'cancel':
        deployments.cancel(deployment);
        return undefined;
      case 'pause':
        deployments.pause(deployment, 'Paused by request');
        return undefined;
      case 'resume':
        deployments.resume(deployment);
        return undefined;
      case 'rollBack':
        return changes.rollBack(deployment);
    }
  }
}

const TWICE = 'is there twice';

/** A fault of an element of a list, as a fault of the list. */
function listed(fault: Fault, at: number): Fault {
  return {...fault, path: fault.path === '/' ? `/(${at})` : `/(${at})${fault.path}`};
}
