/**
 * What a task's container is to be: from what the task says, as Mesos's Docker containerizer
 * translates it into options of `docker run` (src/docker/docker.cpp, `RunOptions::create`).
 */
import {isAbsolute, join, normalize} from 'node:path';
import type {ContainerSpec, ContainerVolume, TaskSpec} from '../../engine/index.ts';
import {AGENT_LABEL, FRAMEWORK_LABEL, TASK_LABEL} from './container-identity.ts';
import {emptyCreation, type Creation, type Mount} from './creation.ts';
import {applyParameters} from './parameters.ts';

/** Where a container sees its sandbox, as with Mesos. */
const SANDBOX = '/mnt/mesos/sandbox';

const CPU_SHARES_PER_CPU = 1024;
const CPU_SHARES_MIN = 2;
const CFS_PERIOD_US = 100_000;
const CFS_QUOTA_US_MIN = 1_000;
const MIB = 1024 * 1024;
const MEM_MIB_MIN = 32;

/** What of the agent goes into a container. */
export interface PlanContext {
  readonly agentId: string;
  readonly name: string;
  readonly sandbox: string;
  /** Where persistent volumes are: folders called by their ids, encoded as parts of a URI. */
  readonly persistentRoot: string;
  /** Published ports are bound here, unless a parameter says otherwise. */
  readonly publishAddress: string;
  readonly cfsQuota: boolean;
  readonly machineMemBytes: number;
}

export interface ContainerPlan {
  readonly creation: Creation;
  /** Folders that must be there before. */
  readonly folders: readonly string[];
}

export type PlanResult =
  | {readonly ok: true; readonly plan: ContainerPlan}
  /** It cannot be run as it was written. */
  | {readonly ok: false; readonly problem: string};

export function planContainer(spec: TaskSpec, context: PlanContext): PlanResult {
  if (spec.problem !== undefined) return {ok: false, problem: spec.problem};
  const {container} = spec;
  if (container === undefined || container.image === '') {
    return {ok: false, problem: 'A task of Docker needs a container with an image'};
  }
  const creation = emptyCreation(container.image);
  creation.HostConfig.Privileged = container.privileged;
  creation.Tty = spec.tty;
  if (spec.user !== undefined) creation.User = spec.user;
  setCommand(creation, spec);
  setResources(creation, spec, context);
  for (const [name, value] of Object.entries(spec.env)) creation.Env.set(name, value);
  const folders: string[] = [];
  const problem =
    setNetwork(creation, container) ??
    addVolumes(creation, container, context, folders) ??
    applyParameters(creation, container.parameters);
  if (problem !== undefined) return {ok: false, problem};
  for (const binding of Object.values(creation.HostConfig.PortBindings).flat()) {
    if (binding.HostIp === '') binding.HostIp = context.publishAddress;
  }
  setIdentity(creation, spec, context);
  return {ok: true, plan: {creation, folders}};
}

function setCommand(creation: Creation, {command}: TaskSpec): void {
  switch (command.kind) {
    case 'shell':
      creation.Entrypoint = ['/bin/sh'];
      creation.Cmd = ['-c', command.text];
      return;
    case 'program':
      creation.Entrypoint = command.argv.slice(0, 1);
      creation.Cmd = command.argv.slice(1);
      return;
    case 'image':
      // Without arguments, the image's own ones must stay.
      if (command.arguments.length > 0) creation.Cmd = [...command.arguments];
      return;
    default:
      command satisfies never;
  }
}

function setResources(creation: Creation, spec: TaskSpec, context: PlanContext): void {
  const {HostConfig} = creation;
  const {cpus, memMiB, limits} = spec;
  HostConfig.CpuShares = Math.max(Math.floor(CPU_SHARES_PER_CPU * cpus), CPU_SHARES_MIN);
  const quotaCpus = limits.cpus === undefined && context.cfsQuota ? cpus : limits.cpus;
  if (quotaCpus !== undefined && quotaCpus !== null) {
    HostConfig.CpuQuota = Math.max(Math.floor(CFS_PERIOD_US * quotaCpus), CFS_QUOTA_US_MIN);
  }
  const requestBytes = Math.floor(Math.max(memMiB, MEM_MIB_MIN) * MIB);
  if (limits.memMiB === undefined) {
    HostConfig.Memory = requestBytes;
    return;
  }
  HostConfig.MemoryReservation = requestBytes;
  if (limits.memMiB !== null) {
    HostConfig.Memory = Math.floor(Math.max(limits.memMiB, MEM_MIB_MIN) * MIB);
  }
  if (limits.memMiB === null || memMiB < limits.memMiB) {
    HostConfig.OomScoreAdj = oomScoreOf(requestBytes, context.machineMemBytes);
  }
}

