/**
 * The container that a task runs in, if any: Docker's and Mesos's images alike. Without an image
 * there is none, and the task has the network of its agent.
 */
import type {
  ChronosContainer,
  MetronomeRun,
} from '../frameworks/chronos/definition/job-definition.ts';
import type {Network, PortMapping} from '../frameworks/marathon/definition/app-definition.ts';
import type {AppTaskDetails} from '../frameworks/marathon/launch/task-launch.ts';
import type {ContainerNetwork, ContainerPort, ContainerSpec, ContainerVolume} from './task-spec.ts';

export interface PlacedContainer {
  readonly container?: ContainerSpec | undefined;
  readonly problems: readonly string[];
}

type Volumes = readonly ContainerVolume[];

export function appContainer(
  {container, hostPorts, networks}: Pick<AppTaskDetails, 'container' | 'hostPorts' | 'networks'>,
  volumes: Volumes,
): PlacedContainer {
  const {docker, linuxInfo, portMappings = []} = container ?? {};
  const {network, problems: faults} = networkOf(networks, docker !== undefined);
  const problems = [
    ...faults,
    ...(linuxInfo === undefined ? [] : ['container.linuxInfo: is not supported']),
    ...(docker?.pullConfig === undefined ? [] : [pullConfigProblem(docker.pullConfig.secret)]),
  ];
  if (docker === undefined) return {problems};
  const isHost = network.mode === 'host';
  const {image, forcePullImage: forcePull, privileged, parameters} = docker;
  const ports = isHost
    ? []
    : portMappings.flatMap((mapping, at) => portsOf(mapping, hostPorts[at] ?? undefined));
  return {
    container: {image, forcePull, privileged, network, portMappings: ports, parameters, volumes},
    problems,
  };
}

export function chronosContainer(
  container: ChronosContainer | undefined,
  volumes: Volumes,
): PlacedContainer {
  if (container === undefined) return {problems: []};
  const {image, forcePullImage: forcePull, networkInfos, network, parameters} = container;
  const named = container.networkName || networkInfos[0]?.name;
  const mode = ({BRIDGE: 'container/bridge', HOST: 'host', USER: 'container'} as const)[network];
  const found = networkOf([{mode, name: network === 'USER' ? named : undefined}], true);
  const more = networkInfos.length > 1 && network === 'USER';
  return {
    container: {
      ...{image, forcePull, privileged: false, network: found.network},
      // Chronos keeps the mappings of a job and does not use them: no offer was asked for ports.
      ...{portMappings: [], parameters, volumes},
    },
    problems: more ? [MORE_NETWORKS] : found.problems,
  };
}

export function metronomeContainer(
  {docker, networks, ucr}: Pick<MetronomeRun, 'docker' | 'networks' | 'ucr'>,
  volumes: Volumes,
  taskId: string,
): PlacedContainer {
  const {network, problems: faults} = networkOf(networks, (docker ?? ucr) !== undefined);
  const rest = {network, portMappings: [], volumes};
  if (docker !== undefined) {
    const {image, forcePullImage: forcePull, privileged} = docker;
    // As Marathon's library does for it, and as apps have it.
    const label = {key: 'label', value: `MESOS_TASK_ID=${taskId}`};
    const parameters = [...docker.parameters, label];
    return {container: {image, forcePull, privileged, parameters, ...rest}, problems: faults};
  }
  if (ucr === undefined) return {problems: faults};
  const {image, privileged} = ucr;
  const {id, forcePull, kind} = image;
  const appc = "ucr.image.kind: 'appc' is not supported (expected 'docker')";
  return {
    container: {image: id, forcePull, privileged, parameters: [], ...rest},
    problems: kind === 'appc' ? [...faults, appc] : faults,
  };
}

const MORE_NETWORKS = 'networks: more than one network for one container is not supported';

function networkOf(
  networks: readonly Pick<Network, 'mode' | 'name'>[],
  hasImage: boolean,
): {readonly network: ContainerNetwork; readonly problems: readonly string[]} {
  const [first, ...others] = networks;
  const host = {mode: 'host'} as const;
  if (first === undefined || first.mode === 'host') return {network: host, problems: []};
  if (!hasImage) {
    const why = `networks: mode '${first.mode}' needs a container with an image`;
    return {network: host, problems: [`${why}; a plain process has the host's network`]};
  }
  if (first.mode === 'container/bridge') return {network: {mode: 'bridge'}, problems: []};
  const {name = ''} = first;
  const unnamed = name === '' ? ['networks: expected a name for the container network'] : [];
  const more = others.length > 0 ? [MORE_NETWORKS] : [];
  return {network: {mode: 'user', name}, problems: [...unnamed, ...more]};
}

/** `udp,tcp` is both. A mapping without numbers leads nowhere. */
function portsOf(mapping: PortMapping, hostPort: number | undefined): readonly ContainerPort[] {
  const containerPort = mapping.containerPort || hostPort;
  if (containerPort === undefined) return [];
  const protocols = mapping.protocol.split(',') as ContainerPort['protocol'][];
  return protocols.map((protocol) => ({
    ...{containerPort, protocol},
    ...(hostPort === undefined ? {} : {hostPort}),
  }));
}

function pullConfigProblem(secret: string): string {
  return `container.docker.pullConfig: there is no secret store to take secret '${secret}' from`;
}
