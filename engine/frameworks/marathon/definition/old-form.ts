/**
 * The old form of a body (Marathon 1.4) in the words of the new one (reference part 1.7): what
 * contradicts itself is refused, the rest is translated; defaults come later.
 */
import type {
  AppUpdate,
  Artifact,
  Container,
  Network,
  NormaliseConfig,
  PortDefinition,
  PortMapping,
} from './app-definition.ts';
import type {AppBody} from './app-shape.ts';
import {equalJson} from '../../json/json-equal.ts';
import {refuse, type Fault} from '../../json/json-shape.ts';
import {canonicalPath} from './path-id.ts';

type BodyContainer = NonNullable<AppBody['container']>;

/** What says the same thing twice, and differently. */
export function refuseContradictions(body: AppBody, faults: Fault[]): void {
  refuseTwoNetworks(body, faults);
  refuseTwoPortLists(body, faults);
  refuseOldImage(body.container, faults);
  const {uris = [], fetch = []} = body;
  uris.forEach((uri, at) => {
    if (!isUri(uri)) refuse(faults, `/uris(${at})`, 'URI has invalid syntax.');
  });
  if (uris.length > 0 && fetch.length > 0) {
    refuse(faults, '/uris', 'may not be set in conjunction with fetch');
  }
}

function refuseTwoNetworks(body: AppBody, faults: Fault[]): void {
  const {networks = [], ipAddress, container} = body;
  const network = container?.docker?.network;
  if (network === 'NONE') {
    refuse(faults, '/container/docker/network', 'unsupported docker network type NONE');
  }
  if (network !== undefined && networks.length > 0) {
    refuse(faults, '', 'must not specify both container.docker.network and networks');
  }
  if (ipAddress === undefined) return;
  if (networks.length > 0) refuse(faults, '', 'must not specify both networks and ipAddress');
  if (container?.type === 'DOCKER' && ipAddress.discovery !== undefined) {
    refuse(faults, '/ipAddress', 'ipAddress/discovery is not allowed for Docker containers');
  } else if (hasEntries(ipAddress.discovery?.ports) && container?.portMappings !== undefined) {
    const message = 'container.portMappings and ipAddress.discovery.ports must not both be set';
    refuse(faults, '/ipAddress', message);
  }
}

function refuseTwoPortLists(body: AppBody, faults: Fault[]): void {
  const {ports, portDefinitions, ipAddress, container} = body;
  if (ipAddress !== undefined && (hasEntries(ports) || hasEntries(portDefinitions))) {
    refuse(faults, '', 'cannot specify both an IP address and port');
  }
  const fixed = (ports ?? []).filter((port) => port !== 0);
  if (new Set(fixed).size < fixed.length) refuse(faults, '', 'ports must be unique');
  // Python clients send all that they know of, empty lists too.
  if (hasEntries(ports) && portDefinitions !== undefined) {
    const numbers = portDefinitions.map(({port}) => port);
    if (!equalJson(ports, numbers)) {
      refuse(faults, '', 'cannot specify both ports and port definitions');
    }
  }
  if (hasEntries(container?.docker?.portMappings) && container?.portMappings !== undefined) {
    const message = 'cannot specify both portMappings and docker.portMappings';
    refuse(faults, '/container/portMappings', message);
  }
}

/** Credentials never worked this way, and the Mesos containerizer has no Docker networks. */
function refuseOldImage(container: BodyContainer | undefined, faults: Fault[]): void {
  const docker = container?.docker;
  const at = '/container/docker';
  if (docker?.credential !== undefined) refuse(faults, `${at}/credential`, 'must be empty');
  if (container?.type !== 'MESOS') return;
  if (docker?.network !== undefined) refuse(faults, `${at}/network`, 'must be empty');
  if (hasEntries(docker?.parameters)) refuse(faults, `${at}/parameters`, 'must be empty');
  if (hasEntries(docker?.portMappings)) refuse(faults, `${at}/portMappings`, 'must be empty');
}

