/** Assignment of service ports, unique in the cluster (reference part 1.8). */
import type {AppDefinition} from './app-definition.ts';

/** Inclusive, `--local_port_min` to `--local_port_max`. */
export interface ServicePortRange {
  readonly first: number;
  readonly last: number;
  /** Where the search begins: nothing below is free. Absent: `first`. */
  readonly from?: number | undefined;
}

export const SERVICE_PORTS: ServicePortRange = {first: 10_000, last: 20_000};

/** The service ports of an app in order; 0 = to be assigned. */
export function servicePortsOf(
  app: Pick<AppDefinition, 'container' | 'portDefinitions'>,
): number[] {
  const mappings = app.container?.portMappings;
  if (mappings !== undefined) return mappings.map(({servicePort}) => servicePort);
  return (app.portDefinitions ?? []).map(({port}) => port);
}

/**
 * Fills the zeros of `wanted`: first with ports of the range that the previous version had and that
 * are not listed any more, then with the lowest that nobody has. Undefined when the range is
 * exhausted.
 */
export function assignServicePorts(
  wanted: readonly number[],
  previous: readonly number[],
  isTaken: (port: number) => boolean,
  {first, last, from = first}: ServicePortRange,
): readonly number[] | undefined {
  const listed = new Set(wanted);
  const free = previous.filter((port) => port >= first && port <= last && !listed.has(port));
  const given = new Set([...wanted, ...previous]);
  let next = from;
  const out: number[] = [];
  for (const port of wanted) {
    if (port !== 0) {
      out.push(port);
      continue;
    }
    const old = free.shift();
    if (old !== undefined) {
      out.push(old);
      continue;
    }
    while (next <= last && (given.has(next) || isTaken(next))) next += 1;
    if (next > last) return undefined;
    out.push(next);
    next += 1;
  }
  return out;
}

/** The app with these service ports, in the order of {@link servicePortsOf}. */
export function withServicePorts(app: AppDefinition, ports: readonly number[]): AppDefinition {
  const {container, portDefinitions} = app;
  if (container?.portMappings !== undefined) {
    const portMappings = container.portMappings.map((mapping, at) => ({
      ...mapping,
      servicePort: ports[at] ?? mapping.servicePort,
    }));
    return {...app, container: {...container, portMappings}};
  }
  if (portDefinitions === undefined) return app;
  return {
    ...app,
    portDefinitions: portDefinitions.map((definition, at) => ({
      ...definition,
      port: ports[at] ?? definition.port,
    })),
  };
}
