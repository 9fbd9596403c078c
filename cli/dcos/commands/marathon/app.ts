/** `dcos marathon app`: what one app is to be, and to do. */
import type {Command} from 'commander';
import {doing, makeCommand, makeGroup, withJson, type JsonFlag} from '../../command.ts';
import type {Context} from '../../context.ts';
import {Failure} from '../../failure.ts';
import {ApiFailure} from '../../http/api-failure.ts';
import {rewording} from '../../http/service.ts';
import {readJsonItems} from '../../json/json-item.ts';
import {appEndpointsCommand} from './app-endpoints.ts';
import {appListCommand} from './app-list.ts';
import {
  change,
  findIfThere,
  queryOf,
  withChange,
  withPreview,
  type ChangeFlags,
  type PreviewFlags,
} from './changes.ts';
import type {AppForm, ChangeForm} from './forms.ts';
import {canonicalId, pathOf} from './ids.ts';
import {refuseParts, warnOfUnknown} from './properties.ts';
import {findVersion} from './versions.ts';

export function makeAppGroup(context: Context): Command {
  return makeGroup('app', 'Add, change, start, stop and look at apps.', [
    addCommand(context),
    appListCommand(context),
    showCommand(context),
    appEndpointsCommand(context, (given) => {
      const id = canonicalId(given);
      return appOf(context, id, `App '${id}' does not exist`);
    }),
    updateCommand(context),
    startCommand(context),
    stopCommand(context),
    restartCommand(context),
    killCommand(context),
    removeCommand(context),
    versionGroup(context),
  ]);
}

function appPath(id: string): string {
  return `/v2/apps${pathOf(id)}`;
}

/** @throws Failure with `missing` there is no such app. */
async function appOf(context: Context, id: string, missing: string): Promise<AppForm> {
  const {app} = await rewording(404, missing, () =>
    context.marathon.get<{app: AppForm}>(appPath(id)),
  );
  return app;
}

function addCommand(context: Context): Command {
  const command = makeCommand('add [app-resource]', {
    summary: 'Add an app.',
    more: 'Its definition is JSON: in a file, at a URL, or on standard input.',
    examples: [
      'dcos marathon app add hello_world.json',
      `echo '{"id": "/sleep", "cmd": "sleep 600", "cpus": 0.1, "mem": 32}' | dcos marathon app add`,
    ],
  });
  return doing(withPreview(command), async ([name]: [string | undefined], flags: PreviewFlags) => {
    const app = await context.readResource(name, {
      what: 'an application',
      example: 'dcos marathon app add < app_resource.json',
    });
    const given = app['id'];
    if (typeof given !== 'string') {
      throw new Failure('the application has no "id"', {hints: ['Such as: "id": "/hello_world"']});
    }
    const id = canonicalId(given);
    const exists = `Application '${id}' already exists`;
    const hints = [`To change it: dcos marathon app update ${id} KEY=VALUE…`];
    if ((await findIfThere(() => context.marathon.get(appPath(id)))) !== undefined) {
      throw new Failure(exists, {hints});
    }
    warnOfUnknown(context, app);
    const added = await addApp(context, app, flags, () => new Failure(exists, {hints}));
    if (flags.json === true || flags.dryRun === true) context.printJson(added);
    else context.print(`Created deployment ${added.deployments?.[0]?.id ?? 'N/A'}`);
  });
}

async function addApp(
  context: Context,
  body: unknown,
  flags: PreviewFlags,
  existing: () => Failure,
): Promise<AppForm> {
  try {
    return await context.marathon.send<AppForm>('POST', '/v2/apps', {body, query: queryOf(flags)});
  } catch (error) {
    // Somebody else was faster.
    const isThere = error instanceof ApiFailure && error.status === 409;
    if (isThere && error.deployments.length === 0) throw existing();
    throw error;
  }
}

function showCommand(context: Context): Command {
  const command = makeCommand('show <app-id>', {
    summary: 'Show an app as Marathon has it, as JSON.',
    examples: [
      'dcos marathon app show /hello_world',
      'dcos marathon app show --app-version=-1 /hello_world',
    ],
  }).option(
    '--app-version <version>',
    'that version: an instant, or -N for the Nth before the present one',
  );
  // JSON is all it has.
  return doing(
    withJson(command),
    async ([given]: [string], {appVersion}: {appVersion?: string}) => {
      const id = canonicalId(given);
      if (appVersion === undefined) {
        context.printJson(await appOf(context, id, `App '${id}' does not exist`));
        return;
      }
      const version = await findVersion(appVersion, `application '${id}'`, () =>
        versionsOf(context, id),
      );
      const path = `${appPath(id)}/versions/${encodeURIComponent(version)}`;
      context.printJson(await context.marathon.get(path));
    },
  );
}

async function versionsOf(context: Context, id: string): Promise<readonly string[]> {
  const path = `${appPath(id)}/versions`;
  return (await context.marathon.get<{versions: readonly string[]}>(path)).versions;
}

