/** A command that runs beside a task, in its container. */
import {readFile} from 'node:fs/promises';
import {type Duplex, PassThrough} from 'node:stream';
import {setTimeout as sleep} from 'node:timers/promises';
import type Docker from 'dockerode';
import type {ExecRequest, ExecResult, ExecSession} from '../ports/executor.ts';
import {
  EngineAwayError,
  EngineRefusedError,
  LetGoError,
  type EngineClient,
} from './engine-client.ts';
import {makeFrameReader, makeRawReader, type MessageReader} from './log-messages.ts';

const ASK_TIMEOUT_MS = 30_000;
const ASK_AGAIN_MS = 20;
/** After its output has ended, it is said to be running for a moment at most. */
const ASKED_MAX = 250;
/** As wait(2) has it for a process that was killed. */
const KILLED = 137;

/** @throws Error the container does not run, or the engine is away. */
export async function openExec(
  client: EngineClient,
  containerId: string,
  request: ExecRequest,
): Promise<DockerExec> {
  const {argv, tty, env = {}} = request;
  const exec = await client.ask(ASK_TIMEOUT_MS, (docker, abortSignal) =>
    docker.getContainer(containerId).exec({
      Cmd: [...argv],
      Tty: tty,
      Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      abortSignal,
    }),
  );
  // The signal of a request stays with its connection, and this one is to last.
  const opening = exec.start({hijack: true, stdin: true, Tty: tty});
  try {
    const socket = await client.ask(ASK_TIMEOUT_MS, () => opening);
    return new DockerExec(client, exec, socket, tty);
  } catch (error) {
    // Nobody is there any more for what may yet come.
    opening.then(
      (socket) => socket.destroy(),
      () => undefined,
    );
    throw error;
  }
}

export class DockerExec implements ExecSession {
  readonly stdin: NodeJS.WritableStream;
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  readonly ended: Promise<ExecResult>;
  readonly #client: EngineClient;
  readonly #exec: Docker.Exec;
  readonly #socket: Duplex;
  #isKilled = false;

  constructor(client: EngineClient, exec: Docker.Exec, socket: Duplex, tty: boolean) {
    this.#client = client;
    this.#exec = exec;
    this.#socket = socket;
    this.stdin = socket;
    // Who writes to a command that has ended meanwhile is told by `ended`.
    socket.on('error', () => undefined);
    this.ended = this.#run(tty ? makeRawReader() : makeFrameReader(false));
    // Nobody need wait for it.
    this.ended.catch(() => undefined);
  }

  async resize(columns: number, rows: number): Promise<void> {
    try {
      await this.#client.ask(ASK_TIMEOUT_MS, (_, abortSignal) =>
        this.#exec.resize({h: rows, w: columns, abortSignal}),
      );
    } catch (error) {
      // It has ended, or is just being started: it has no terminal then.
      if (!(error instanceof EngineRefusedError)) throw error;
    }
  }

  /**
   * The engine has no way of ending a command in a container. Where the engine is on this machine,
   * its process can be reached all the same; else it is only let go of.
   */
  kill(): void {
    if (this.#isKilled) return;
    this.#isKilled = true;
    const letGo = (): void => this.letGo();
    this.#killProcess().then(letGo, (error: unknown) => {
      letGo();
      if (!(error instanceof EngineAwayError)) throw error;
    });
  }

  /** Of its connection, when this process goes. */
  letGo(): void {
    this.#socket.destroy();
  }

  async #run(reader: MessageReader): Promise<ExecResult> {
    try {
      for await (const chunk of this.#socket as AsyncIterable<Buffer>) {
        for (const {stream, data} of reader.push(chunk)) await write(this[stream], data);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    } finally {
      this.stdout.end();
      this.stderr.end();
      this.#socket.destroy();
    }
    return {exitCode: await this.#findExitCode()};
  }

  async #findExitCode(): Promise<number> {
    for (let asked = 0; asked < ASKED_MAX; asked += 1) {
      const facts = await this.#inspect();
      if (facts === undefined) return KILLED;
      if (!facts.Running) return facts.ExitCode ?? KILLED;
      if (this.#isKilled && asked > 10) return KILLED;
      await sleep(ASK_AGAIN_MS);
    }
    return KILLED;
  }

  /**
   * Undefined: it is gone, with its container, or so is this executor.
   *
   * @throws EngineAwayError
   */
  async #inspect(): Promise<Docker.ExecInspectInfo | undefined> {
    try {
      return await this.#client.ask(ASK_TIMEOUT_MS, (_, abortSignal) =>
        this.#exec.inspect({abortSignal}),
      );
    } catch (error) {
      if (error instanceof EngineRefusedError || error instanceof LetGoError) return undefined;
      throw error;
    }
  }

  async #killProcess(): Promise<void> {
    let facts = await this.#inspect();
    // It speaks before the engine knows its number.
    for (let asked = 0; facts?.Running === true && facts.Pid === 0; asked += 1) {
      if (asked === ASKED_MAX) return;
      await sleep(ASK_AGAIN_MS);
      facts = await this.#inspect();
    }
    if (facts === undefined || !facts.Running || facts.Pid <= 1) return;
    // An engine elsewhere counts its own processes: ours with that number may be anybody.
    const cgroup = await readFile(`/proc/${facts.Pid}/cgroup`, 'utf8').catch(() => '');
    if (!cgroup.includes(facts.ContainerID)) return;
    for (const pid of [-facts.Pid, facts.Pid]) signal(pid);
  }
}

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It has ended already, leads no group, or is not ours to kill: then it is only let go of.
    const {code} = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

async function write(stream: PassThrough, data: Buffer): Promise<void> {
  if (stream.destroyed || stream.write(data)) return;
  await new Promise<void>((resolve) => {
    stream.once('drain', resolve).once('close', resolve);
  });
}
