/** The settings of each process: one table for flags, environment, file, help and manual. */
import {CHRONOS_PRESETS} from '../../engine/index.ts';
import type {Address} from '../../api/cluster.ts';
import {
  ANY_TEXT,
  ATTRIBUTES,
  DURATION,
  FILE,
  FOLDER,
  HOST_PORT,
  oneOf,
  SWITCH,
  TEXT,
  whole,
} from './kinds.ts';
import {setting, type SettingValues} from './setting.ts';

const LOGS = {
  'log-level': setting(
    oneOf('trace', 'debug', 'info', 'warn', 'error', 'silent'),
    'info',
    'what is logged at least',
  ),
  'log-format': setting(
    oneOf('auto', 'json', 'pretty'),
    'auto',
    'how logs are written; auto is pretty on a terminal and JSON lines elsewhere',
  ),
  'log-file': setting(
    FILE,
    undefined,
    'a file that logs go to as JSON lines as well: dcos node log shows it',
  ),
};

const ACCESS = {
  'token-file': setting(
    FILE,
    undefined,
    'API tokens, one a line: requests must show one (without the file none is asked for)',
  ),
};

const MESOS = {
  'mesos-json-suffixes': setting(
    SWITCH,
    false,
    'serve /state.json and its like as well, as Mesos did until 1.7',
  ),
};

/** What a master decides by. */
const CLUSTER = {
  cluster: setting(TEXT, 'drydock', 'name of the cluster, for people'),
  'allocation-interval': setting(DURATION, 1000, 'from one allocation run to the next'),
  'agent-ping-timeout': setting(DURATION, 15_000, 'how long an answer to a ping is waited for'),
  'max-agent-ping-timeouts': setting(
    whole(1, 1000),
    5,
    'so many pings without an answer make an agent unreachable',
  ),
  'agent-reregister-timeout': setting(
    DURATION,
    600_000,
    'how long a new leader waits for the agents of the one before',
  ),
  'registry-max-agent-age': setting(
    DURATION,
    1_209_600_000,
    'an agent that is unreachable for longer is forgotten',
  ),
  'registry-max-agent-count': setting(
    whole(0, 1_000_000),
    102_400,
    'so many unreachable agents are remembered',
  ),
  'marathon-role': setting(TEXT, '*', 'role of apps that name none'),
  'min-revive-offers-interval': setting(
    DURATION,
    500,
    'how soon Marathon asks for offers again (its own default was 5s)',
  ),
  'marathon-legacy-app-form': setting(
    SWITCH,
    false,
    'show apps in the form of Marathon 1.4 as well',
  ),
  'access-control-allow-origin': setting(
    TEXT,
    undefined,
    "from which pages browsers may ask Marathon's API: * or an origin (default: none)",
  ),
  'chronos-role': setting(TEXT, '*', 'role of jobs'),
  'chronos-preset': setting(
    oneOf(...(Object.keys(CHRONOS_PRESETS) as (keyof typeof CHRONOS_PRESETS)[])),
    'drydock',
    'historic behaviour of jobs, by name',
  ),
  'body-limit': setting(
    whole(1024, 1_073_741_824),
    8 * 1024 * 1024,
    'bytes that the body of a request may have',
  ),
  ...MESOS,
};

