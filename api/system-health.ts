/**
 * `/system/health/v1` (DC/OS reference 7.1): which nodes and which of their parts are well, as this
 * master sees them. Health is 0 for well and 1 for not.
 */
import type {AgentView} from '../engine/index.ts';
import type {Address, Cluster, Place} from './cluster.ts';
import type {Exchange, Face} from './http/exchange.ts';
import {decodeSegment, withoutQuery} from './http/raw-path.ts';
import {sendAnswer} from './http/send.ts';
import {Fault} from './master-errors.ts';
import type {ClusterCounts} from './mesos/cluster-counts.ts';

type Health = 0 | 1;
type Role = 'agent' | 'agent_public' | 'master';

interface Unit {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly help: string;
  readonly health: Health;
  /** What is wrong, where something is. */
  readonly output: string;
}

interface Node {
  readonly ip: string;
  readonly role: Role;
  readonly mesosId: string;
  readonly units: readonly Unit[];
}

export interface HealthParts {
  readonly cluster: Cluster;
  readonly counts: ClusterCounts;
}

/** The node itself: each master answers for itself. */
export function ownHealth({cluster}: HealthParts): Face {
  return (exchange) => {
    const {self} = cluster;
    const node = masterNode(cluster, self, self.id);
    return sendJson(exchange, {
      units: node.units.map(wholeUnit),
      hostname: self.hostname,
      ip: ipOf(self),
      dcos_version: self.version,
      node_role: node.role,
      mesos_id: self.id,
      '3dt_version': self.version,
    });
  };
}

/** All nodes: only the leader knows them. */
export function clusterHealth(parts: HealthParts): Face {
  return (exchange) => {
    const segments = withoutQuery(exchange.path)
      .split('/')
      .filter((part) => part !== '')
      // What cannot be decoded names nothing.
      .map((part) => decodeSegment(part) ?? '');
    const answer = answerTo(nodesOf(parts), segments);
    if (answer === undefined) throw new Fault('notFound');
    return sendJson(exchange, answer);
  };
}

function answerTo(
  nodes: readonly Node[],
  [first, second, third, fourth, ...more]: readonly (string | undefined)[],
): object | undefined {
  if (more.length > 0) return undefined;
  const isWhole = second === undefined;
  if (first === 'report' && isWhole) return report(nodes);
  if (first === 'nodes') {
    if (isWhole) return {nodes: nodes.map(nodeForm)};
    const node = gathered(nodes, ({ip}) => ip).find(({ip}) => ip === second);
    return node && nodeAnswer(node, third, fourth);
  }
  if (first === 'units') {
    if (isWhole) return {units: unitsOf(nodes).map(unitForm)};
    const unit = unitsOf(nodes).find(({id}) => id === second);
    return unit && unitAnswer(unit, nodes, third, fourth);
  }
  return undefined;
}

function nodeAnswer(
  node: Node,
  part: string | undefined,
  unitId: string | undefined,
): object | undefined {
  if (part === undefined) return nodeForm(node);
  if (part !== 'units') return undefined;
  if (unitId === undefined) return {units: node.units.map(unitForm)};
  const unit = node.units.find(({id}) => id === unitId);
  return unit && wholeUnit(unit);
}

function unitAnswer(
  unit: Unit,
  nodes: readonly Node[],
  part: string | undefined,
  ip: string | undefined,
): object | undefined {
  if (part === undefined) return unitForm(unit);
  if (part !== 'nodes') return undefined;
  const having = nodes.filter(({units}) => units.some(({id}) => id === unit.id));
  if (ip === undefined) return {nodes: having.map((node) => nodeOfUnit(node, unit.id))};
  const node = having.find((one) => one.ip === ip);
  const own = node?.units.find(({id}) => id === unit.id);
  return node && own && {...nodeOfUnit(node, unit.id), output: own.output, help: own.help};
}

function report(nodes: readonly Node[]): object {
  const units = unitsOf(nodes).map((unit) => [
    unit.id,
    {...unitForm(unit), nodes: nodes.filter(has(unit.id)).map((node) => nodeOfUnit(node, unit.id))},
  ]);
  const machines = gathered(nodes, ({ip}) => ip);
  const all = machines.map((node) => [
    node.ip,
    {...nodeForm(node), units: node.units.map(wholeUnit)},
  ]);
  return {Units: Object.fromEntries(units), Nodes: Object.fromEntries(all)};
}

