/** What a Metronome job runs: the shape of `run` (reference part 8.2, Metronome's JSON schema). */
import {
  defaulted,
  either,
  flag,
  integer,
  listOf,
  mapOf,
  number,
  refuse,
  required,
  text,
  type Fault,
  type Shape,
} from '../../json/json-shape.ts';
import {compileWholeMatch} from '../../placement/patterns.ts';
import {VALUE_MAX} from '../../../resources/thousandths.ts';
import {closedObject, exactly} from './strict-shape.ts';
import type {MetronomeRun} from './job-definition.ts';

const filled = text({min: 1});
const labels = defaulted(mapOf(text()), {});

const docker = closedObject(
  {
    image: required(text()),
    forcePullImage: defaulted(flag, false),
    privileged: defaulted(flag, false),
    parameters: defaulted(
      listOf(closedObject({key: required(text()), value: required(text())}, {})),
      [],
    ),
  },
  {},
);

const ucr = closedObject(
  {
    image: required(
      closedObject(
        {
          id: required(filled),
          kind: defaulted(exactly('appc', 'docker'), 'docker'),
          forcePull: defaulted(flag, false),
        },
        {},
      ),
    ),
    privileged: defaulted(flag, false),
  },
  {},
);

const containerPath = required(text({min: 1}));
const volume = either(
  closedObject({containerPath, secret: required(filled)}, {}),
  closedObject(
    {containerPath, hostPath: required(filled), mode: required(exactly('RO', 'RW'))},
    {},
  ),
  () => 'expected {containerPath, hostPath, mode} or {containerPath, secret}',
);

const network = closedObject(
  {mode: required(exactly('container', 'container/bridge', 'host')), labels},
  {name: text()},
);

const artifact = closedObject(
  {
    uri: required(text()),
    extract: defaulted(flag, true),
    executable: defaulted(flag, false),
    cache: defaulted(flag, false),
  },
  {},
);

type Constraint = MetronomeRun['placement']['constraints'][number];

const constraintFields = closedObject(
  {attribute: required(text()), operator: required(exactly('EQ', 'IS', 'LIKE', 'UNLIKE'))},
  {value: text()},
);

/** EQ is what IS was called first. */
const constraint: Shape<Constraint> = (value, at, faults) => {
  const fields = constraintFields(value, at, faults);
  if (fields === undefined) return undefined;
  const operator = fields.operator === 'EQ' ? 'IS' : fields.operator;
  if (operator !== 'IS' && fields.value !== undefined) {
    const compiled = compileWholeMatch(fields.value);
    if (!compiled.ok) {
      const why = `expected a regular expression of RE2: ${compiled.message}`;
      return refuse(faults, `${at}/value`, why);
    }
  }
  return {...fields, operator};
};

/** Thirty years: the ms of it are far from the end of whole numbers. */
const SECONDS_MAX = 1_000_000_000;

/** Whole seconds; what is behind the point is cut off. */
const graceSeconds: Shape<number> = (value, at, faults) => {
  const seconds = number(0, SECONDS_MAX)(value, at, faults);
  return seconds === undefined ? undefined : Math.trunc(seconds);
};

const runFields: Shape<MetronomeRun> = closedObject(
  {
    cpus: required(number(0.01, VALUE_MAX)),
    mem: required(number(32, VALUE_MAX)),
    disk: required(number(0, VALUE_MAX)),
    gpus: defaulted(integer(0), 0),
    env: defaulted(
      mapOf(
        either(
          text(),
          closedObject({secret: required(filled)}, {}),
          () => 'expected a text or {secret}',
        ),
      ),
      {},
    ),
    secrets: defaulted(mapOf(closedObject({source: required(text())}, {})), {}),
    volumes: defaulted(listOf(volume), []),
    networks: defaulted(listOf(network), []),
    artifacts: defaulted(listOf(artifact), []),
    placement: defaulted(closedObject({constraints: defaulted(listOf(constraint), [])}, {}), {
      constraints: [],
    }),
    restart: defaulted(
      closedObject(
        {policy: defaulted(exactly('NEVER', 'ON_FAILURE'), 'NEVER')},
        {activeDeadlineSeconds: integer(0, SECONDS_MAX)},
      ),
      {policy: 'NEVER'},
    ),
    maxLaunchDelay: defaulted(integer(1, SECONDS_MAX), 3600),
  },
  {
    cmd: filled,
    args: listOf(text()),
    user: text(),
    docker,
    ucr,
    taskKillGracePeriodSeconds: graceSeconds,
  },
);

export const metronomeRun: Shape<MetronomeRun> = (value, at, faults) => {
  const run = runFields(value, at, faults);
  if (run === undefined) return undefined;
  const before = faults.length;
  refuseContents(run, at, faults);
  refuseNetworks(run, `${at}/networks`, faults);
  refuseSecrets(run, `${at}/secrets`, faults);
  return faults.length === before ? run : undefined;
};

function refuseContents(run: MetronomeRun, at: string, faults: Fault[]): void {
  const {cmd, docker: dockerImage, ucr: ucrImage, gpus, volumes} = run;
  if (cmd === undefined && ucrImage === undefined && !dockerImage?.image) {
    refuse(faults, at, 'Cmd, docker or ucr image must be specified');
  }
  if (dockerImage !== undefined && ucrImage !== undefined) {
    refuse(faults, at, 'Either Docker or UCR should be provided, but not both');
  }
  if (dockerImage !== undefined && gpus > 0) {
    refuse(faults, `${at}/gpus`, 'must be 0 with docker; only UCR has GPUs');
  }
  for (const [index, one] of volumes.entries()) {
    if (!('secret' in one) || ucrImage !== undefined) continue;
    refuse(faults, `${at}/volumes(${index})`, 'only UCR has volumes with a secret');
  }
}

/** Only a container's own networks have names, and only UCR may join several. */
function refuseNetworks({networks, ucr: image}: MetronomeRun, at: string, faults: Fault[]): void {
  const modes = new Set(networks.map(({mode}) => mode));
  if (modes.size > 1) refuse(faults, at, 'expected networks of one mode');
  if (networks.length > 1 && (image === undefined || !modes.has('container'))) {
    refuse(faults, at, 'only UCR may join several networks, of mode container');
  }
  for (const [index, {mode, name}] of networks.entries()) {
    if (mode === 'container' && !name) {
      refuse(faults, `${at}(${index})/name`, 'must name the network, for the mode is container');
    }
  }
}

function refuseSecrets({env, secrets, volumes}: MetronomeRun, at: string, faults: Fault[]): void {
  const used = new Set<string>();
  for (const value of Object.values(env)) if (typeof value !== 'string') used.add(value.secret);
  for (const one of volumes) if ('secret' in one) used.add(one.secret);
  const provided = Object.keys(secrets);
  if (used.size === provided.length && provided.every((name) => used.has(name))) return;
  const told = `Defined: ${[...used].join(', ')}, Provided: ${provided.join(', ')}`;
  refuse(faults, at, `Secret names are different from provided secrets. ${told}`);
}
