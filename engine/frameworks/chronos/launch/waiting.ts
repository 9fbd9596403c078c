/** Why a run waits, in a word for machines and in words for people. */
import type {WaitingGroup} from '../../../scheduler.ts';
import {isActive, type Job} from '../jobs/job.ts';
import type {JobBook} from '../jobs/job-book.ts';
import type {Run} from '../runs/run.ts';
import type {Lane, RunQueue} from './run-queue.ts';

/**
 * `cpus`, `mem` …: what the last offer lacked; `constraint [..]`: what it broke; `maintenance`: its
 * agent goes away; `offers`: none has come yet; `overlap`: another run of the job is active;
 * `retry`: the delay is not over; `news`: a leader before this one launched its task, and nobody
 * has said yet what has become of it; `unreachable`: its agent cannot be reached.
 */
export function waitingReason(job: Job, run: Run, queue: RunQueue): string | undefined {
  switch (run.state) {
    case 'held':
      return 'overlap';
    case 'queued':
      return queue.laneOf(job)?.refusal ?? 'offers';
    case 'retrying':
      return 'retry';
    case 'unreachable':
      return 'unreachable';
    case 'launching':
    case 'running':
      return run.askAgainAt === undefined ? undefined : 'news';
  }
}

/** Why a slot or a success that nothing was claimed for waits. */
export function heldBack(job: Job): 'overlap' | undefined {
  const isWaiting = (job.schedule?.pending.length ?? 0) > 0 || job.fire !== undefined;
  return isWaiting && isActive(job) ? 'overlap' : undefined;
}

/** All that waits, in groups. */
export function waitingGroups(queue: RunQueue, book: JobBook): readonly WaitingGroup[] {
  const groups = [...queue.lanes].map(laneGroup);
  const others = new Map<string, {tasks: number; example: string}>();
  const count = (reason: string, example: string): void => {
    const group = others.get(reason) ?? {tasks: 0, example};
    group.tasks += 1;
    others.set(reason, group);
  };
  for (const job of book.values()) {
    if (heldBack(job) !== undefined) count(WORDS.overlap, job.name);
    for (const run of job.runs.values()) {
      if (run.state === 'held') count(WORDS.overlap, job.name);
      else if (run.state === 'retrying') count(WORDS.retry, job.name);
    }
  }
  for (const [reason, group] of others) groups.push({...group, reason});
  return groups.sort((one, two) => two.tasks - one.tasks || (one.example < two.example ? -1 : 1));
}

const WORDS = {
  overlap: 'waits for another run of its job to end',
  retry: 'waits for its next attempt',
} as const;

function laneGroup({spec, size, refusal, refused, classes}: Lane): WaitingGroup {
  const example = (classes[0].peek() ?? classes[1].peek())?.job.name ?? '';
  const shown = `${refused} ${refused === 1 ? 'offer' : 'offers'} seen in vain`;
  const reason = refusal === undefined ? 'waits for an offer' : `${shown}, the last for ${refusal}`;
  return {tasks: size, example, reason, needs: spec.needs};
}
