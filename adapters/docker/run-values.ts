/**
 * How `docker run` reads the values of its options. What cannot be read gives undefined; who asked
 * says what was expected.
 */

const UNIT_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
  p: 1024 ** 5,
};

const UNIT_NS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** `512m`, `1.5GB`, `1024` → bytes. */
export function readBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?([kmgtp]?)(?:i?b)?$/i.exec(text);
  const unit = UNIT_BYTES[match?.[2]?.toLowerCase() ?? '?'];
  return match === null || unit === undefined ? undefined : Math.floor(Number(match[1]) * unit);
}

/** As Go writes them, `1m30s` → ns. */
export function readDurationNs(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^(\d+(?:\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  let ns = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) {
    ns += Number(amount) * (UNIT_NS[unit ?? ''] ?? 0);
  }
  return Math.round(ns);
}

export function readInteger(text: string): number | undefined {
  return /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;
}

export function readFlag(text: string): boolean | undefined {
  if (/^(1|t|true)$/i.test(text)) return true;
  return /^(0|f|false)$/i.test(text) ? false : undefined;
}

/** `a=b=c` → `['a', 'b=c']`; without a `=`, the second is undefined. */
export function splitPair(text: string): readonly [name: string, value: string | undefined] {
  const at = text.indexOf('=');
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

export interface PublishedPort {
  readonly containerPort: string;
  readonly hostIp: string;
  readonly hostPort: string;
}

/** `[[ip:]hostPort:]containerPort[/protocol]`, ranges (`8000-8002:80-82`) too. */
export function readPublished(text: string): readonly PublishedPort[] | undefined {
  const [mapping = '', proto = 'tcp', ...more] = text.split('/');
  const match = /^(?:(?:(?<ip>\[[0-9a-f:]+\]|[\d.]*):)?(?<host>[\d-]*):)?(?<inside>[\d-]+)$/i;
  const {ip = '', host = '', inside = ''} = match.exec(mapping)?.groups ?? {};
  const insidePorts = readPorts(inside);
  const hostPorts = host === '' ? undefined : readPorts(host);
  if (insidePorts === undefined || more.length > 0 || !/^(tcp|udp|sctp)$/.test(proto)) {
    return undefined;
  }
  if (host !== '' && hostPorts?.length !== insidePorts.length) return undefined;
  return insidePorts.map((port, i) => ({
    containerPort: `${port}/${proto}`,
    hostIp: ip.replace(/[[\]]/g, ''),
    hostPort: String(hostPorts?.[i] ?? ''),
  }));
}

/** `80`, `80/udp`, `8000-8002/tcp` → `['8000/tcp', …]`. */
export function readExposed(text: string): readonly string[] | undefined {
  const [range = '', proto = 'tcp', ...more] = text.split('/');
  const ports = readPorts(range);
  if (ports === undefined || more.length > 0 || !/^(tcp|udp|sctp)$/.test(proto)) return undefined;
  return ports.map((port) => `${port}/${proto}`);
}

function readPorts(text: string): readonly number[] | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (match === null) return undefined;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  if (first < 1 || last > 65_535 || last < first) return undefined;
  return Array.from({length: last - first + 1}, (_, i) => first + i);
}

/** `type=bind,source=/a,target=/b,readonly` → its fields; those without a value are `true`. */
export function readFields(text: string): ReadonlyMap<string, string> {
  const pairs = text.split(',').map((field) => splitPair(field.trim()));
  return new Map(pairs.map(([name, value]) => [name.toLowerCase(), value ?? 'true']));
}

/** The lines of an env file: `NAME=value`; blank ones and `#` comments are left out. */
export function readEnvFile(text: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, '').trimStart());
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}
