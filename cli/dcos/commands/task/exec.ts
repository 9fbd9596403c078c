/** `dcos task exec`: a command beside a task, with its streams here. */
import type {Socket} from 'node:net';
import type {Command} from 'commander';
import {
  dataFrames,
  encodeFrame,
  EXEC_PATH,
  EXEC_PROTOCOL,
  ExecProtocolError,
  FrameDecoder,
  type ExecFrame,
  type ExecWish,
} from '../../../../api/agent/exec-frames.ts';
import {doing, makeCommand} from '../../command.ts';
import type {Context} from '../../context.ts';
import {EXIT_INTERRUPTED, Failure} from '../../failure.ts';
import {readState} from '../../mesos/state.ts';
import {findTask} from '../../mesos/tasks.ts';
import type {World} from '../../world.ts';

interface ExecFlags {
  readonly interactive?: true;
  readonly tty?: true;
}

export function taskExecCommand(context: Context): Command {
  const command = makeCommand('exec <task> <cmd> [args...]', {
    summary: 'Run a command where a task is: in its container, or in its sandbox.',
    more: 'Ends with the exit code of that command.',
    examples: ['dcos task exec hello_world ls -l', 'dcos task exec -it hello_world sh'],
  })
    .option('-i, --interactive', 'pass on what is typed or piped in')
    .option('-t, --tty', 'give it a terminal')
    .passThroughOptions();
  return doing(
    command,
    async ([name, program, args]: [string, string, readonly string[]], flags: ExecFlags) => {
      const {task} = findTask(await readState(context), name);
      const tty = flags.tty === true;
      const isInteractive = flags.interactive === true;
      const {stdin} = context.world;
      if (tty && isInteractive && stdin.isTTY !== true) {
        throw new Failure("Must be running in a tty to pass the '--tty' flag.");
      }
      const agent = `/agent/${encodeURIComponent(task.slave_id ?? '')}`;
      const socket = await context.dcos.upgrade(`${agent}${EXEC_PATH}`, EXEC_PROTOCOL);
      const session = new Session(context.world, socket, isInteractive);
      const {framework_id: frameworkId, id: taskId} = task;
      context.exitCode = await session.run({taskId, frameworkId, argv: [program, ...args], tty});
    },
  );
}

class Session {
  readonly #world: World;
  readonly #socket: Socket;
  readonly #isInteractive: boolean;
  readonly #decoder = new FrameDecoder();
  readonly #ends: (() => void)[] = [];

  constructor(world: World, socket: Socket, isInteractive: boolean) {
    this.#world = world;
    this.#socket = socket;
    this.#isInteractive = isInteractive;
  }

  /** The exit code. */
  async run(request: ExecWish): Promise<number> {
    this.#send({kind: 'request', request});
    if (request.tty) this.#followSize();
    if (this.#isInteractive) this.#passStdin(request.tty);
    else this.#send({kind: 'stdinEnd'});
    try {
      return await this.#listen();
    } finally {
      for (const end of this.#ends) end();
      this.#socket.destroy();
    }
  }

  async #listen(): Promise<number> {
    const {stop} = this.#world;
    const halt = (): void => {
      this.#socket.destroy();
    };
    stop.addEventListener('abort', halt, {once: true});
    this.#ends.push(() => stop.removeEventListener('abort', halt));
    try {
      for await (const chunk of this.#socket) {
        for (const frame of this.#decoder.push(chunk as Buffer)) {
          const exitCode = this.#take(frame);
          if (exitCode !== undefined) return exitCode;
        }
        await this.#world.stdout.ready();
      }
    } catch (error) {
      if (stop.aborted) return EXIT_INTERRUPTED;
      if (error instanceof ExecProtocolError) {
        throw new Failure(`the agent does not keep to the protocol: ${error.message}`, {
          cause: error,
        });
      }
      throw new Failure('the connection to the agent broke off', {cause: error});
    }
    if (stop.aborted) return EXIT_INTERRUPTED;
    throw new Failure('the agent hung up before the command had ended');
  }

  #take(frame: ExecFrame): number | undefined {
    const {stdout, stderr} = this.#world;
    switch (frame.kind) {
      case 'stdout':
        stdout.write(frame.data);
        return undefined;
      case 'stderr':
        stderr.write(frame.data);
        return undefined;
      case 'exit':
        return frame.exitCode;
      case 'failure':
        throw new Failure(`the command could not be run: ${frame.message}`);
      default:
        return undefined;
    }
  }

  #followSize(): void {
    const {stdout} = this.#world;
    const tell = (): void => {
      const {columns, rows} = stdout;
      if (columns !== undefined && rows !== undefined && columns > 0 && rows > 0) {
        this.#send({kind: 'resize', columns, rows});
      }
    };
    tell();
    this.#ends.push(stdout.onResize(tell));
  }

  #passStdin(tty: boolean): void {
    const {stdin} = this.#world;
    if (tty) stdin.setRawMode?.(true);
    const pass = (data: Buffer | string): void => {
      let isFull = false;
      for (const frame of dataFrames('stdin', Buffer.from(data))) {
        isFull = !this.#socket.write(frame);
      }
      if (!isFull) return;
      stdin.pause();
      this.#socket.once('drain', () => stdin.resume());
    };
    const end = (): void => this.#send({kind: 'stdinEnd'});
    stdin.on('data', pass);
    stdin.once('end', end);
    this.#ends.push(() => {
      stdin.off('data', pass);
      stdin.off('end', end);
      stdin.pause();
      if (tty) stdin.setRawMode?.(false);
    });
  }

  #send(frame: ExecFrame): void {
    if (!this.#socket.destroyed) this.#socket.write(encodeFrame(frame));
  }
}
