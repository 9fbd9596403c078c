/**
 * What a body of the API may contain: the fields of the old and of the new form, with their types
 * and bounds.
 */
import {isoInstant, parseInstant} from '../../../kernel/instants.ts';
import {
  converted,
  defaulted,
  either,
  flag,
  integer,
  listOf,
  mapOf,
  number,
  object,
  oneOf,
  required,
  setOf,
  text,
} from '../../json/json-shape.ts';
import {excerpt} from '../../json/excerpt.ts';

const port = integer(0, 65535);
const labels = mapOf(text());
const PROTOCOLS: ReadonlyMap<string, 'tcp' | 'udp' | 'udp,tcp'> = new Map([
  ['tcp', 'tcp'],
  ['udp', 'udp'],
  ['udp,tcp', 'udp,tcp'],
  ['tcp,udp', 'udp,tcp'],
]);
const protocol = converted(
  (given) => PROTOCOLS.get(given.toLowerCase()),
  'expected one of: tcp, udp, udp,tcp',
);

/** An instant as text, in the one form that we write ourselves. */
export const timestamp = converted((given) => {
  const at = parseInstant(given);
  return at === undefined ? undefined : isoInstant(at);
}, 'expected an instant like 2020-01-01T00:00:00.000Z');

const portDefinition = object(
  {port: defaulted(port, 0), protocol: defaulted(protocol, 'tcp')},
  {name: text(), labels},
);

const portMapping = object(
  {
    containerPort: defaulted(port, 0),
    servicePort: defaulted(port, 0),
    protocol: defaulted(protocol, 'tcp'),
    labels: defaulted(labels, {}),
  },
  {hostPort: port, name: text(), networkNames: listOf(text({min: 1}))},
);

const network = object(
  {mode: defaulted(oneOf('host', 'container/bridge', 'container'), 'container')},
  {name: text({min: 1}), labels},
);

const docker = object(
  {
    image: required(text({min: 1})),
    forcePullImage: defaulted(flag, false),
    privileged: defaulted(flag, false),
    parameters: defaulted(
      listOf(object({key: required(text({min: 1})), value: required(text())}, {})),
      [],
    ),
  },
  {
    network: oneOf('BRIDGE', 'HOST', 'NONE', 'USER'),
    portMappings: listOf(portMapping),
    credential: object({principal: required(text())}, {secret: text()}),
    pullConfig: object({secret: required(text({min: 1}))}, {}),
  },
);

/** Sizes are 64 bits wide; more than this is no whole number in JSON. */
const MIB_MAX = Number.MAX_SAFE_INTEGER;

const persistent = object(
  {
    type: defaulted(oneOf('root', 'path', 'mount'), 'root'),
    size: required(integer(1, MIB_MAX)),
  },
  {maxSize: integer(0, MIB_MAX), profileName: text(), constraints: setOf(listOf(text()))},
);

const external = object(
  {
    name: required(text({min: 1})),
    provider: required(oneOf('dvdi', 'csi')),
    options: defaulted(mapOf(text()), {}),
  },
  {size: integer(0, MIB_MAX), shared: flag},
);

const volume = object(
  {containerPath: required(text({min: 1}))},
  {mode: oneOf('RO', 'RW'), hostPath: text({min: 1}), secret: text(), persistent, external},
);

const linuxInfo = object(
  {},
  {
    seccomp: object({unconfined: defaulted(flag, false)}, {profileName: text()}),
    ipcInfo: object({mode: required(oneOf('PRIVATE', 'SHARE_PARENT'))}, {shmSize: integer(0)}),
  },
);

const container = object(
  {
    type: defaulted(oneOf('DOCKER', 'MESOS'), 'DOCKER'),
    volumes: defaulted(listOf(volume), []),
  },
  {docker, portMappings: listOf(portMapping), linuxInfo},
);

const healthCheck = object(
  {
    protocol: defaulted(
      oneOf('HTTP', 'HTTPS', 'TCP', 'COMMAND', 'MESOS_HTTP', 'MESOS_HTTPS', 'MESOS_TCP'),
      'HTTP',
    ),
    gracePeriodSeconds: defaulted(integer(0), 300),
    intervalSeconds: defaulted(integer(0), 60),
    timeoutSeconds: defaulted(integer(0), 20),
    maxConsecutiveFailures: defaulted(integer(0), 3),
    delaySeconds: defaulted(integer(0), 15),
    ipProtocol: defaulted(oneOf('IPv4', 'IPv6'), 'IPv4'),
  },
  {
    path: text(),
    port,
    portIndex: port,
    ignoreHttp1xx: flag,
    command: object({value: required(text({min: 1}))}, {}),
  },
);