/** The body in the new form; relative ids are resolved against `base`. */
export function translateOldForm(
  body: AppBody,
  {mesosBridgeName}: NormaliseConfig,
  base: string,
): AppUpdate {
  const {ipAddress, ports, uris: _uris, container, ...same} = body;
  const networks = hasEntries(same.networks)
    ? same.networks
    : (translatedNetworks(body, mesosBridgeName) ?? same.networks);
  const fetch = translatedFetch(body);
  const portDefinitions =
    same.portDefinitions ?? ports?.map((port): PortDefinition => ({port, protocol: 'tcp'}));
  const dependencies = same.dependencies?.map((path) => canonicalPath(path, base));
  return {
    ...same,
    ...(same.id === undefined ? {} : {id: canonicalPath(same.id, base)}),
    ...(networks === undefined ? {} : {networks}),
    ...(fetch === undefined ? {} : {fetch}),
    ...(portDefinitions === undefined ? {} : {portDefinitions}),
    ...(dependencies === undefined ? {} : {dependencies}),
    ...(container === undefined && ipAddress === undefined
      ? {}
      : {container: translatedContainer(body)}),
  } as AppUpdate;
}

function translatedNetworks(
  body: AppBody,
  mesosBridgeName: string,
): readonly Network[] | undefined {
  const {ipAddress} = body;
  const labels = hasEntries(ipAddress?.labels) ? {labels: ipAddress?.labels} : {};
  const named = ipAddress?.networkName === undefined ? {} : {name: ipAddress.networkName};
  switch (body.container?.docker?.network) {
    case 'HOST':
      return [{mode: 'host'}];
    case 'BRIDGE':
      return [{mode: 'container/bridge', ...labels}];
    case 'USER':
      return [{mode: 'container', ...named, ...labels}];
    case 'NONE':
    case undefined:
      if (ipAddress === undefined) return undefined;
      if (ipAddress.networkName === mesosBridgeName) {
        return [{mode: 'container/bridge', ...labels}];
      }
      return [{mode: 'container', ...named, ...labels}];
  }
}

/** Docker's own network and mappings move up, and discovery ports become mappings. */
function translatedContainer(body: AppBody): Container {
  const base: BodyContainer = body.container ?? {type: 'MESOS', volumes: []};
  const {docker, ...rest} = base;
  const discovered = body.ipAddress?.discovery?.ports ?? [];
  const listed =
    discovered.length === 0
      ? (base.portMappings ?? docker?.portMappings)
      : discovered.map(({number, name, protocol, labels}): PortMapping => ({
          containerPort: number,
          servicePort: 0,
          protocol,
          name,
          labels,
        }));
  const {network: _network, portMappings: _mappings, credential: _none, ...image} = docker ?? {};
  return {
    ...rest,
    ...(docker === undefined ? {} : {docker: image as NonNullable<Container['docker']>}),
    ...(listed === undefined ? {} : {portMappings: listed}),
  };
}

const ARCHIVE = /\.(tar|tar\.gz|tar\.bz2|tar\.xz|gz|tgz|tbz2|txz|zip)$/;

function translatedFetch({uris, fetch}: AppBody): readonly Artifact[] | undefined {
  if (uris === undefined || hasEntries(fetch)) return fetch;
  return uris.map((uri) => ({
    uri,
    extract: ARCHIVE.test(uri.replace(/[?#].*$/, '')),
    executable: false,
    cache: false,
  }));
}

/** Characters and escapes that may be in a URI; what stands where is for the fetcher to judge. */
const URI = /^(?:[\w.~:/?#[\]@!$&'()*+,;=-]|%[0-9a-fA-F]{2}|[^\0-\x9f\s])*$/;

export function isUri(text: string): boolean {
  return URI.test(text);
}

function hasEntries(value: object | undefined): boolean {
  return value !== undefined && Object.keys(value).length > 0;
}
