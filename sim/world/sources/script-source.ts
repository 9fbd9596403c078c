/** What the scenario says by the clock: apps and jobs that are submitted, and timed events. */
import type {
  AppWorkload,
  GroupWorkload,
  ScheduledJobWorkload,
  TimedEvent,
} from '../../scenario/schema.ts';
import {putApp, putGroup} from './marathon-requests.ts';
import {operatorRequests} from './operator-requests.ts';
import {playChronos, submitJobs} from './play-chronos.ts';
import {playMarathon} from './play-marathon.ts';
import type {Source, WorldPort} from './source.ts';

/** One line of the script; `label` names it in messages. */
export type Cue = {readonly atMs: number; readonly label: string; readonly framework: number} & (
  | {
      readonly kind: 'workload';
      readonly workload: AppWorkload | GroupWorkload | ScheduledJobWorkload;
    }
  | {readonly kind: 'event'; readonly event: TimedEvent; readonly index: number}
);

export class ScriptSource implements Source {
  readonly jobsExpected = 0;
  readonly #cues: readonly Cue[];
  #next = 0;

  /** Cues of one instant keep their order. */
  constructor(cues: readonly Cue[]) {
    this.#cues = [...cues].sort((left, right) => left.atMs - right.atMs);
  }

  get nextAt(): number {
    return this.#cues[this.#next]?.atMs ?? Infinity;
  }

  fire(now: number, port: WorldPort): void {
    while (this.nextAt === now) {
      const cue = this.#cues[this.#next] as Cue;
      this.#next += 1;
      if (cue.kind === 'event') play(cue, now, port);
      else deploy(cue, port);
    }
  }

  snapshot(): number {
    return this.#next;
  }

  restore(snapshot: unknown): void {
    this.#next = snapshot as number;
  }
}

function deploy(
  {framework, workload, label}: Extract<Cue, {kind: 'workload'}>,
  port: WorldPort,
): void {
  if (workload.kind === 'job') {
    submitJobs(workload, framework, port);
    return;
  }
  const request = workload.kind === 'app' ? putApp(workload.app) : putGroup(workload.group);
  port.request(framework, request, label);
}

function play(
  {event, framework, label, index}: Extract<Cue, {kind: 'event'}>,
  now: number,
  port: WorldPort,
): void {
  const stream = `events/${index}/agents`;
  switch (event.kind) {
    case 'fault': {
      const {fault, agents, forMs} = event;
      port.fault({fault, agents, forMs, stream});
      return;
    }
    case 'health':
      port.answerHealth(framework, event.app, event.answer);
      return;
    case 'runJob':
    case 'killRuns':
      playChronos(event, {framework, label}, port);
      return;
    case 'quota':
    case 'weight':
    case 'maintenance':
    case 'whitelist':
      for (const request of operatorRequests(event, now, stream, port)) {
        port.operate(request, label);
      }
      return;
    default:
      playMarathon(event, {framework, label, stream: `events/${index}/tasks`}, port);
  }
}
