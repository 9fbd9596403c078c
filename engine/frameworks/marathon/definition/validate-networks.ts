/** Rules on networks and ports (reference parts 1.3 and 1.4). */
import {usesHostNetwork, type AppDefinition} from './app-definition.ts';
import {refuse, type Fault} from '../../json/json-shape.ts';

export function networks(app: AppDefinition, faults: Fault[]): void {
  const {networks: list} = app;
  const say = (message: string): undefined => refuse(faults, '/networks', message);
  const named = list.filter(({mode}) => mode === 'container').map(({name}) => name);
  if (list.some(({mode, labels, name}) => mode === 'host' && (labels ?? name) !== undefined)) {
    say('Host networks may not have names or labels');
  }
  if (list.some(({mode, name}) => mode === 'container/bridge' && name !== undefined)) {
    say('Bridge networks may not have names');
  }
  if (new Set(named).size < named.length) say('Duplicate networks are not allowed');
  if (list.length > 1 && named.length < list.length) {
    const message =
      'May specify a single host network, single bridge network, or else 1-to-n container networks';
    say(message);
  }
  if (named.includes(undefined)) {
    say('Network name must be specified when container network is selected.');
  }
  if (app.container?.type === 'DOCKER' && named.length > 1) {
    const message =
      'may only specify a single container network when using the Docker container engine';
    refuse(faults, '', message);
  }
}

export function mappings(app: AppDefinition, faults: Fault[]): void {
  const names = app.networks.flatMap(({name}) => name ?? []);
  const containers = app.networks.filter(({mode}) => mode === 'container').length;
  refuseTwice(app.container?.portMappings, '/container/portMappings', faults);
  for (const [index, mapping] of (app.container?.portMappings ?? []).entries()) {
    const at = `/container/portMappings(${index})`;
    const mine = mapping.networkNames ?? [];
    mine.forEach((name, item) => {
      if (names.includes(name)) return;
      refuse(faults, `${at}/networkNames(${item})`, `is not one of (${names.join(',')})`);
    });
    if (containers <= 1 && mine.length > 1) {
      refuse(faults, `${at}/networkNames`, 'must not list more than the one network');
    }
    if (containers > 1 && mapping.hostPort !== undefined && mine.length !== 1) {
      const message =
        'networkNames must be a single item list when hostPort is specified and more than 1 ' +
        'container network is defined';
      refuse(faults, at, message);
    }
  }
}

function refuseTwice(
  ports: readonly {readonly name?: string | undefined}[] | undefined,
  at: string,
  faults: Fault[],
): void {
  const names = (ports ?? []).flatMap(({name}) => name ?? []);
  if (new Set(names).size < names.length) refuse(faults, at, 'Port names must be unique.');
}

export function portDefinitions(
  {portDefinitions: list = []}: AppDefinition,
  faults: Fault[],
): void {
  const fixed = list.map(({port}) => port).filter((port) => port !== 0);
  refuseTwice(list, '/portDefinitions', faults);
  if (new Set(fixed).size < fixed.length) {
    refuse(faults, '/portDefinitions', 'Ports must be unique.');
  }
}

/** Marathon takes such an app; its second mapping never works. */
export function hostPorts(app: AppDefinition, faults: Fault[]): void {
  if (usesHostNetwork(app)) return;
  const fixed = (app.container?.portMappings ?? []).flatMap(({hostPort = 0, protocol}) =>
    hostPort === 0 ? [] : protocol.split(',').map((one) => `${hostPort}/${one}`),
  );
  if (new Set(fixed).size < fixed.length) {
    refuse(faults, '/container/portMappings', 'fixed host ports must be unique');
  }
}
