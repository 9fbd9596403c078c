/** What can be asked of Marathon about groups (reference part 2.2). */
import {parseInstant} from '../../../kernel/instants.ts';
import type {NormaliseConfig} from '../definition/app-definition.ts';
import {parseGroupUpdate, type GroupUpdate} from '../definition/group-update.ts';
import {flag, isObject, object, required, type Fault} from '../../json/json-shape.ts';
import type {Normalised} from '../definition/normalise.ts';
import type {Changes} from '../root/changes.ts';
import type {RootDraft} from '../root/draft.ts';
import {defineGroup, resetGroup, scaleGroup} from '../root/group-edit.ts';
import {topGroupOf} from '../root/groups.ts';
import type {Root} from '../root/root.ts';
import {
  makeChange,
  refusedFor,
  unknownVersion,
  type ChangeTerms,
  type Outcome,
  type Refused,
} from './make-change.ts';

type Edit = {readonly ok: true; readonly edit: (draft: RootDraft) => void};

export class GroupCommands {
  readonly #root: Root;
  readonly #changes: Changes;
  readonly #config: NormaliseConfig;

  constructor(root: Root, changes: Changes, config: NormaliseConfig) {
    this.#root = root;
    this.#changes = changes;
    this.#config = config;
  }

  /** A group as sent, with ids relative to `path`, which is its own where it names none. */
  #read(body: unknown, path: string): Normalised<GroupUpdate> {
    return parseGroupUpdate(body, {
      path,
      config: this.#config,
      enforceRoleOf: (id) => this.#root.group(id)?.enforceRole,
      storedRoleOf: (id) => this.#root.app(id)?.definition.role,
      newGroupEnforceRole: false,
    });
  }

  /** A group that is not there yet, below `parent` if its id is a relative one. */
  create(body: unknown, parent: string, how: ChangeTerms): Outcome {
    const read = this.#read(body, parent);
    if (!read.ok) return refusedFor(read.faults);
    const {id} = read.value;
    if (this.#root.group(id) !== undefined) {
      const message = `Group ${id} is already created. Use PUT to change this group.`;
      return {ok: false, refusal: {code: 'groupExists', message}};
    }
    return this.#update(read.value, how);
  }

  /** A definition whole or in part, the way back to a version, or a factor for all instances. */
  put(body: unknown, path: string, how: ChangeTerms): Outcome {
    const read = this.#read(body, path);
    return read.ok ? this.#update(read.value, how) : refusedFor(read.faults);
  }

  #update(update: GroupUpdate, how: ChangeTerms): Outcome {
    const made = this.#editOf(update);
    return made.ok ? makeChange(this.#changes, update.id, how, made.edit) : made;
  }

  #editOf(update: GroupUpdate): Edit | Refused {
    const {id, version, scaleBy} = update;
    if (version !== undefined) {
      const at = parseInstant(version);
      const before = at === undefined ? undefined : this.#root.at(at, id);
      if (!before?.groups.has(id)) return unknownVersion('Group', id, version);
      return {ok: true, edit: (draft) => resetGroup(draft, id, before)};
    }
    if (scaleBy !== undefined) {
      if (this.#root.group(id) === undefined) return unknownGroup(id);
      return {ok: true, edit: (draft) => scaleGroup(draft, id, scaleBy)};
    }
    return {ok: true, edit: (draft) => defineGroup(draft, update)};
  }

  /** Only whether a top-level group makes its members have its role. */
  patch(id: string, body: unknown, how: ChangeTerms): Outcome {
    if (this.#root.group(id) === undefined) return unknownGroup(id);
    const faults: Fault[] = [];
    const read = patchBody(body, '', faults);
    for (const name of isObject(body) ? Object.keys(body) : []) {
      if (name === 'enforceRole') continue;
      faults.push({path: `/${name}`, message: 'only enforceRole can be changed so'});
    }
    if (id === '/' || topGroupOf(id) !== undefined) {
      const message = 'enforceRole can only be set for top-level groups';
      faults.push({path: '/enforceRole', message});
    }
    if (read === undefined || faults.length > 0) return refusedFor(faults);
    return makeChange(this.#changes, id, how, (draft) => draft.setGroup(id, read));
  }

  remove(id: string, how: ChangeTerms): Outcome {
    if (this.#root.group(id) === undefined) return unknownGroup(id);
    return makeChange(this.#changes, id, how, (draft) => draft.removeGroup(id));
  }
}

const patchBody = object({enforceRole: required(flag)}, {});

export function unknownGroup(id: string): Refused {
  return {ok: false, refusal: {code: 'unknownGroup', message: `Group '${id}' does not exist`}};
}
