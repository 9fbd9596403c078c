/** Settings as `/flags` shows them, in Mesos's way: `10mins`, `rack:a;ssd:true`, names with `_`. */
import type {Address} from '../../api/cluster.ts';
import {hostPort} from '../../api/http/host-port.ts';
import {DURATION, durationText} from './kinds.ts';
import type {SettingTable} from './setting.ts';
import {AGENT_SETTINGS, MASTER_SETTINGS, UP_SETTINGS} from './tables.ts';

const DURATIONS = new Set(
  [MASTER_SETTINGS, AGENT_SETTINGS, UP_SETTINGS].flatMap((table: SettingTable) =>
    Object.keys(table).filter((name) => table[name]?.kind === DURATION),
  ),
);

/** Secrets are files, which are named only. */
export function shownSettings(values: Readonly<Record<string, unknown>>): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const isDuration = typeof value === 'number' && DURATIONS.has(name);
    shown[name.replaceAll('-', '_')] = isDuration
      ? durationText(value, 'mesos')
      : masked(textOf(value));
  }
  return shown;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isAddress(value)) return hostPort(value);
  const pairs = Object.entries(value as Readonly<Record<string, unknown>>);
  return pairs.map(([name, one]) => `${name}:${textOf(one)}`).join(';');
}

function isAddress(value: object): value is Address {
  return 'hostname' in value && 'port' in value;
}

/** The password of a ZooKeeper URL is nobody's business. */
function masked(text: string): string {
  return text.replace(/^(zk:\/\/).*@/, '$1***@');
}
