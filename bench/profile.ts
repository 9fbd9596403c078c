/** Where a run spends its time: the functions of a CPU profile by the time spent in themselves. */
import {relative} from 'node:path';
import {fileURLToPath} from 'node:url';

/** The part of a `.cpuprofile` (Chrome DevTools protocol, `Profiler.Profile`) that is used here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      /** From 0. */
      readonly lineNumber: number;
    };
  }[];
  /** Ids of the nodes that were on top, one after the other. */
  readonly samples: readonly number[];
  /** Microseconds from the sample before to each sample. */
  readonly timeDeltas: readonly number[];
}

export interface SelfTime {
  /** `visit engine/allocator/allocator.ts:370`; in brackets what is no JavaScript. */
  readonly place: string;
  readonly seconds: number;
  /** Of all the time in which the process did something. */
  readonly ratio: number;
}

const IDLE = '(idle)';

/** The `count` greatest, and first. */
export function topSelfTimes(
  profile: CpuProfile,
  root: string,
  count: number,
): readonly SelfTime[] {
  const places = new Map(profile.nodes.map((node) => [node.id, placeOf(node.callFrame, root)]));
  const microseconds = new Map<string, number>();
  let total = 0;
  for (const [index, id] of profile.samples.entries()) {
    const place = places.get(id) ?? '(unknown)';
    if (place === IDLE) continue;
    const time = selfTimeOf(profile, index);
    total += time;
    microseconds.set(place, (microseconds.get(place) ?? 0) + time);
  }
  return [...microseconds]
    .sort((left, right) => right[1] - left[1])
    .slice(0, count)
    .map(([place, time]) => ({place, seconds: time / 1_000_000, ratio: time / total}));
}

/** A sample stands for the time until the next one. */
function selfTimeOf({timeDeltas}: CpuProfile, index: number): number {
  return Math.max(0, timeDeltas[index + 1] ?? 0);
}

function placeOf(frame: CpuProfile['nodes'][number]['callFrame'], root: string): string {
  const {functionName, url, lineNumber} = frame;
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return name;
  const file = url.startsWith('file:') ? relative(root, fileURLToPath(url)) : url;
  return `${name} ${file}:${lineNumber + 1}`;
}
