/** `dcos cluster`: which clusters there are, and which one is meant. */
import type {Command} from 'commander';
import {doing, makeCommand, makeGroup, withJson, type JsonFlag} from '../command.ts';
import {ClusterFolders, type ClusterEntry} from '../config/cluster-folders.ts';
import {readConfigFile, writeConfigFile} from '../config/config-file.ts';
import {TOKEN_KEY} from '../config/keys.ts';
import {dcosFolder} from '../config/settings.ts';
import {setUp, type SetupFlags} from '../config/setup.ts';
import type {Context} from '../context.ts';
import {Failure} from '../failure.ts';
import {Service} from '../http/service.ts';
import {withLogin} from '../login/login.ts';
import type {Column} from '../output/table.ts';

export function makeClusterGroup(context: Context): Command {
  const group = makeGroup('cluster', 'Choose the cluster to work with: set up, list, attach.', [
    setupCommand(context),
    listCommand(context),
    attachCommand(context),
    removeCommand(context),
    renameCommand(context),
  ]);
  for (const name of ['link', 'unlink'] as const) {
    group.addCommand(linkCommand(name), {hidden: true});
  }
  return group.addCommand(openCommand(), {hidden: true});
}

function foldersOf({world}: Context): ClusterFolders {
  return new ClusterFolders(dcosFolder(world));
}

function setupCommand(context: Context): Command {
  const command = makeCommand('setup [url]', {
    summary: 'Get to know a cluster, and attach it.',
    more: [
      'Asks the cluster for its id and name, logs in where it wants that, and writes what',
      'the next commands need to ~/.dcos (or DCOS_DIR), readable for you alone.',
      'DCOS_CLUSTER_SETUP_ACS_TOKEN may hold the token.',
    ].join(' '),
    examples: [
      'dcos cluster setup http://127.0.0.1:5050',
      'dcos cluster setup https://m1.example.com --ca-certs ca.pem --token-file token',
    ],
  })
    .option('--name <name>', 'call the cluster so (default: as it calls itself)')
    .option('--ca-certs <file>', 'trust the certificates in this file (PEM)')
    .option('--no-check', 'trust the authority that the cluster says it has, without asking')
    .option('--insecure', 'trust any certificate, now and later')
    .allowExcessArguments();
  return doing(withLogin(command), async ([url]: [string | undefined], flags: SetupFlags) => {
    const {args} = command;
    if (url === undefined) {
      throw new Failure('missing cluster URL', {
        hints: ['Such as: dcos cluster setup http://127.0.0.1:5050'],
      });
    }
    if (args.length > 1) {
      throw new Failure(
        `received ${args.length} arguments [${args.join(' ')}], expects a single cluster URL`,
      );
    }
    const {name, id} = await setUp(context, url, flags);
    context.say(`You are now attached to cluster ${name} (${id}).`);
  });
}

interface ClusterRow extends ClusterEntry {
  readonly status: 'AVAILABLE' | 'UNAVAILABLE' | 'UNCONFIGURED';
  readonly version: string;
}

const COLUMNS: readonly Column<ClusterRow>[] = [
  {head: '', cell: ({isAttached}) => (isAttached ? '*' : '')},
  {head: 'NAME', cell: ({name}) => name},
  {head: 'ID', cell: ({id}) => id},
  {head: 'STATUS', cell: ({status}) => status},
  {head: 'VERSION', cell: ({version}) => version},
  {head: 'URL', cell: ({url}) => url ?? 'N/A'},
];

function listCommand(context: Context): Command {
  const command = makeCommand('list', {
    summary: 'List the clusters that were set up, and whether they answer.',
    examples: ['dcos cluster list', 'dcos cluster list --attached --json'],
  }).option('--attached', 'only the one that is attached');
  return doing(withJson(command), async (_: [], flags: JsonFlag & {attached?: true}) => {
    const folders = foldersOf(context);
    const attached = folders.attached.bind(folders);
    const all =
      flags.attached === true ? [attached()].filter((one) => one !== undefined) : folders.list();
    if (flags.attached === true && all.length === 0) {
      throw new Failure('no cluster is attached. Please run `dcos cluster attach <cluster-name>`');
    }
    const current = all.length === 1 ? all[0]?.id : undefined;
    const rows = await Promise.all(
      all.map(async (entry): Promise<ClusterRow> => {
        const isAttached = entry.isAttached || entry.id === current;
        return {...entry, isAttached, ...(await ask(context, entry))};
      }),
    );
    context.printList(rows, {
      isJson: flags.json === true,
      isQuiet: false,
      id: ({id}) => id,
      columns: COLUMNS,
      json: (list) =>
        list.map(({isAttached, id, name, status, url = '', version}) => {
          return {attached: isAttached, id, name, status, url, version};
        }),
    });
  });
}

