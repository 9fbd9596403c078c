/**
 * EASY backfilling (Lifka 1995, Mu'alem & Feitelson 2001) over agents with several resources: the
 * first job in the queue gets a reservation at the earliest instant at which it fits (its shadow
 * time); a later job may start now if it ends by then, or if it takes only what the reservation
 * leaves over.
 */
import type {Resources} from '../../resources/vector.ts';
import {tasksThatFit, type HeldOffer} from './held-offers.ts';
import type {Job} from './job-queue.ts';

/** The reservation of the first job. */
export interface Shadow {
  /** When it can start; Infinity when the known ends of running jobs never make room for it. */
  readonly at: number;
  /** agent → scalars that will be left beside the reservation at that instant. */
  readonly spare: Map<string, number[]>;
}

/** A running job as backfilling sees it. */
interface Ending {
  readonly at: number;
  readonly job: Job;
}

/**
 * Plans the reservation of `head` from what is held now and from the expected ends of the running
 * jobs.
 */
export function shadowOf(
  head: Job,
  held: readonly HeldOffer[],
  running: Iterable<Job>,
  now: number,
): Shadow {
  const spare = new Map<string, number[]>();
  const freeRoom = new Map<string, number>();
  let room = 0;
  for (const {agentId, left} of held) {
    const fitting = tasksThatFit(left, head.resources);
    spare.set(agentId, [...left.scalars]);
    freeRoom.set(agentId, fitting);
    room += fitting;
  }
  const released: string[] = [];
  let at = now;
  for (const {at: endsAt, job} of endingsOf(running, now)) {
    if (room >= head.tasks) break;
    at = endsAt;
    for (const agent of job.agents) {
      room += release(spare, agent, job.resources, head.resources);
      released.push(agent);
    }
  }
  if (room < head.tasks) return {at: Infinity, spare};
  reserve(head, spare, freeRoom, released);
  return {at, spare};
}

/**
 * Running jobs by expected end; of several that end together the narrowest comes first. What ends
 * at the shadow time beyond the job that makes room is not counted as spare, as in the schedules we
 * are compared with.
 */
function endingsOf(running: Iterable<Job>, now: number): readonly Ending[] {
  return [...running]
    .map((job) => ({at: Math.max(now, job.startedAt + job.estimateMs), job}))
    .sort(
      (left, right) =>
        left.at - right.at ||
        left.job.tasks - right.job.tasks ||
        left.job.serial - right.job.serial,
    );
}

/** Adds what a task gives back; answers by how many tasks of `needs` the agent's room grows. */
function release(
  spare: Map<string, number[]>,
  agent: string,
  given: Resources,
  needs: Resources,
): number {
  const scalars = spare.get(agent) ?? [];
  spare.set(agent, scalars);
  const before = roomIn(scalars, needs);
  for (const [kind, fixed] of given.scalars.entries()) {
    scalars[kind] = (scalars[kind] ?? 0) + fixed;
  }
  return roomIn(scalars, needs) - before;
}

function roomIn(scalars: readonly number[], needs: Resources): number {
  return tasksThatFit({...needs, scalars}, needs);
}

/**
 * Takes the head's tasks out of what is spare: first what is busy now, so that as much as possible
 * of what is free (`freeRoom`: tasks of the head by agent) stays free for longer jobs.
 */
function reserve(
  head: Job,
  spare: ReadonlyMap<string, number[]>,
  freeRoom: ReadonlyMap<string, number>,
  released: readonly string[],
): void {
  let left = head.tasks;
  const takeOn = (agent: string, kept: number): void => {
    const scalars = spare.get(agent) as number[];
    const count = Math.min(left, Math.max(0, roomIn(scalars, head.resources) - kept));
    take(scalars, head.resources, count);
    left -= count;
  };
  for (const agent of new Set(released)) takeOn(agent, freeRoom.get(agent) ?? 0);
  for (const agent of spare.keys()) if (left > 0) takeOn(agent, 0);
}

function take(scalars: number[], needs: Resources, count: number): void {
  for (const [kind, fixed] of needs.scalars.entries()) {
    scalars[kind] = (scalars[kind] ?? 0) - count * fixed;
  }
}

/**
 * Where a later job may start now without delaying the first: one held offer per task, or
 * undefined. A job that ends in time takes what the reservation needs anyway, and leaves the spare
 * resources to longer jobs; what a longer one takes of them is booked in `shadow`.
 */
export function backfillPlaces(
  job: Job,
  shadow: Shadow,
  held: readonly HeldOffer[],
  now: number,
): HeldOffer[] | undefined {
  const needs = job.resources;
  const spareOf = (entry: HeldOffer): readonly number[] => shadow.spare.get(entry.agentId) ?? [];
  const endsInTime = now + job.estimateMs <= shadow.at;
  const places: HeldOffer[] = [];
  const spareTaken = new Map<HeldOffer, number>();
  if (endsInTime) {
    for (const entry of held) {
      const room = tasksThatFit(entry.left, needs) - roomIn(spareOf(entry), needs);
      for (let task = 0; task < room && places.length < job.tasks; task += 1) places.push(entry);
    }
  }
  for (const entry of held) {
    if (places.length === job.tasks) break;
    const room = Math.min(tasksThatFit(entry.left, needs), roomIn(spareOf(entry), needs));
    const count = Math.min(room, job.tasks - places.length);
    for (let task = 0; task < count; task += 1) places.push(entry);
    if (count > 0) spareTaken.set(entry, count);
  }
  if (places.length < job.tasks) return undefined;
  if (!endsInTime) {
    for (const [entry, count] of spareTaken) {
      take(shadow.spare.get(entry.agentId) as number[], needs, count);
    }
  }
  return places;
}
