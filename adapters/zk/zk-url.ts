/**
 * `zk://[user:password@]host:port,host:port/path`, as Mesos, Marathon and Chronos take it. As
 * there, the path begins at the first slash, the servers after the last `@`, and nothing is
 * percent-encoded. Unlike Mesos, a server without a port has ZooKeeper's own, 2181.
 */

export interface ZkCredentials {
  readonly user: string;
  readonly password: string;
}

export interface ZkUrl {
  /** `host:port` each, in their order, each once. */
  readonly servers: readonly string[];
  /** Absolute, without a slash at its end: `/drydock`. */
  readonly path: string;
  /** For ZooKeeper's `digest` scheme. */
  readonly credentials: ZkCredentials | undefined;
}

export type ZkUrlResult =
  | {readonly ok: true; readonly url: ZkUrl}
  /** What is wrong, without the password. */
  | {readonly ok: false; readonly problem: string};

const SCHEME = 'zk://';
const PORT_DEFAULT = 2181;

export function parseZkUrl(text: string): ZkUrlResult {
  const trimmed = text.trim();
  if (!trimmed.startsWith(SCHEME)) return refuse('it must begin with zk://');
  const rest = trimmed.slice(SCHEME.length);
  const slash = rest.indexOf('/');
  const authority = slash === -1 ? rest : rest.slice(0, slash);
  const at = authority.lastIndexOf('@');
  const credentials = at === -1 ? undefined : parseCredentials(authority.slice(0, at));
  if (typeof credentials === 'string') return refuse(credentials);
  const servers = parseServers(authority.slice(at + 1));
  if (typeof servers === 'string') return refuse(servers);
  const path = parsePath(slash === -1 ? '' : rest.slice(slash));
  if (path.problem !== undefined) return refuse(path.problem);
  return {ok: true, url: {servers, path: path.path, credentials}};
}

/** For logs and flags: who logs in, but not with what. */
export function printZkUrl({servers, path, credentials}: ZkUrl): string {
  const login = credentials === undefined ? '' : `${credentials.user}:***@`;
  return `${SCHEME}${login}${servers.join(',')}${path}`;
}

function refuse(problem: string): ZkUrlResult {
  return {
    ok: false,
    problem: `${problem}; expected zk://[user:password@]host:port,host:port/path`,
  };
}

function parseCredentials(text: string): ZkCredentials | string {
  const colon = text.indexOf(':');
  // Without a colon, what stands there may be a password: it is not repeated.
  if (colon === -1) return 'what stands before the @ must be user:password';
  const [user, password] = [text.slice(0, colon), text.slice(colon + 1)];
  if (user === '') return 'the user before the : is empty';
  if (password === '') return `the password of the user ${user} is empty`;
  return {user, password};
}

function parseServers(text: string): readonly string[] | string {
  if (text === '') return 'it names no server';
  const servers = new Set<string>();
  for (const part of text.split(',')) {
    const server = parseServer(part.trim());
    if (server.problem !== undefined) return server.problem;
    servers.add(server.server);
  }
  return [...servers];
}

type ParsedServer =
  | {readonly server: string; readonly problem?: undefined}
  | {readonly problem: string};

function parseServer(text: string): ParsedServer {
  if (text === '') return {problem: 'a server in its list is empty'};
  if (text.includes('[')) {
    return {problem: `the server ${text}: give an IPv6 address a host name`};
  }
  const [host = '', port, ...more] = text.split(':');
  if (more.length > 0) return {problem: `the server ${text} has more than one colon`};
  if (!/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9.])?$/.test(host)) {
    return {problem: `the server ${text}: ${JSON.stringify(host)} is no host name`};
  }
  if (port === undefined) return {server: `${host}:${PORT_DEFAULT}`};
  const isPort = /^[0-9]{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535;
  if (isPort) return {server: `${host}:${Number(port)}`};
  return {problem: `the server ${text}: the port must be a number from 1 to 65535`};
}

type ParsedPath =
  | {readonly path: string; readonly problem?: undefined}
  | {readonly problem: string};

function parsePath(text: string): ParsedPath {
  const path = text.endsWith('/') ? text.slice(0, -1) : text;
  // As Mesos: the root of an ensemble is no place of one's own.
  if (path === '') return {problem: 'it has no path, such as /drydock'};
  for (const name of path.slice(1).split('/')) {
    if (name === '') return {problem: `its path ${text} has an empty name`};
    if (name === '.' || name === '..') return {problem: `its path ${text} has ${name} as a name`};
    if (!isNodeName(name)) {
      return {problem: `its path ${JSON.stringify(text)} has a character that ZooKeeper refuses`};
    }
  }
  if (path === '/zookeeper' || path.startsWith('/zookeeper/')) {
    return {problem: `its path ${text} is ZooKeeper's own`};
  }
  return {path};
}

/** What PathUtils.validatePath of ZooKeeper lets pass: nothing beyond the first 65,536. */
function isNodeName(name: string): boolean {
  for (let index = 0; index < name.length; index += 1) {
    const code = name.charCodeAt(index);
    if (REFUSED_CODES.some(([first, last]) => code >= first && code <= last)) return false;
  }
  return true;
}

const REFUSED_CODES: readonly (readonly [first: number, last: number])[] = [
  [0x0000, 0x001f],
  [0x007f, 0x009f],
  [0xd800, 0xf8ff],
  [0xfff0, 0xffff],
];