const TIMEOUT_MS = 3000;

/** Each is asked with what its own file says. */
async function ask(
  context: Context,
  {url, path}: ClusterEntry,
): Promise<Pick<ClusterRow, 'status' | 'version'>> {
  if (url === undefined) return {status: 'UNCONFIGURED', version: 'UNKNOWN'};
  try {
    const values = readConfigFile(path);
    const token = values?.get(TOKEN_KEY);
    const verify = values?.get('core.ssl_verify');
    const client = context.clientFor({
      timeoutMs: TIMEOUT_MS,
      verify:
        verify === undefined || verify === 'true' ? true : verify === 'false' ? false : `${verify}`,
      tokenFor: (origin) =>
        token !== undefined && new URL(url).origin === origin ? `${token}` : undefined,
    });
    const cluster = new Service(client, url, () => token !== undefined);
    const {version} = await cluster.get<{version?: string}>('/dcos-metadata/dcos-version.json');
    return {status: 'AVAILABLE', version: version ?? 'UNKNOWN'};
  } catch (error) {
    if (error instanceof Failure) return {status: 'UNAVAILABLE', version: 'UNKNOWN'};
    throw error;
  }
}

function attachCommand(context: Context): Command {
  const command = makeCommand('attach <cluster>', {
    summary: 'Make a cluster the one that commands are for.',
    more: 'It is named by its name, its id, or the beginning of its id.',
    examples: ['dcos cluster attach production'],
  });
  return doing(command, ([name]: [string]) => {
    const folders = foldersOf(context);
    folders.attach(folders.find(name, true));
  });
}

function removeCommand(context: Context): Command {
  const command = makeCommand('remove [cluster]', {
    summary: 'Forget a cluster here; nothing happens to the cluster itself.',
    examples: ['dcos cluster remove old', 'dcos cluster remove --all'],
  }).option('--all', 'forget all of them');
  return doing(command, ([name]: [string | undefined], {all}: {all?: true}) => {
    const folders = foldersOf(context);
    if (name !== undefined && all === true) {
      throw new Failure('cannot accept both a cluster name and the --all option');
    }
    if (name !== undefined) folders.remove(folders.find(name, true));
    else if (all === true) for (const entry of folders.list()) folders.remove(entry);
    else throw new Failure('either a cluster name or the --all option must be passed');
  });
}

function renameCommand(context: Context): Command {
  const command = makeCommand('rename <cluster> <name>', {
    summary: 'Give a cluster another name here.',
    examples: ['dcos cluster rename mycluster production'],
  });
  return doing(command, ([name, wanted]: [string, string]) => {
    const {path} = foldersOf(context).find(name, true);
    const values = new Map(readConfigFile(path) ?? []);
    values.set('cluster.name', wanted);
    writeConfigFile(path, values);
  });
}

/** In DC/OS it opens the dashboard in a browser. */
function openCommand(): Command {
  const command = makeCommand('open [cluster]', {
    summary: 'Not there: clusters have no dashboard yet.',
    examples: ['dcos cluster open'],
  });
  return doing(command, () => {
    throw new Failure("'dcos cluster open' is not part of Drydock.", {
      hints: ['Clusters have no dashboard yet; `dcos cluster list` has their URLs.'],
    });
  });
}

/** Of the Enterprise edition. */
function linkCommand(name: 'link' | 'unlink'): Command {
  const command = makeCommand(`${name} [cluster]`, {
    summary: 'Not there: clusters cannot be linked with each other.',
    examples: [`dcos cluster ${name}`],
  }).allowUnknownOption();
  return doing(command, () => {
    throw new Failure('Clusters cannot be linked: each has its own users and tokens.', {
      hints: ['Set each up here, and change between them: dcos cluster attach NAME'],
    });
  });
}
