/** What this machine has, as Mesos's agent finds it out: a share is left for the system. */
import {statfsSync} from 'node:fs';
import {availableParallelism, totalmem} from 'node:os';
import {parseAgentResources, type Amounts} from '../../engine/index.ts';

const MIB = 1024 * 1024;
/** Left for the system: Mesos, `DEFAULT_MEM` and `DEFAULT_DISK` of its agent's flags. */
const SYSTEM_MEM_MIB = 1024;
const SYSTEM_DISK_MIB = 5 * 1024;
/** Mesos, `DEFAULT_PORTS`. */
const PORTS = [31_000, 32_000] as const;

export interface Machine {
  readonly cpus: number;
  readonly memMiB: number;
  /** Of the file system that holds the work folder. */
  readonly diskMiB: number;
  /** First and last. */
  readonly ports: readonly [number, number];
}

export function readMachine(workDir: string): Machine {
  const {blocks, bsize} = statfsSync(workDir);
  return {
    cpus: availableParallelism(),
    memMiB: Math.floor(totalmem() / MIB),
    diskMiB: Math.floor((blocks * bsize) / MIB),
    ports: PORTS,
  };
}

/** The part of a machine that each of several agents on it has; see {@link partOfPorts}, too. */
export function partOf(machine: Machine, count: number): Machine {
  return {
    cpus: Math.floor((machine.cpus * 1000) / count) / 1000,
    memMiB: Math.floor(machine.memMiB / count),
    diskMiB: Math.floor(machine.diskMiB / count),
    ports: machine.ports,
  };
}

/** With the ports that one of several agents on a machine has, found or said: none is of two. */
export function partOfPorts(resources: Amounts, index: number, count: number): Amounts {
  const ports = resources.ranges?.['ports'];
  if (ports === undefined || count === 1) return resources;
  const each = Math.floor(ports.reduce((sum, [first, last]) => sum + last - first + 1, 0) / count);
  const part: [number, number][] = [];
  let before = 0;
  for (const [first, last] of ports) {
    const begin = Math.max(first, first + index * each - before);
    const end = Math.min(last, first + (index + 1) * each - before - 1);
    if (begin <= end) part.push([begin, end]);
    before += last - first + 1;
  }
  return {...resources, ranges: {...resources.ranges, ports: part}};
}

/** Half where there is little, else all but a fixed share. */
function without(systemMiB: number, allMiB: number): number {
  return allMiB >= 2 * systemMiB ? allMiB - systemMiB : Math.floor(allMiB / 2);
}

export type ResourcesRead =
  | {readonly ok: true; readonly resources: Amounts}
  | {readonly ok: false; readonly message: string};

/**
 * The resources to offer: what `text` says (`--resources`), and what of cpus, mem, disk and ports
 * it does not name, as the machine has it. What names no role is of `role`.
 */
export function agentResources(text: string, role: string, machine: Machine): ResourcesRead {
  const said = parseAgentResources(text, role);
  if (!said.ok) return {ok: false, message: said.message};
  const defaults = [
    `cpus:${machine.cpus}`,
    `mem:${without(SYSTEM_MEM_MIB, machine.memMiB)}`,
    `disk:${without(SYSTEM_DISK_MIB, machine.diskMiB)}`,
    `ports:[${machine.ports.join('-')}]`,
  ].filter((part) => !isNamed(said.amounts, part.slice(0, part.indexOf(':'))));
  const found = parseAgentResources(defaults.join(';'), role);
  if (!found.ok) return {ok: false, message: found.message};
  return {ok: true, resources: joined(said.amounts, found.amounts)};
}

function isNamed({scalars, ranges = {}, sets = {}, special = []}: Amounts, name: string): boolean {
  return (
    [scalars, ranges, sets].some((named) => Object.hasOwn(named, name)) ||
    special.some((resource) => resource.name === name)
  );
}

/** Of different names each. */
function joined(one: Amounts, other: Amounts): Amounts {
  const special = [...(one.special ?? []), ...(other.special ?? [])];
  return {
    scalars: {...one.scalars, ...other.scalars},
    ranges: {...one.ranges, ...other.ranges},
    ...(one.sets === undefined ? {} : {sets: one.sets}),
    ...(special.length === 0 ? {} : {special}),
  };
}
