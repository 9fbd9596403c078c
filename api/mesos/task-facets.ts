/**
 * What Mesos shows of a task beside its state: labels, container, discovery. Read off what its
 * framework launched it with, and split: what all tasks of one definition share is kept once, and
 * each task keeps its ports.
 */
import {
  taskSpecOf,
  type AppDefinition,
  type ContainerSpec,
  type ContainerVolume,
  type Effect,
} from '../../engine/index.ts';

type TaskOrder = Extract<Effect, {readonly kind: 'launchTask'}>;

/** Equal for tasks of one definition; plain data, so that its JSON tells it from others. */
export interface TaskFacets {
  readonly user?: string | undefined;
  readonly labels: readonly KeyValue[];
  readonly container?: ContainerFacets | undefined;
  readonly discovery?: DiscoveryFacets | undefined;
}

interface KeyValue {
  readonly key: string;
  readonly value: string;
}

interface ContainerFacets {
  readonly type: 'DOCKER' | 'MESOS';
  readonly image: string;
  readonly forcePull: boolean;
  readonly privileged: boolean;
  readonly network: ContainerSpec['network'];
  /** Without the one that names the task. */
  readonly parameters: readonly KeyValue[];
  readonly namesTask: boolean;
  readonly mappings: readonly (PortFacets & {readonly containerPort: number})[];
  readonly volumes: readonly object[];
}

interface DiscoveryFacets {
  readonly name: string;
  readonly ports: readonly (PortFacets & {
    readonly name?: string | undefined;
    readonly labels: readonly KeyValue[];
  })[];
}

interface PortFacets {
  /** Which of the task's ports it is; absent: `number` is the same for all. */
  readonly slot?: number | undefined;
  readonly number?: number | undefined;
  readonly protocol: string;
}

export interface SplitTask {
  readonly facets: TaskFacets;
  /** One per port definition or mapping; null: none. */
  readonly ports: readonly (number | null)[];
}

/** What of an app's details is read here; other kinds of details have none of it. */
interface ReadDetails {
  readonly container?: {readonly type?: unknown; readonly portMappings?: AppMappings} | undefined;
  readonly hostPorts?: readonly (number | null)[] | undefined;
  readonly run?: {readonly ucr?: unknown} | undefined;
}

type AppMappings = NonNullable<NonNullable<AppDefinition['container']>['portMappings']>;

const NO_PORTS: readonly never[] = [];

/** `definition`: of the app that it is an instance of, where it is one and still known. */
export function splitTask(order: TaskOrder, definition?: AppDefinition): SplitTask {
  const details = (order.details ?? {}) as ReadDetails;
  const spec = taskSpecOf(order);
  const {container} = spec;
  const ports = details.hostPorts ?? NO_PORTS;
  const facets: TaskFacets = {
    labels: keyValues(spec.labels),
    ...(spec.user === undefined ? {} : {user: spec.user}),
    ...(container === undefined ? {} : {container: containerFacets(container, details)}),
    ...(definition === undefined ? {} : {discovery: discoveryFacets(definition, order.name)}),
  };
  return {facets, ports};
}

function keyValues(record: Readonly<Record<string, string>>): readonly KeyValue[] {
  return Object.entries(record).map(([key, value]) => ({key, value}));
}

const TASK_LABEL = /^MESOS_TASK_ID=/;

function containerFacets(spec: ContainerSpec, details: ReadDetails): ContainerFacets {
  const {image, forcePull, privileged, network, parameters} = spec;
  const isMesos = details.container?.type === 'MESOS' || details.run?.ucr !== undefined;
  const own = parameters.filter(({key, value}) => key !== 'label' || !TASK_LABEL.test(value));
  const isHost = network.mode === 'host';
  const mappings = isHost ? NO_PORTS : (details.container?.portMappings ?? NO_PORTS);
  return {
    type: isMesos ? 'MESOS' : 'DOCKER',
    image,
    forcePull,
    privileged,
    network,
    parameters: own,
    namesTask: own.length < parameters.length,
    mappings: mappings.flatMap(({containerPort, protocol, hostPort}, slot) => {
      if (hostPort === undefined) return [];
      // 0 stands for the host port: a number that each task has for itself.
      const inside = containerPort === hostPort ? 0 : containerPort;
      return protocol.split(',').map((one) => ({slot, containerPort: inside, protocol: one}));
    }),
    volumes: spec.volumes.map(volumeForm),
  };
}

