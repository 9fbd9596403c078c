/** Structured logs on stderr: JSON lines, or readable ones for a person at a terminal. */
import {dirname} from 'node:path';
import {destination, multistream, pino, type DestinationStream, type Logger} from 'pino';
import {build as prettyStream} from 'pino-pretty';
import {makeFolderOf} from '../make-folder.ts';

export interface LogSettings {
  readonly 'log-level': string;
  readonly 'log-format': 'auto' | 'json' | 'pretty';
  readonly 'log-file'?: string | undefined;
}

export function makeLogger(settings: LogSettings, name: string): Logger {
  const level = settings['log-level'];
  const timestamp = (): string => `,"time":"${new Date().toISOString()}"`;
  const streams = [onStderr(settings['log-format']), ...inFile(settings['log-file'])];
  // Each stream has a level of its own, below which it is given nothing.
  const each = streams.map((stream) => ({stream, level: 'trace' as const}));
  return pino({name, level, timestamp}, multistream(each));
}

function inFile(file: string | undefined): readonly DestinationStream[] {
  if (file === undefined) return [];
  makeFolderOf('--log-file', dirname(file));
  return [destination({dest: file, append: true, sync: true})];
}

function onStderr(format: LogSettings['log-format']): DestinationStream {
  const isPretty = format === 'pretty' || (format === 'auto' && process.stderr.isTTY);
  if (!isPretty) return destination({fd: 2, sync: true});
  return prettyStream({
    destination: 2,
    sync: true,
    colorize: process.stderr.isTTY && process.env['NO_COLOR'] === undefined,
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
    messageFormat: '{if part}{part}: {end}{msg}',
    ignore: 'pid,hostname,name,part',
  });
}