const check = object(
  {
    intervalSeconds: defaulted(integer(0), 60),
    timeoutSeconds: defaulted(integer(0), 20),
    delaySeconds: defaulted(integer(0), 15),
  },
  {
    http: object(
      {scheme: defaulted(oneOf('HTTP', 'HTTPS'), 'HTTP')},
      {path: text({min: 1, max: 1024}), port, portIndex: port},
    ),
    tcp: object({}, {port, portIndex: port}),
    exec: object({command: required(object({}, {shell: text(), argv: listOf(text())}))}, {}),
  },
);

const readinessCheck = object(
  {
    name: defaulted(text({min: 1}), 'readinessCheck'),
    protocol: defaulted(oneOf('HTTP', 'HTTPS'), 'HTTP'),
    path: defaulted(text(), '/'),
    portName: defaulted(text({min: 1}), 'http-api'),
    intervalSeconds: defaulted(integer(1), 30),
    timeoutSeconds: defaulted(integer(1), 10),
    httpStatusCodesForReady: defaulted(setOf(integer(100, 999)), [200]),
    preserveLastResponse: defaulted(flag, false),
  },
  {},
);

const artifact = object(
  {
    uri: required(text({min: 1, max: 1024})),
    extract: defaulted(flag, true),
    executable: defaulted(flag, false),
    cache: defaulted(flag, false),
  },
  {destPath: text()},
);

const ipAddress = object(
  {},
  {
    networkName: text({min: 1}),
    labels,
    groups: setOf(text()),
    discovery: object(
      {},
      {
        ports: listOf(
          object(
            {
              number: defaulted(port, 0),
              name: required(text({min: 1})),
              protocol: defaulted(protocol, 'tcp'),
              labels: defaulted(labels, {}),
            },
            {},
          ),
        ),
      },
    ),
  },
);

const limit = either(oneOf('unlimited'), number(0), (value) => {
  const sent = `'${excerpt(typeof value === 'string' ? value : JSON.stringify(value))}'`;
  return `${sent} is an invalid resource limit. It must be 'unlimited' or a number`;
});

/** The fields of an app; all may be absent here, because an update has the same ones. */
const fields = {
  id: text({min: 1}),
  cmd: text({min: 1}),
  args: listOf(text()),
  user: text(),
  env: mapOf(
    either(
      text(),
      object({secret: required(text({min: 1}))}, {}),
      () => 'expected a text or {secret}',
    ),
  ),
  secrets: mapOf(object({source: required(text({min: 1}))}, {})),
  instances: integer(0),
  cpus: number(0),
  mem: number(0),
  disk: number(0),
  gpus: integer(0),
  executor: text({pattern: /^((\/\/cmd)|(\/?[^/]+(\/[^/]+)*)|)$/}),
  executorResources: object(
    {
      cpus: defaulted(number(0.1), 0.1),
      mem: defaulted(number(32), 32),
      disk: defaulted(number(10), 10),
    },
    {},
  ),
  resourceLimits: object({}, {cpus: limit, mem: limit}),
  constraints: setOf(listOf(text())),
  acceptedResourceRoles: setOf(text({min: 1})),
  role: text({min: 1}),
  fetch: listOf(artifact),
  uris: listOf(text({min: 1, max: 1024})),
  container,
  networks: listOf(network),
  ipAddress,
  ports: listOf(port),
  portDefinitions: listOf(portDefinition),
  requirePorts: flag,
  healthChecks: setOf(healthCheck),
  check,
  readinessChecks: listOf(readinessCheck),
  backoffSeconds: integer(0),
  backoffFactor: number(1),
  maxLaunchDelaySeconds: integer(0),
  upgradeStrategy: object(
    {
      minimumHealthCapacity: required(number(0, 1)),
      maximumOverCapacity: required(number(0, 1)),
    },
    {},
  ),
  dependencies: setOf(text({min: 1})),
  labels,
  taskKillGracePeriodSeconds: integer(0),
  killSelection: oneOf('YOUNGEST_FIRST', 'OLDEST_FIRST'),
  unreachableStrategy: either(
    oneOf('disabled'),
    object(
      {
        inactiveAfterSeconds: defaulted(integer(0), 0),
        expungeAfterSeconds: defaulted(integer(0), 0),
      },
      {},
    ),
    () => "expected 'disabled' or {inactiveAfterSeconds, expungeAfterSeconds}",
  ),
  tty: flag,
  version: timestamp,
};

/** A body as sent: old or new form, nothing required. */
export type AppBody = NonNullable<ReturnType<typeof appBody>>;

export const appBody = object({}, fields);

/** Fields that only answers have, or that old versions knew and new ones ignore. */
const SHOWN_ONLY = [
  'deployments',
  'lastTaskFailure',
  'readinessCheckResults',
  'residency',
  'storeUrls',
  'tasks',
  'tasksHealthy',
  'tasksRunning',
  'tasksStaged',
  'tasksStats',
  'tasksUnhealthy',
  'taskStats',
  'versionInfo',
];

/** Top-level fields of apps in any version of Marathon. It ignores others without a word. */
export const APP_FIELDS: ReadonlySet<string> = new Set([...Object.keys(fields), ...SHOWN_ONLY]);
