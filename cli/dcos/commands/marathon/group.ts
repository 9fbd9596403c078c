/** `dcos marathon group`: apps that belong together. */
import type {Command} from 'commander';
import {doing, makeCommand, makeGroup, withList, withJson, type ListFlags} from '../../command.ts';
import type {Context} from '../../context.ts';
import {Failure} from '../../failure.ts';
import {rewording} from '../../http/service.ts';
import {readJsonItems} from '../../json/json-item.ts';
import type {Column} from '../../output/table.ts';
import {
  change,
  findIfThere,
  queryOf,
  withPreview,
  withChange,
  type ChangeFlags,
  type PreviewFlags,
} from './changes.ts';
import type {ChangeForm, GroupForm} from './forms.ts';
import {canonicalId, pathOf} from './ids.ts';
import {findVersion} from './versions.ts';

export function makeGroupGroup(context: Context): Command {
  return makeGroup('group', 'Add, change, scale and look at groups of apps.', [
    addCommand(context),
    listCommand(context),
    showCommand(context),
    updateCommand(context),
    scaleCommand(context),
    removeCommand(context),
  ]);
}

function groupPath(id: string): string {
  return `/v2/groups${pathOf(id)}`;
}

function addCommand(context: Context): Command {
  const command = makeCommand('add [group-resource]', {
    summary: 'Add a group with its apps.',
    more: 'Its definition is JSON: in a file, at a URL, or on standard input.',
    examples: ['dcos marathon group add shop.json'],
  });
  return doing(withPreview(command), async ([name]: [string | undefined], flags: PreviewFlags) => {
    const group = await context.readResource(name, {
      what: 'a group',
      example: 'dcos marathon group add < group_resource.json',
    });
    const given = group['id'];
    if (typeof given !== 'string') throw new Failure('the group has no "id"');
    const id = canonicalId(given, 'group');
    if ((await findIfThere(() => context.marathon.get(groupPath(id)))) !== undefined) {
      throw new Failure(`Group '${id}' already exists`, {
        hints: [`To change it: dcos marathon group update ${id} < group_resource.json`],
      });
    }
    await change(context, 'POST', '/v2/groups', {body: group, flags});
  });
}

interface GroupRow {
  readonly group: GroupForm;
  readonly apps: number;
}

const COLUMNS: readonly Column<GroupRow>[] = [
  {head: 'ID', cell: ({group}) => group.id},
  {head: 'APPS', cell: ({apps}) => apps},
  {head: 'ENFORCE_ROLE', cell: ({group}) => `${group.enforceRole ?? false}`},
];

function listCommand(context: Context): Command {
  const command = makeCommand('list', {
    summary: 'List all groups, with how many apps are in and below them.',
    examples: ['dcos marathon group list'],
  });
  return doing(withList(command), async (_: [], {json, quiet}: ListFlags) => {
    const {groups = []} = await context.marathon.get<GroupForm>('/v2/groups');
    context.printList(groups.flatMap(rowsOf).sort(byId), {
      isJson: json === true,
      isQuiet: quiet === true,
      id: ({group}) => group.id,
      columns: COLUMNS,
      json: () => groups,
    });
  });
}

function rowsOf(group: GroupForm): readonly GroupRow[] {
  const {groups = []} = group;
  return [{group, apps: countApps(group)}, ...groups.flatMap(rowsOf)];
}

function countApps({apps = [], groups = []}: GroupForm): number {
  return groups.reduce((count, group) => count + countApps(group), apps.length);
}

function byId(left: GroupRow, right: GroupRow): number {
  return left.group.id < right.group.id ? -1 : 1;
}

function showCommand(context: Context): Command {
  const command = makeCommand('show <group-id>', {
    summary: 'Show a group with all that is in it, as JSON.',
    examples: ['dcos marathon group show /shop'],
  }).option(
    '--group-version <version>',
    'that version: an instant, or -N for the Nth before the present one',
  );
  return doing(
    withJson(command),
    async ([given]: [string], {groupVersion}: {groupVersion?: string}) => {
      const id = canonicalId(given, 'group');
      const path = groupPath(id);
      if (groupVersion === undefined) {
        context.printJson(await groupOf(context, id));
        return;
      }
      const version = await findVersion(groupVersion, `group '${id}'`, () =>
        context.marathon.get<readonly string[]>(`${path}/versions`),
      );
      context.printJson(
        await context.marathon.get(`${path}/versions/${encodeURIComponent(version)}`),
      );
    },
  );
}

function groupOf(context: Context, id: string): Promise<GroupForm> {
  return rewording(404, `Group '${id}' does not exist`, () =>
    context.marathon.get<GroupForm>(groupPath(id)),
  );
}

function updateCommand(context: Context): Command {
  const command = makeCommand('update <group-id> [properties...]', {
    summary: 'Change a group.',
    more: [
      'Properties are KEY=VALUE, as for apps; without any, an object with them is read',
      'from standard input. A list of apps replaces the one that is there: apps that it',
      'does not name are removed.',
    ].join(' '),
    examples: ['dcos marathon group update /shop < shop.json'],
  });
  return doing(
    withPreview(command),
    async ([given, items]: [string, readonly string[]], flags: PreviewFlags) => {
      const id = canonicalId(given, 'group');
      await groupOf(context, id);
      const body =
        items.length > 0
          ? readJsonItems(items)
          : await context.readResource(undefined, {
              what: 'the changes',
              example: 'dcos marathon group update your-group-id < group_update.json',
            });
      await change(context, 'PUT', groupPath(id), {body, flags});
    },
  );
}

function scaleCommand(context: Context): Command {
  const command = makeCommand('scale <group-id> <scale-factor>', {
    summary: 'Multiply the instances of all apps in and below a group.',
    examples: ['dcos marathon group scale /shop 1.5'],
  });
  return doing(withChange(command), async ([given, text]: [string, string], flags: ChangeFlags) => {
    const id = canonicalId(given, 'group');
    const scaleBy = Number(text);
    if (text.trim() === '' || !Number.isFinite(scaleBy)) {
      throw new Failure(`Error parsing string as float: '${text}'`);
    }
    if (scaleBy <= 0) throw new Failure(`the scale factor must be > 0: ${text}`);
    await groupOf(context, id);
    await change(context, 'PUT', groupPath(id), {body: {scaleBy}, flags});
  });
}

function removeCommand(context: Context): Command {
  const command = makeCommand('remove <group-id>', {
    summary: 'Remove a group, with all apps in it and all that runs of them.',
    examples: ['dcos marathon group remove /shop'],
  });
  return doing(withChange(command), async ([given]: [string], flags: ChangeFlags) => {
    const id = canonicalId(given, 'group');
    const removed = await rewording(404, `Group '${id}' does not exist`, () =>
      context.marathon.send<ChangeForm>('DELETE', groupPath(id), {query: queryOf(flags)}),
    );
    if (flags.json === true) context.printJson(removed);
  });
}
