/** Kinds of settings: what a text may be, what it means, and what is said where it is wrong. */
import type {Address} from '../../api/cluster.ts';
import {parseDuration} from '../../sim/scenario/durations.ts';

/** How a text becomes a value; undefined: it is none of these. */
export interface Kind<T> {
  /** For help and errors: `HOST:PORT`. */
  readonly shown: string;
  /** What is expected, in words. */
  readonly expected: string;
  readonly parse: (text: string) => T | undefined;
}

/** Not the empty one. */
export const TEXT: Kind<string> = {
  shown: 'TEXT',
  expected: 'a text that is not empty',
  parse: (text) => (text === '' ? undefined : text),
};

/** Also the empty one. */
export const ANY_TEXT: Kind<string> = {shown: 'TEXT', expected: 'a text', parse: (text) => text};

export const FILE: Kind<string> = {...TEXT, shown: 'FILE', expected: 'the path of a file'};
export const FOLDER: Kind<string> = {...TEXT, shown: 'FOLDER', expected: 'the path of a folder'};

/** A flag without a value; in the environment and the file, `true` or `false`. */
export const SWITCH: Kind<boolean> = {
  shown: '',
  expected: 'true or false',
  parse: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
};

/** As people write it (`250ms`, `10s`, `1h30m`), and as Mesos does (`10secs`, `5mins`); in ms. */
export const DURATION: Kind<number> = {
  shown: 'TIME',
  expected: 'a length of time such as 250ms, 10s, 15m, 2h or 7d',
  parse: (text) => parseDuration(text.replace(/(\d)(secs|mins|hrs|days|weeks)$/, shortened)),
};

function shortened(_whole: string, digit: string, unit: string): string {
  return `${digit}${unit.charAt(0)}`;
}

/** `HOST:PORT`, an IPv6 address in brackets; port 0: any that is free. */
export const HOST_PORT: Kind<Address> = {
  shown: 'HOST:PORT',
  expected: 'a host and a port from 0 to 65535, such as 127.0.0.1:5050',
  parse: parseHostPort,
};

function parseHostPort(text: string): Address | undefined {
  const [, bracketed, plain, digits = ''] =
    /^(?:\[([0-9a-fA-F:]+)\]|([^:/\s]+)):(\d{1,5})$/.exec(text) ?? [];
  const hostname = bracketed ?? plain;
  const port = Number(digits);
  return hostname === undefined || port > 65_535 ? undefined : {hostname, port};
}

/** Bounds included. */
export function whole(min: number, max: number): Kind<number> {
  return {
    shown: 'N',
    expected: `a whole number from ${min} to ${max}`,
    parse: (text) => {
      const value = Number(text);
      return /^\d+$/.test(text) && value >= min && value <= max ? value : undefined;
    },
  };
}

/** One of these words. */
export function oneOf<T extends string>(...choices: readonly T[]): Kind<T> {
  return {
    shown: choices.join('|'),
    expected: `one of ${choices.join(', ')}`,
    parse: (text) => choices.find((choice) => choice === text),
  };
}

/** Mesos's list: `rack:a;ssd:true;level:3`. */
export const ATTRIBUTES: Kind<Readonly<Record<string, string | number>>> = {
  shown: 'NAME:VALUE;…',
  expected: 'attributes such as rack:a;ssd:true',
  parse: parseAttributes,
};

function parseAttributes(text: string): Readonly<Record<string, string | number>> | undefined {
  const attributes: Record<string, string | number> = {};
  for (const part of text.split(';').map((one) => one.trim())) {
    if (part === '') continue;
    const at = part.indexOf(':');
    if (at < 1 || at === part.length - 1) return undefined;
    const value = part.slice(at + 1).trim();
    attributes[part.slice(0, at).trim()] = /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  }
  return attributes;
}

const UNITS = [
  {ms: 86_400_000, people: 'd', mesos: 'days'},
  {ms: 3_600_000, people: 'h', mesos: 'hrs'},
  {ms: 60_000, people: 'm', mesos: 'mins'},
  {ms: 1000, people: 's', mesos: 'secs'},
  {ms: 1, people: 'ms', mesos: 'ms'},
] as const;

/** In the largest unit that divides it, as people write it here or as Mesos shows it. */
export function durationText(ms: number, style: 'mesos' | 'people'): string {
  if (ms === 0) return style === 'mesos' ? '0ns' : '0d';
  const unit = UNITS.find((one) => ms % one.ms === 0);
  return unit === undefined ? `${ms}ms` : `${ms / unit.ms}${unit[style]}`;
}