function has(unitId: string): (node: Node) => boolean {
  return ({units}) => units.some(({id}) => id === unitId);
}

/** Each once; ill where it is ill on any node. */
function unitsOf(nodes: readonly Node[]): readonly Unit[] {
  const byId = new Map<string, Unit>();
  for (const unit of nodes.flatMap(({units}) => units)) {
    const known = byId.get(unit.id);
    if (known === undefined || unit.health > known.health) byId.set(unit.id, unit);
  }
  return [...byId.values()].sort((left, right) => (left.id < right.id ? -1 : 1));
}

/** Each machine once in each of its roles: it may have a master and agents. */
function nodesOf({cluster, counts}: HealthParts): readonly Node[] {
  const {self, leader} = cluster;
  const others = leader === undefined || sameAddress(leader, self) ? [] : [leader];
  const all = [
    masterNode(cluster, self, self.id),
    ...others.map((address) => masterNode(cluster, address, '')),
    ...[...cluster.view.agents()].map((agent) =>
      agentNode(agent, counts.agents.get(agent.info.id)?.address),
    ),
  ];
  return gathered(all, ({ip, role}) => `${role} ${ip}`);
}

/** Those of one key as one that has the units of all; it is named after the first. */
function gathered(nodes: readonly Node[], keyOf: (node: Node) => string): readonly Node[] {
  return [...Map.groupBy(nodes, keyOf).values()].flatMap((group) =>
    group.slice(0, 1).map((first) => ({...first, units: unitsOf(group)})),
  );
}

/** Where it is not known, the name. */
function ipOf({ip, hostname}: Pick<Place, 'hostname' | 'ip'>): string {
  return ip ?? hostname;
}

function sameAddress(one: Address, other: Address): boolean {
  return one.hostname === other.hostname && one.port === other.port;
}

function masterNode(cluster: Cluster, place: Place, mesosId: string): Node {
  const isLed = cluster.isLeader || cluster.leader !== undefined;
  const output = isLed ? '' : 'No master leads.';
  const health = isLed ? 0 : 1;
  const units = MASTER_UNITS.map((unit) => ({...unit, health, output}) as const);
  return {ip: ipOf(place), role: 'master', mesosId, units};
}

const MASTER_UNITS = [
  {
    id: 'drydock-chronos.service',
    name: 'Chronos',
    description: 'Runs jobs on a timetable.',
    help: 'Part of every master; only the leader runs jobs.',
  },
  {
    id: 'drydock-marathon.service',
    name: 'Marathon',
    description: 'Keeps apps running.',
    help: 'Part of every master; only the leader runs apps.',
  },
  {
    id: 'drydock-master.service',
    name: 'Master',
    description: 'Hands out the resources of agents.',
    help: 'The log of the process says why it does not lead: drydock master.',
  },
] as const;

function agentNode({info, state}: AgentView, address: Place | undefined): Node {
  const isWell = state === 'active';
  const isPublic = info.attributes['public_ip'] === 'true';
  return {
    ip: ipOf(address ?? info),
    role: isPublic ? 'agent_public' : 'agent',
    mesosId: info.id,
    units: [
      {
        id: 'drydock-agent.service',
        name: 'Agent',
        description: 'Runs the tasks of a machine.',
        help: 'The log of the process on that machine says more: drydock agent.',
        health: isWell ? 0 : 1,
        output: isWell ? '' : `The agent is ${state}.`,
      },
    ],
  };
}

function healthOf({units}: Node): Health {
  return units.some(({health}) => health > 0) ? 1 : 0;
}

function nodeForm(node: Node): object {
  return {host_ip: node.ip, health: healthOf(node), role: node.role};
}

function nodeOfUnit(node: Node, unitId: string): object {
  const health = node.units.find(({id}) => id === unitId)?.health ?? 0;
  return {host_ip: node.ip, health, role: node.role};
}

function unitForm({id, name, health, description}: Unit): object {
  return {id, name, health, description};
}

function wholeUnit(unit: Unit): object {
  const {output, help} = unit;
  return {...unitForm(unit), output, help};
}

function sendJson(exchange: Exchange, body: object): Promise<void> {
  return sendAnswer(exchange, {status: 200, headers: {'Content-Type': 'application/json'}, body});
}