/** What an agent has and how it runs tasks. */
const TASKS = {
  resources: setting(
    ANY_TEXT,
    '',
    'what to offer, such as cpus:4;mem:8192;ports:[31000-32000]; what is not named is found out',
    'what the machine has, less a share for the system',
  ),
  attributes: setting(ATTRIBUTES, {}, 'what constraints can ask for, such as rack:a;ssd:true', ''),
  role: setting(TEXT, '*', 'role to which resources that name none are reserved'),
  docker: setting(
    oneOf('auto', 'on', 'off'),
    'auto',
    'whether images are run: auto where a Docker engine answers, on to insist on one',
  ),
  'docker-host': setting(
    TEXT,
    undefined,
    'address of the Docker engine',
    'DOCKER_HOST, or unix:///var/run/docker.sock',
  ),
  'docker-config': setting(
    FILE,
    undefined,
    'credentials for private registries, as `docker login` writes them',
    '~/.docker/config.json',
  ),
  'cfs-quota': setting(SWITCH, false, 'hold tasks to their cpus even where others are idle'),
  cgroups: setting(
    oneOf('auto', 'off'),
    'auto',
    'whether plain processes are held to their memory and cpus: auto where that can be done',
  ),
  'switch-user': setting(
    oneOf('auto', 'on', 'off'),
    'auto',
    'whether tasks run as the users that they name: auto where the agent is root',
  ),
  'sandbox-log-bytes': setting(
    whole(65_536, 1_000_000_000_000),
    10 * 1024 * 1024,
    'so large stdout and stderr of a task become before they are rotated',
  ),
  'fetcher-cache-mib': setting(
    whole(0, 10_000_000),
    2048,
    'how much of what is fetched with `cache` is kept (0: nothing)',
  ),
  'gc-delay': setting(DURATION, 604_800_000, 'how long sandboxes of ended tasks are kept'),
  ...MESOS,
};

const SHARED_KEY = setting(
  FILE,
  undefined,
  "the cluster's key, which agents and masters prove to have; 'drydock keygen FILE' makes one",
);

const ZK_SESSION = setting(
  DURATION,
  10_000,
  'without a sign of life for so long a master or agent is gone for ZooKeeper',
);

const LOOPBACK_MASTER: Address = {hostname: '127.0.0.1', port: 5050};
const LOOPBACK_AGENT: Address = {hostname: '127.0.0.1', port: 5051};

export const MASTER_SETTINGS = {
  zk: setting(TEXT, undefined, 'where masters elect their leader: zk://host:port,…/path'),
  'zk-session-timeout': ZK_SESSION,
  listen: setting(HOST_PORT, LOOPBACK_MASTER, 'where to listen', '127.0.0.1:5050'),
  advertise: setting(
    HOST_PORT,
    undefined,
    'the address that others reach it at',
    'where it listens',
  ),
  'key-file': SHARED_KEY,
  ...ACCESS,
  ...CLUSTER,
  ...LOGS,
};

export const AGENT_SETTINGS = {
  zk: setting(TEXT, undefined, 'where the leader is found: zk://host:port,…/path'),
  master: setting(HOST_PORT, undefined, 'the master, where there is no ZooKeeper'),
  'zk-session-timeout': ZK_SESSION,
  'work-dir': setting(FOLDER, undefined, 'where the agent keeps what it runs; its own'),
  listen: setting(HOST_PORT, LOOPBACK_AGENT, 'where to listen', '127.0.0.1:5051'),
  hostname: setting(
    TEXT,
    undefined,
    'the name that others reach this machine and its tasks at',
    'the host it listens on',
  ),
  'key-file': SHARED_KEY,
  ...ACCESS,
  region: setting(TEXT, undefined, 'region of its fault domain'),
  zone: setting(TEXT, undefined, 'zone of its fault domain'),
  ...TASKS,
  ...LOGS,
};

export const UP_SETTINGS = {
  'data-dir': setting(
    FOLDER,
    undefined,
    'where the cluster keeps its state; its own',
    '~/.drydock',
  ),
  listen: setting(HOST_PORT, LOOPBACK_MASTER, 'where to listen', '127.0.0.1:5050'),
  agents: setting(whole(1, 200), 1, 'how many agents this machine is divided among'),
  hostname: setting(
    TEXT,
    undefined,
    'the name that others reach this machine and its tasks at',
    '127.0.0.1, or the name of the machine where it listens beyond it',
  ),
  ...ACCESS,
  ...CLUSTER,
  ...TASKS,
  ...LOGS,
};

export type AgentSettings = SettingValues<typeof AGENT_SETTINGS>;
export type UpSettings = SettingValues<typeof UP_SETTINGS>;
export type ClusterSettings = SettingValues<typeof CLUSTER>;
export type TaskSettings = SettingValues<typeof TASKS>;
