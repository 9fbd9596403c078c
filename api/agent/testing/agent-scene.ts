/** An agent on real files for tests of its face, and commands that tests play. */
import {mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {request as httpRequest} from 'node:http';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {PassThrough, type Duplex} from 'node:stream';
import type {ExecutionContext} from 'ava';
import {agentIdOf, frameworkIdOf, taskIdOf} from '../../../engine/index.ts';
import type {
  AgentExecRequest,
  AgentExecSession,
  AgentFaceSource,
  AgentFaceTask,
} from '../agent-face-source.ts';
import {EXEC_PATH, EXEC_PROTOCOL, FrameDecoder, type ExecFrame} from '../exec-frames.ts';

export const AGENT = agentIdOf('S1');
export const MARATHON = frameworkIdOf('marathon');
const RUN = '0f5a';

export interface AgentScene {
  readonly source: AgentFaceSource;
  readonly sandbox: string;
  readonly workDir: string;
  readonly directory: string;
  /** What was asked to be run. */
  readonly asked: AgentExecRequest[];
}

/** An agent with one task; its folders go with the test. */
export function agentScene(t: ExecutionContext, exec?: () => AgentExecSession): AgentScene {
  const workDir = mkdtempSync(join(tmpdir(), 'agent-face-'));
  t.teardown(() => rmSync(workDir, {recursive: true, force: true}));
  const below = ['slaves', AGENT, 'frameworks', MARATHON, 'executors', 'web.1', 'runs'];
  const runs = join(workDir, ...below);
  const sandbox = join(runs, RUN);
  mkdirSync(sandbox, {recursive: true});
  symlinkSync(sandbox, join(runs, 'latest'));
  writeFileSync(join(workDir, 'agent.log'), 'the log\n');
  const task: AgentFaceTask = {
    launch: {
      kind: 'launchTask',
      agentId: AGENT,
      frameworkId: MARATHON,
      taskId: taskIdOf('web.1'),
      name: 'web',
      origin: {kind: 'app', appId: '/web', version: '1'},
      resources: {scalars: {cpus: 500, mem: 128_000}, ranges: {ports: [[31000, 31000]]}},
    },
    state: 'TASK_RUNNING',
    launchedAt: 1000,
    statuses: [{state: 'TASK_RUNNING', at: 2000, containerIp: '172.17.0.2'}],
    sandbox,
  };
  const asked: AgentExecRequest[] = [];
  const source: AgentFaceSource = {
    info: {id: AGENT, hostname: 'a1.example', attributes: {rack: 'r1'}},
    address: {hostname: '127.0.0.1', port: 5051},
    version: '0.1.0',
    startedAt: 0,
    resources: {scalars: {cpus: 4000, mem: 8_192_000}, ranges: {ports: [[31000, 32000]]}},
    master: {hostname: 'm1', port: 5050},
    flags: {work_dir: workDir},
    workDir,
    sandboxAgeMsMax: 604_800_000,
    logFile: join(workDir, 'agent.log'),
    tally: {
      recoveryMs: 250,
      ends: new Map([['TASK_FINISHED', 3]]),
      updates: 9,
      launchErrors: 1,
    },
    tasks: () => [task],
    usage: () => Promise.resolve({cpusUserSeconds: 1.5, cpusSystemSeconds: 0.5, memRssBytes: 4096}),
    exec: (name, request) => {
      asked.push(request);
      return exec === undefined
        ? Promise.reject(new Error(`task ${name.taskId} has no shell`))
        : Promise.resolve(exec());
    },
  };
  return {source, sandbox, workDir, directory: join(runs, RUN), asked};
}

/** Streams of a command that tests play. */
export interface PlayedCommand {
  readonly session: AgentExecSession;
  readonly stdin: PassThrough;
  readonly stdout: PassThrough;
  readonly stderr: PassThrough;
  readonly sizes: [number, number][];
  exit(code: number): void;
  readonly wasKilled: () => boolean;
}

export function played(): PlayedCommand {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const sizes: [number, number][] = [];
  let killed = false;
  const {promise, resolve} = Promise.withResolvers<{exitCode: number}>();
  return {
    session: {
      stdin,
      stdout,
      stderr,
      resize: (columns, rows) => {
        sizes.push([columns, rows]);
        return Promise.resolve();
      },
      ended: promise,
      kill: () => {
        killed = true;
      },
    },
    stdin,
    stdout,
    stderr,
    sizes,
    exit: (code) => {
      stdout.end();
      stderr.end();
      resolve({exitCode: code});
    },
    wasKilled: () => killed,
  };
}

export function upgraded(
  port: number,
  path = EXEC_PATH,
  headers: Readonly<Record<string, string>> = {},
): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      port,
      path,
      method: 'POST',
      headers: {...headers, connection: 'Upgrade', upgrade: EXEC_PROTOCOL},
    });
    request.on('upgrade', (_answer, socket) => resolve(socket));
    request.on('response', ({statusCode}) => reject(new Error(`status ${statusCode}`)));
    request.on('error', reject);
    request.end();
  });
}

/** Frames as they come; ends with the connection. */
export async function* framesOf(socket: Duplex): AsyncIterableIterator<ExecFrame> {
  const decoder = new FrameDecoder();
  for await (const chunk of socket) yield* decoder.push(chunk as Buffer);
}
