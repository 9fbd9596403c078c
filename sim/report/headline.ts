import type {SimResult} from '../result.ts';
import {formatCount, formatDuration, formatRatio} from './format.ts';

/** The run in a sentence or three, for the top of the report. */
export function headlineOf(result: SimResult): string {
  const {agents, tasks, waiting} = result;
  const sentences = [
    `In ${formatDuration(result.endMs)} of virtual time, ${plural(agents.count, 'agent')} ` +
      `were given ${plural(tasks.submitted, 'task')} and started ${startedPart(result)}.`,
  ];
  if (waiting.count > 0) sentences.push(waitingSentence(result));
  const busiest = result.utilisation.toSorted((a, b) => b.meanRatio - a.meanRatio)[0];
  if (busiest !== undefined) {
    sentences.push(
      `The busiest resource was ${busiest.resource}: ${formatRatio(busiest.meanRatio)} in use ` +
        `on average, ${formatRatio(busiest.peakRatio)} at the peak.`,
    );
  }
  return sentences.join(' ');
}

/** `1 task`, `2,000 tasks`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function startedPart({tasks}: SimResult): string {
  if (tasks.submitted === 0) return 'none';
  if (tasks.placed === 0) return 'none of them';
  if (tasks.waiting === 0 && tasks.placed >= tasks.submitted) return 'all of them';
  const missing = tasks.submitted - tasks.placed;
  if (missing > 0 && missing / tasks.submitted < 0.005)
    return `all but ${formatCount(missing)} of them`;
  return `${formatRatio(Math.min(1, tasks.placed / tasks.submitted))} of them`;
}

function waitingSentence({waiting}: SimResult): string {
  const atOnce = waiting.count - waiting.countWaited;
  if (atOnce === waiting.count) return 'No task waited.';
  return (
    `${formatRatio(atOnce / waiting.count)} started without waiting, 95% within ` +
    `${formatDuration(waiting.p95Ms)}; the longest wait was ${formatDuration(waiting.maxMs)}.`
  );
}