/** Who may take more than was set aside goes first, the smallest request first of all. */
function oomScoreOf(requestBytes: number, machineBytes: number): number {
  return Math.min(Math.max(1000 - Math.floor((1000 * requestBytes) / machineBytes), 2), 999);
}

function setNetwork(creation: Creation, container: ContainerSpec): string | undefined {
  const {HostConfig, ExposedPorts} = creation;
  const {network, portMappings} = container;
  HostConfig.NetworkMode = network.mode === 'user' ? network.name : network.mode;
  if (portMappings.length > 0 && (network.mode === 'host' || network.mode === 'none')) {
    return 'Port mappings are only supported for bridge and user-defined networks';
  }
  for (const {containerPort, hostPort, protocol} of portMappings) {
    const key = `${containerPort}/${protocol}`;
    ExposedPorts[key] = {};
    if (hostPort === undefined) continue;
    const bindings = (HostConfig.PortBindings[key] ??= []);
    bindings.push({HostIp: '', HostPort: String(hostPort)});
  }
  return undefined;
}

function addVolumes(
  creation: Creation,
  container: ContainerSpec,
  context: PlanContext,
  folders: string[],
): string | undefined {
  const {HostConfig} = creation;
  // First, because other volumes may lie in it. Unlike `-v`, this form allows colons in paths,
  // and ids of Chronos's tasks are full of them.
  HostConfig.Mounts.push({Type: 'bind', Source: context.sandbox, Target: SANDBOX});
  for (const volume of container.volumes) {
    const mount = mountOf(volume, context);
    if ('problem' in mount) return mount.problem;
    if (volume.source.kind === 'host' && !mount.Source.includes(':')) {
      // As with `docker run -v`, the engine makes a folder that is not there.
      const mode = volume.mode === 'RO' ? 'ro' : 'rw';
      HostConfig.Binds.push(`${mount.Source}:${mount.Target}:${mode}`);
      continue;
    }
    if (volume.source.kind !== 'external') folders.push(mount.Source);
    HostConfig.Mounts.push(mount);
  }
  return undefined;
}

type MountResult = (Mount & {readonly Source: string}) | {readonly problem: string};

function mountOf(volume: ContainerVolume, context: PlanContext): MountResult {
  const {containerPath, source} = volume;
  const target = isAbsolute(containerPath) ? containerPath : join(SANDBOX, containerPath);
  const mount = {Type: 'bind', Target: target, ReadOnly: volume.mode === 'RO'};
  switch (source.kind) {
    case 'host':
      return {
        ...mount,
        Source: isAbsolute(source.path) ? source.path : join(context.sandbox, source.path),
      };
    case 'sandbox':
      return below(context.sandbox, source.path, mount);
    case 'persistent':
      return below(context.persistentRoot, encodeURIComponent(source.id), mount);
    case 'external': {
      const DriverConfig = {Name: source.driver, Options: {...source.options}};
      return {...mount, Type: 'volume', Source: source.name, VolumeOptions: {DriverConfig}};
    }
    default:
      return source satisfies never;
  }
}

function below(root: string, path: string, mount: Mount): MountResult {
  const source = normalize(join(root, path));
  if (source.startsWith(`${normalize(root)}/`)) return {...mount, Source: source};
  return {problem: `The volume at '${mount.Target}' leads out of where it belongs: '${path}'`};
}

/** Last, so that nobody can pretend to be another task. */
function setIdentity(creation: Creation, spec: TaskSpec, context: PlanContext): void {
  creation.Env.set('MESOS_SANDBOX', SANDBOX);
  creation.Env.set('MESOS_CONTAINER_NAME', context.name);
  creation.Labels = {
    ...spec.labels,
    ...creation.Labels,
    [AGENT_LABEL]: context.agentId,
    [FRAMEWORK_LABEL]: spec.frameworkId,
    [TASK_LABEL]: spec.taskId,
  };
}
