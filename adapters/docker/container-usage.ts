/** How much of the machine a container uses now. */
import type {TaskUsage} from '../ports/executor.ts';
import {EngineAwayError, EngineRefusedError, type EngineClient} from './engine-client.ts';

const TIMEOUT_MS = 10_000;
const NS_PER_SECOND = 1e9;

/** What is read of the engine's answer; the types of the library have it otherwise. */
interface Stats {
  readonly cpu_stats?: {
    readonly cpu_usage?: {
      readonly usage_in_usermode?: number;
      readonly usage_in_kernelmode?: number;
    };
  };
  readonly memory_stats?: {
    readonly usage?: number;
    /** `rss` with cgroups of version 1, `anon` with version 2. */
    readonly stats?: {readonly rss?: number; readonly anon?: number};
  };
}

/** Undefined: it does not run, or the engine cannot say. */
export async function readUsage(client: EngineClient, id: string): Promise<TaskUsage | undefined> {
  const stats = await ask(client, id);
  const memory = stats?.memory_stats;
  // Of a container that has ended, the engine answers with nothing but zeros.
  if (memory?.usage === undefined) return undefined;
  const cpu = stats?.cpu_stats?.cpu_usage;
  return {
    cpusUserSeconds: (cpu?.usage_in_usermode ?? 0) / NS_PER_SECOND,
    cpusSystemSeconds: (cpu?.usage_in_kernelmode ?? 0) / NS_PER_SECOND,
    memRssBytes: memory.stats?.rss ?? memory.stats?.anon ?? memory.usage,
  };
}

async function ask(client: EngineClient, id: string): Promise<Stats | undefined> {
  try {
    return await client.ask(TIMEOUT_MS, (docker, abortSignal) => {
      const options = {stream: false as const, 'one-shot': true, abortSignal};
      return docker.getContainer(id).stats(options);
    });
  } catch (error) {
    if (error instanceof EngineRefusedError || error instanceof EngineAwayError) return undefined;
    throw error;
  }
}
