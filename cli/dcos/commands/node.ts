/** `dcos node`: the machines of the cluster. */
import type {Command} from 'commander';
import {doing, makeCommand, makeGroupWithDefault, withList, type ListFlags} from '../command.ts';
import type {Context} from '../context.ts';
import {Failure} from '../failure.ts';
import {mastersOf, type MasterHost} from '../mesos/masters.ts';
import {
  ipOf,
  readState,
  regionOf,
  zoneOf,
  type MesosAgent,
  type MesosState,
} from '../mesos/state.ts';
import type {Column} from '../output/table.ts';
import {nodeDnsCommand} from './node/dns.ts';
import {nodeLogCommand} from './node/log.ts';

export function makeNodeGroup(context: Context): Command {
  const group = makeGroupWithDefault('node', 'Look at the machines of the cluster.', [
    listCommand(context),
    nodeLogCommand(context),
    nodeDnsCommand(context),
  ]);
  for (const [name, reason] of MISSING) group.addCommand(missing(name, reason), {hidden: true});
  return group;
}

const MAINTENANCE = 'Agents cannot be drained or taken out from here yet.';

/** Of DC/OS, and why they are not there. */
const MISSING: ReadonlyMap<string, string> = new Map([
  ['deactivate', MAINTENANCE],
  ['decommission', MAINTENANCE],
  ['drain', MAINTENANCE],
  ['reactivate', MAINTENANCE],
  ['diagnostics', 'Bundles of diagnostics are not collected yet.'],
  ['list-components', 'Nodes have no components beside the one process; see `dcos node list`.'],
  ['metrics', 'Metrics are for a Prometheus to collect: GET /metrics/prometheus of the gateway.'],
  ['ssh', 'Log in with your own ssh; `dcos node list` has the addresses.'],
]);

function missing(name: string, reason: string): Command {
  const command = makeCommand(`${name} [words...]`, {
    summary: `Not there. ${reason}`,
    examples: ['dcos node list'],
  }).allowUnknownOption();
  return doing(command, () => {
    throw new Failure(`'dcos node ${name}' is not part of Drydock.`, {hints: [reason]});
  });
}

interface NodeRow {
  readonly hostname: string;
  readonly ip: string;
  readonly publicIps: readonly string[];
  readonly id: string;
  readonly type: string;
  readonly status: string;
  readonly region: string | undefined;
  readonly zone: string | undefined;
  /** What `--json` and `--field` show. */
  readonly raw: Readonly<Record<string, unknown>>;
}

const COLUMNS: readonly Column<NodeRow>[] = [
  {head: 'HOSTNAME', cell: ({hostname}) => hostname},
  {head: 'IP', cell: ({ip}) => ip},
  {head: 'PUBLIC IP(S)', cell: ({publicIps}) => publicIps.join(', ')},
  {head: 'ID', cell: ({id}) => id},
  {head: 'TYPE', cell: ({type}) => type},
  {head: 'STATUS', cell: ({status}) => status},
  {head: 'REGION', cell: ({region = 'N/A'}) => region},
  {head: 'ZONE', cell: ({zone = 'N/A'}) => zone},
];

interface NodeFlags extends ListFlags {
  readonly field: readonly string[];
  readonly mesosId?: string;
}

function listCommand(context: Context): Command {
  const command = makeCommand('list', {
    summary: 'List agents and masters. (`dcos node` alone does the same.)',
    examples: [
      'dcos node list',
      'dcos node list --field resources.cpus --field used_resources.cpus',
    ],
  })
    .option(
      '--field <path>',
      'a further column, such as attributes.rack; may be given several times',
      (path: string, paths: readonly string[]) => [...paths, path],
      [],
    )
    .option('--mesos-id <id>', 'only this node');
  return doing(withList(command), async (_: [], flags: NodeFlags) => {
    const [state, masters] = await Promise.all([readState(context), mastersOf(context)]);
    const {slaves = []} = state;
    const rows = [...slaves.map(agentRow), ...masterRows(state, masters)].filter(
      ({id}) => flags.mesosId === undefined || id === flags.mesosId,
    );
    context.printList(rows, {
      isJson: flags.json === true,
      isQuiet: flags.quiet === true,
      id: ({id}) => id,
      columns: [...COLUMNS, ...flags.field.map(fieldColumn)],
      json: (list) => list.map(({raw}) => raw),
    });
  });
}

function agentRow(agent: MesosAgent): NodeRow {
  const {id, hostname = '', pid} = agent;
  const [status, region, zone] = [statusOf(agent), regionOf(agent), zoneOf(agent)];
  const ip = ipOf(pid) ?? hostname;
  const isPublic = printed(agent.attributes?.['public_ip']) === 'true';
  const type = isPublic ? 'agent (public)' : 'agent';
  return {
    hostname,
    ip,
    publicIps: [],
    id,
    type,
    status,
    region,
    zone,
    raw: {...agent, ip, type: 'agent', status, region, zone},
  };
}

function statusOf({drain_info: drain, deactivated, active}: MesosAgent): string {
  if (drain?.state === 'DRAINING' || drain?.state === 'DRAINED') return drain.state;
  if (deactivated === true) return 'DEACTIVATED';
  return active === false ? 'INACTIVE' : 'ACTIVE';
}

/** Where nobody lists the masters, the leader at least is known. */
function masterRows(state: MesosState, masters: readonly MasterHost[]): readonly NodeRow[] {
  const leaderIp = ipOf(state.pid) ?? state.hostname ?? '';
  const hostname = state.leader_info?.hostname ?? state.hostname ?? leaderIp;
  const known = masters.length > 0 ? masters : [{host: hostname, ip: leaderIp}];
  return known.map(({host, ip}) => {
    const isLeader = ip === leaderIp || known.length === 1;
    const type = `master (${isLeader ? 'leader' : 'standby'})`;
    const [region, zone] = isLeader ? [regionOf(state), zoneOf(state)] : [];
    const id = isLeader ? state.id : undefined;
    const more = isLeader ? {id, pid: state.pid, version: state.version} : {};
    const raw = {host, ip, type, region, zone, ...more};
    const shown = {hostname: host, ip, publicIps: [], id: id ?? 'N/A', type, status: ''};
    return {...shown, region, zone, raw};
  });
}

function fieldColumn(path: string): Column<NodeRow> {
  return {head: path.toUpperCase(), cell: ({raw}) => printed(valueAt(raw, path.split('.')))};
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return value;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return valueAt((value as Record<string, unknown>)[name], rest);
}

function printed(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
