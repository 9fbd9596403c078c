/**
 * What can be asked of Marathon, in its own terms: the HTTP resources and the simulator's requests
 * both come down to these. Each answers with what became of it; nothing is thrown for bad content.
 */
import {isoInstant} from '../../../kernel/instants.ts';
import type {FrameworkServices, Refusal} from '../../../scheduler.ts';
import type {AppDefinition, NormaliseConfig} from '../definition/app-definition.ts';
import {isObject, type Fault} from '../definition/json-shape.ts';
import {parseGroupUpdate, type GroupUpdate} from '../definition/group-update.ts';
import {
  mergeUpdate,
  normaliseApp,
  normaliseUpdate,
  type AppPlace,
  type Normalised,
} from '../definition/normalise.ts';
import {canonicalPath} from '../definition/path-id.ts';
import type {Deployments} from '../deploy/deployments.ts';
import type {DeploymentTerms} from '../deploy/terms.ts';
import type {Instance} from '../instances/instances.ts';
import type {Roster} from '../instances/roster.ts';
import type {Changes, ChangeOptions, ChangeResult} from '../root/changes.ts';
import {invalid, type RootDraft} from '../root/draft.ts';
import {defineGroup} from '../root/group-edit.ts';
import {parentOf, topGroupOf} from '../root/groups.ts';
import type {Root} from '../root/root.ts';

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

/** How a change is to be made. */
export interface ChangeTerms {
  readonly force: boolean;
  readonly terms?: DeploymentTerms | undefined;
}

export type Refused = {readonly ok: false; readonly refusal: Refusal};

export class Commands {
  readonly #parts: CommandParts;
  readonly #hands: CommandHands;
  readonly #config: NormaliseConfig;

  constructor(parts: CommandParts, hands: CommandHands, config: NormaliseConfig) {
    this.#parts = parts;
    this.#hands = hands;
    this.#config = config;
  }

  /** A whole app as sent, read for its place among the groups. */
  readApp(body: unknown): Normalised<AppDefinition> {
    const id = isObject(body) ? body['id'] : undefined;
    const place = typeof id === 'string' ? this.#placeOf(canonicalPath(id)) : {};
    return normaliseApp(body, this.#config, place);
  }

  /** An app with the fields of an update laid over it. */
  readUpdate(stored: AppDefinition, body: unknown): Normalised<AppDefinition> {
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

  /** A group as sent, with ids relative to `path`, which is its own where it names none. */
  readGroup(body: unknown, path: string): Normalised<GroupUpdate> {
    const {root} = this.#parts;
    return parseGroupUpdate(body, {
      path,
      config: this.#config,
      enforceRoleOf: (id) => root.group(id)?.enforceRole,
      storedRoleOf: (id) => root.app(id)?.definition.role,
      newGroupEnforceRole: false,
    });
  }

  /** Puts an app in force, new or in place of what it was. */
  putApp(definition: AppDefinition, how: ChangeTerms): ChangeResult {
    return this.change(parentOf(definition.id), how, (draft) => draft.setApp(definition));
  }

  /** Lays a body over an app; `{version}` alone goes back to that version. */
  patchApp(id: string, body: unknown, how: ChangeTerms): ChangeResult {
    const app = this.#parts.roster.app(id);
    if (app === undefined) return unknownApp(id);
    const update = normaliseUpdate(body, this.#config, this.#placeOf(id));
    if (!update.ok) return refusedFor(update.faults);
    const read = this.readUpdate(app.definition, body);
    if (!read.ok) return refusedFor(read.faults);
    const {version} = update.value;
    return version === undefined ? this.putApp(read.value, how) : this.resetApp(id, version, how);
  }

  /** Goes back to an earlier version of an app. */
  resetApp(id: string, version: string, how: ChangeTerms): ChangeResult {
    const entry = this.#parts.roster.entry(id);
    const versions = entry === undefined ? [] : this.#parts.roster.versionsOf(entry);
    const old = versions.find((app) => isoInstant(app.version) === version);
    if (old === undefined) {
      const message = `App '${id}' does not exist in version ${version}`;
      return {ok: false, refusal: {code: 'unknownVersion', message}};
    }
    return this.change(parentOf(id), how, (draft) => draft.restoreApp(old));
  }

  removeApp(id: string, how: ChangeTerms): ChangeResult {
    if (this.#parts.roster.app(id) === undefined) return unknownApp(id);
    return this.change(parentOf(id), how, (draft) => draft.removeApp(id));
  }

  /** Replaces all instances by new ones of the same configuration. */
  restartApp(id: string, how: ChangeTerms): ChangeResult {
    const app = this.#parts.roster.app(id);
    if (app === undefined) return unknownApp(id);
    return this.change(parentOf(id), how, (draft) =>
      draft.setApp(app.definition, {restart: true}),
    );
  }

  /** Any change of the root, as one deployment. */
  change(groupId: string, how: ChangeTerms, edit: (draft: RootDraft) => void): ChangeResult {
    const draft = this.#parts.changes.draft();
    edit(draft);
    const options: ChangeOptions = {groupId, ...how};
    return this.#parts.changes.submit(draft, options);
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
  scaleDown(instances: readonly Instance[], how: ChangeTerms): ChangeResult {
    const byApp = new Map<string, Instance[]>();
    for (const instance of instances) {
      const {appId} = instance.spec;
      const known = byApp.get(appId);
      if (known === undefined) byApp.set(appId, [instance]);
      else known.push(instance);
    }
    const [first] = byApp.keys();
    const groupId = byApp.size === 1 && first !== undefined ? parentOf(first) : '/';
    return this.change(groupId, how, (draft) => {
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

  /** Defines a group at `base` or the path that the body names. */
  putGroup(body: unknown, how: ChangeTerms): ChangeResult {
    const read = this.readGroup(body, '/');
    if (!read.ok) return refusedFor(read.faults);
    return this.change(read.value.id, how, (draft) => defineGroup(draft, read.value));
  }

  removeGroup(id: string, how: ChangeTerms): ChangeResult {
    if (this.#parts.root.group(id) === undefined) return unknownGroup(id);
    return this.change(id, how, (draft) => draft.removeGroup(id));
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
  ): ChangeResult | undefined {
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

export function unknownGroup(id: string): Refused {
  return {ok: false, refusal: {code: 'unknownGroup', message: `Group '${id}' does not exist`}};
}

export function refusedFor(faults: readonly Fault[]): Refused {
  return {ok: false, refusal: invalid(faults)};
}

export function unknownApp(id: string): Refused {
  return {ok: false, refusal: {code: 'unknownApp', message: `App '${id}' does not exist`}};
}