function updateCommand(context: Context): Command {
  const command = makeCommand('update <app-id> [properties...]', {
    summary: 'Change an app.',
    more: [
      'Properties are KEY=VALUE; values are read as JSON where they can be, and null',
      'takes a property away. Without any, an object with them is read from standard input.',
    ].join(' '),
    examples: [
      'dcos marathon app update /hello_world instances=5',
      `dcos marathon app update /hello_world env='{"COLOR": "blue"}' cpus=0.5`,
      'dcos marathon app update /hello_world < changes.json',
    ],
  });
  return doing(
    withPreview(command),
    async ([given, items]: [string, readonly string[]], flags: PreviewFlags) => {
      const id = canonicalId(given);
      await appOf(context, id, `App '${id}' does not exist`);
      const body =
        items.length > 0
          ? readJsonItems(items)
          : await context.readResource(undefined, {
              what: 'the changes',
              example: 'dcos marathon app update your-app-id < app_update.json',
            });
      refuseParts(id, body);
      warnOfUnknown(context, body);
      await change(context, 'PUT', appPath(id), {body, flags});
    },
  );
}

function startCommand(context: Context): Command {
  const command = makeCommand('start <app-id> [instances]', {
    summary: 'Start an app that is stopped, with one instance or as many as you say.',
    examples: ['dcos marathon app start /hello_world', 'dcos marathon app start /hello_world 3'],
  });
  return doing(
    withChange(command),
    async ([given, count]: [string, string | undefined], flags: ChangeFlags) => {
      const id = canonicalId(given);
      const wanted = count === undefined ? 1 : wholeNumber(count);
      if (wanted <= 0) throw new Failure(`the number of instances must be positive: ${count}`);
      const {instances = 0} = await appOf(context, id, `app '${id}' does not exist`);
      if (instances > 0) {
        throw new Failure(`application '${id}' already started: ${instances} instances`, {
          hints: [`To have more or fewer: dcos marathon app update ${id} instances=N`],
        });
      }
      await change(context, 'PUT', appPath(id), {body: {instances: wanted}, flags});
    },
  );
}

function wholeNumber(text: string): number {
  if (/^[+-]?\d+$/.test(text)) return Number(text);
  throw new Failure(`Error parsing string as int: '${text}'`);
}

function stopCommand(context: Context): Command {
  const command = makeCommand('stop <app-id>', {
    summary: 'Stop an app: it stays, with no instances.',
    examples: ['dcos marathon app stop /hello_world'],
  });
  return doing(withChange(command), async ([given]: [string], flags: ChangeFlags) => {
    const id = canonicalId(given);
    const {instances = 0} = await appOf(context, id, `app '${id}' does not exist`);
    if (instances <= 0) throw new Failure(`app '${id}' already stopped: ${instances} instances`);
    await change(context, 'PUT', appPath(id), {body: {instances: 0}, flags});
  });
}

function restartCommand(context: Context): Command {
  const command = makeCommand('restart <app-id>', {
    summary: 'Replace all instances of an app by new ones, step by step.',
    examples: ['dcos marathon app restart /hello_world'],
  });
  return doing(withChange(command), async ([given]: [string], flags: ChangeFlags) => {
    const id = canonicalId(given);
    const {instances = 0} = await appOf(context, id, `app '${id}' does not exist`);
    if (instances <= 0) {
      throw new Failure(
        `unable to perform rolling restart of application '${id}' because it has no running tasks`,
      );
    }
    await change(context, 'POST', `${appPath(id)}/restart`, {flags});
  });
}

interface KillFlags extends JsonFlag {
  readonly scale?: true;
  readonly host?: string;
}

function killCommand(context: Context): Command {
  const command = makeCommand('kill <app-id>', {
    summary: 'Kill the tasks of an app; others take their place.',
    examples: [
      'dcos marathon app kill /hello_world',
      'dcos marathon app kill --host=10.0.0.7 /hello_world',
    ],
  })
    .option('--scale', 'have that many fewer instances afterwards')
    .option('--host <host>', 'only those that run there');
  return doing(withJson(command), async ([given]: [string], flags: KillFlags) => {
    const {scale, host, json} = flags;
    if (scale === true && host !== undefined) {
      throw new Failure("the flags 'scale' and 'host' cannot be used at the same time");
    }
    const id = canonicalId(given);
    const killed = await context.marathon.send<ChangeForm & {tasks?: readonly unknown[]}>(
      'DELETE',
      `${appPath(id)}/tasks`,
      {query: {scale: scale === true, host}},
    );
    if (json === true) context.printJson(killed);
    else if (scale === true) context.print(`Started deployment: ${JSON.stringify(killed)}`);
    else context.print(`Killed tasks: ${JSON.stringify(killed.tasks ?? [])}`);
  });
}

function removeCommand(context: Context): Command {
  const command = makeCommand('remove <app-id>', {
    summary: 'Remove an app, with all that runs of it.',
    examples: ['dcos marathon app remove /hello_world'],
  });
  return doing(withPreview(command), async ([given]: [string], flags: PreviewFlags) => {
    const id = canonicalId(given);
    const removed = await context.marathon.send<ChangeForm>('DELETE', appPath(id), {
      query: queryOf(flags),
    });
    if (flags.json === true || flags.dryRun === true) context.printJson(removed);
  });
}

function versionGroup(context: Context): Command {
  const list = makeCommand('list <app-id>', {
    summary: 'List the versions of an app, the newest first, as JSON.',
    examples: ['dcos marathon app version list --max-count=3 /hello_world'],
  }).option('--max-count <n>', 'so many at most');
  doing(withJson(list), async ([given]: [string], {maxCount}: {maxCount?: string}) => {
    const id = canonicalId(given);
    const count = maxCount === undefined ? Infinity : wholeNumber(maxCount);
    if (count <= 0) throw new Failure(`maximum count must be a positive number: ${maxCount}`);
    context.printJson((await versionsOf(context, id)).slice(0, count));
  });
  return makeGroup('version', 'Look at what an app was before.', [list]);
}