function volumeForm({containerPath, mode, source}: ContainerVolume): object {
  switch (source.kind) {
    case 'host':
      return {container_path: containerPath, host_path: source.path, mode};
    case 'sandbox':
      return {container_path: containerPath, host_path: source.path, mode};
    case 'persistent':
      return {container_path: containerPath, mode};
    case 'external':
      return {
        container_path: containerPath,
        mode,
        source: {
          type: 'DOCKER_VOLUME',
          docker_volume: {name: source.name, driver: source.driver},
        },
      };
  }
}

/** As Marathon fills it in: mesos-dns and load balancers read names, numbers and protocols. */
function discoveryFacets(definition: AppDefinition, name: string): DiscoveryFacets {
  const {container, networks, portDefinitions = NO_PORTS} = definition;
  const mappings = container?.portMappings;
  const isHost = networks.every(({mode}) => mode === 'host');
  if (isHost || mappings === undefined) {
    return {
      name,
      ports: portDefinitions.flatMap(({protocol, name: portName, labels = {}}, slot) =>
        protocol.split(',').map((one) => ({
          slot,
          protocol: one,
          ...(portName === undefined ? {} : {name: portName}),
          labels: keyValues(labels),
        })),
      ),
    };
  }
  const network = networks.find(({mode}) => mode === 'container')?.name;
  return {
    name,
    ports: mappings.flatMap(({containerPort, hostPort, protocol, name: portName, labels}, slot) => {
      const isOnHost = hostPort !== undefined;
      const scope = {key: 'network-scope', value: isOnHost ? 'host' : 'container'};
      const inNetwork =
        isOnHost || network === undefined ? [] : [{key: 'network-name', value: network}];
      return protocol.split(',').map((one) => ({
        ...(isOnHost ? {slot} : {number: containerPort}),
        protocol: one,
        ...(portName === undefined ? {} : {name: portName}),
        labels: [...keyValues(labels), scope, ...inNetwork],
      }));
    }),
  };
}

/** The forms of one task: what of it is not there is not shown. */
export function facetForms({facets, ports}: SplitTask, taskId: string): object {
  const {user, labels, container, discovery} = facets;
  return {
    ...(user === undefined ? {} : {user}),
    ...(labels.length === 0 ? {} : {labels}),
    ...(discovery === undefined ? {} : {discovery: discoveryForm(discovery, ports)}),
    ...(container === undefined ? {} : {container: containerForm(container, ports, taskId)}),
  };
}

type Ports = SplitTask['ports'];

function numberOf({slot, number}: PortFacets, ports: Ports): number {
  return (slot === undefined ? number : ports[slot]) ?? 0;
}

function discoveryForm({name, ports: listed}: DiscoveryFacets, ports: Ports): object {
  return {
    visibility: 'FRAMEWORK',
    name,
    ports: {
      ports: listed.map((port) => ({
        number: numberOf(port, ports),
        ...(port.name === undefined ? {} : {name: port.name}),
        protocol: port.protocol,
        ...(port.labels.length === 0 ? {} : {labels: {labels: port.labels}}),
      })),
    },
  };
}

const NETWORKS = {bridge: 'BRIDGE', host: 'HOST', none: 'NONE', user: 'USER'} as const;

function containerForm(container: ContainerFacets, ports: Ports, taskId: string): object {
  const {type, image, forcePull, privileged, network, namesTask, volumes} = container;
  const mappings = container.mappings.map((mapping) => {
    const host_port = numberOf(mapping, ports);
    const {containerPort, protocol} = mapping;
    return {host_port, container_port: containerPort || host_port, protocol};
  });
  const networkInfos =
    network.mode === 'user'
      ? {network_infos: [{name: network.name, port_mappings: mappings}]}
      : network.mode === 'bridge' && type === 'MESOS'
        ? {network_infos: [{name: 'mesos-bridge', port_mappings: mappings}]}
        : {};
  if (type === 'MESOS') {
    const mesos = {image: {type: 'DOCKER', docker: {name: image}, cached: !forcePull}};
    return {type, mesos, volumes, ...networkInfos};
  }
  const own = namesTask ? [{key: 'label', value: `MESOS_TASK_ID=${taskId}`}] : [];
  return {
    type,
    docker: {
      image,
      network: NETWORKS[network.mode],
      port_mappings: mappings,
      privileged,
      parameters: [...container.parameters, ...own],
      force_pull_image: forcePull,
    },
    volumes,
    ...networkInfos,
  };
}
