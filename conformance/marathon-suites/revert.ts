/** Suite `revert`: one change of the root definition is undone after others followed. */
import {z} from 'zod';
import {
  groupsAround,
  isBelow,
  parentOf,
  revertChange,
  type App,
  type AppDefinition,
  type EditableRoot,
  type Group,
  type RootChange,
} from '../../engine/index.ts';
import {anyFields, makeAdapter} from './adapter.ts';
import {exact, sameSet, subset, type Mismatch} from './compare.ts';
import {requiredApp} from './definitions.ts';

const group = z.strictObject({
  apps: z.array(z.string()),
  dependencies: z.array(z.string()),
  /** Of apps: what matters. */
  definitions: z.record(z.string(), anyFields).default({}),
});
const root = z.record(z.string(), group);
type RootForm = z.output<typeof root>;

export const revert = makeAdapter({
  given: z.strictObject({original: root, target: root}),
  when: z.strictObject({revertOn: root}),
  expected: z.strictObject({result: root}),
  run: ({given: {original, target}, when: {revertOn}}) => {
    const [before, after] = [new WrittenRoot(original), new WrittenRoot(target)];
    const now = new WrittenRoot(revertOn);
    revertChange(changeOf(before, after), now);
    return now.written();
  },
  judge: ({result: expected}, result) => [
    ...sameSet(Object.keys(expected), Object.keys(result), 'result'),
    ...Object.entries(expected).flatMap(([id, {apps, dependencies, definitions}]) => {
      const [seen, path] = [result[id], `result.${id}`];
      return [
        ...sameSet(apps, seen?.apps, `${path}.apps`),
        ...sameSet(dependencies, seen?.dependencies, `${path}.dependencies`),
        ...definitionMismatches(definitions, seen?.definitions, `${path}.definitions`),
      ];
    }),
  ],
});

function definitionMismatches(
  expected: RootForm[string]['definitions'],
  seen: RootForm[string]['definitions'] | undefined,
  path: string,
): readonly Mismatch[] {
  return Object.entries(expected).flatMap(([id, fields]) =>
    seen?.[id] === undefined
      ? exact(fields, undefined, `${path}.${id}`)
      : subset(fields, seen[id], `${path}.${id}`),
  );
}

type GroupTerms = Pick<Group, 'dependencies' | 'enforceRole'>;

/** A root as the cases write it: parents of what is listed are there, too. */
class WrittenRoot implements EditableRoot {
  readonly apps = new Map<string, App>();
  readonly groups = new Map<string, GroupTerms>();

  constructor(form: RootForm) {
    this.ensureGroup('/');
    for (const [id, {apps, dependencies, definitions}] of Object.entries(form)) {
      this.ensureGroup(id);
      this.setGroup(id, {dependencies});
      for (const app of apps) this.restoreApp(requiredApp(app, definitions[app] ?? {}));
    }
  }

  app(id: string): AppDefinition | undefined {
    return this.apps.get(id)?.definition;
  }

  restoreApp(app: App): void {
    this.apps.set(app.definition.id, app);
    this.ensureGroup(parentOf(app.definition.id));
  }

  removeApp(id: string): void {
    this.apps.delete(id);
  }

  group(id: string): GroupTerms | undefined {
    return this.groups.get(id);
  }

  ensureGroup(id: string): void {
    for (const missing of [id, ...groupsAround(id)]) {
      if (this.groups.has(missing)) continue;
      this.groups.set(missing, {dependencies: [], enforceRole: false});
    }
  }

  setGroup(id: string, change: Partial<GroupTerms>): void {
    const {dependencies = [], enforceRole = false} = this.groups.get(id) ?? {};
    this.groups.set(id, {dependencies, enforceRole, ...change});
  }

  removeGroup(id: string): void {
    for (const one of [...this.groups.keys()]) {
      if (one === id || isBelow(one, id)) this.groups.delete(one);
    }
    for (const app of [...this.apps.keys()]) if (isBelow(app, id)) this.apps.delete(app);
  }

  isEmptyGroup(id: string): boolean {
    return ![...this.apps.keys(), ...this.groups.keys()].some((one) => isBelow(one, id));
  }

  /** Without groups that are there only for what is in them. */
  written(): RootForm {
    const form: Record<string, RootForm[string]> = {};
    for (const [id, {dependencies}] of this.groups) {
      const apps = [...this.apps.keys()].filter((app) => parentOf(app) === id);
      const isImplicit = id === '/' || !this.isEmptyGroup(id);
      if (isImplicit && apps.length === 0 && dependencies.length === 0) continue;
      const definitions = apps.map((app) => [app, {...this.app(app)}]);
      form[id] = {
        apps,
        dependencies: [...dependencies],
        definitions: Object.fromEntries(definitions),
      };
    }
    return form;
  }
}

function changeOf(before: WrittenRoot, after: WrittenRoot): RootChange {
  const differs = (left: unknown, right: unknown): boolean => exact(left, right).length > 0;
  const keysOf = (one: ReadonlyMap<string, unknown>, other: ReadonlyMap<string, unknown>) =>
    [...new Set([...one.keys(), ...other.keys()])].sort();
  const groupOf = (where: WrittenRoot, id: string): Group | undefined => {
    const terms = where.group(id);
    return terms === undefined ? undefined : {id, version: 0, ...terms};
  };
  return {
    version: 1,
    apps: keysOf(before.apps, after.apps)
      .map((id) => ({id, from: before.apps.get(id), to: after.apps.get(id)}))
      .filter(({from, to}) => differs(from, to)),
    groups: keysOf(before.groups, after.groups)
      .map((id) => ({id, from: groupOf(before, id), to: groupOf(after, id)}))
      .filter(({from, to}) => differs(from, to)),
  };
}
