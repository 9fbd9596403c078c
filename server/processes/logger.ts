/** Structured logs on stderr: JSON lines, or readable ones for a person at a terminal. */
import {destination, pino, type Logger} from 'pino';
import {build as prettyStream} from 'pino-pretty';

export interface LogSettings {
  readonly 'log-level': string;
  readonly 'log-format': 'auto' | 'json' | 'pretty';
}

export function makeLogger(settings: LogSettings, name: string): Logger {
  const options = {name, level: settings['log-level']};
  const format = settings['log-format'];
  const isPretty = format === 'pretty' || (format === 'auto' && process.stderr.isTTY === true);
  if (!isPretty) {
    const timestamp = (): string => `,"time":"${new Date().toISOString()}"`;
    return pino({...options, timestamp}, destination({fd: 2, sync: true}));
  }
  const stream = prettyStream({
    destination: 2,
    sync: true,
    colorize: process.stderr.isTTY === true && process.env['NO_COLOR'] === undefined,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname',
  });
  return pino(options, stream);
}
