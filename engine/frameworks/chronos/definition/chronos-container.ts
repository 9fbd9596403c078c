/** The container of a Chronos job (reference part 1.3). */
import {defaulted, isObject, listOf, object, required, type Shape} from '../../json/json-shape.ts';
import type {ChronosContainer} from './job-definition.ts';
import {looseFlag, looseInteger, looseText} from './loose-shape.ts';
import {exactly} from './strict-shape.ts';

const filled = required(looseText({isFilled: true}));
const port = defaulted(looseInteger(0, 65535), 0);

/** A text in any case. */
function upperCased<T extends string>(shape: Shape<T>): Shape<T> {
  return (value, at, faults) =>
    shape(typeof value === 'string' ? value.toUpperCase() : value, at, faults);
}

const keyValues = defaulted(
  listOf(object({key: filled, value: defaulted(looseText(), '')}, {})),
  [],
);

const networkInfo = object(
  {
    name: defaulted(looseText(), ''),
    labels: keyValues,
    portMappings: defaulted(
      listOf(object({hostPort: port, containerPort: port}, {protocol: looseText()})),
      [],
    ),
  },
  {protocol: exactly('IPv4', 'IPv6')},
);

const volume = object(
  {containerPath: filled},
  {
    hostPath: looseText(),
    mode: exactly('RO', 'RW'),
    external: object({name: filled, provider: filled, options: keyValues}, {}),
  },
);

const withImage: Shape<ChronosContainer> = object(
  {
    type: defaulted(upperCased(exactly('DOCKER', 'MESOS')), 'DOCKER'),
    image: filled,
    network: defaulted(exactly('BRIDGE', 'HOST', 'USER'), 'HOST'),
    networkInfos: defaulted(listOf(networkInfo), []),
    volumes: defaulted(listOf(volume), []),
    forcePullImage: defaulted(looseFlag, false),
    parameters: keyValues,
  },
  {networkName: looseText()},
);

/** A container without an image is none, whatever else it says. */
export const chronosContainer: Shape<ChronosContainer> = (value, at, faults) => {
  if (isObject(value) && (value['image'] === undefined || value['image'] === null)) {
    return undefined;
  }
  return withImage(value, at, faults);
};
