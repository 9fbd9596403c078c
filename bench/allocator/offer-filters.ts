/** Offer filters by the million: what one costs in memory and time. */
import {demand} from '../bench.ts';
import type {Bench, Reading, Target} from '../bench.ts';
import {runWhole, usageReadings} from '../whole-run.ts';
import type {OfferFiltersOutcome} from './offer-filters-run.ts';

const NAME = 'allocator/filters';
const PROGRAM = new URL('./offer-filters-run.ts', import.meta.url);
const AGENTS = 10_000;
const CLIENTS = 1000;
const [AGENTS_QUICK, CLIENTS_QUICK] = [1000, 50];

export const OFFER_FILTERS_TARGETS: readonly Target[] = [
  {name: `${NAME}/memory-peak`, bound: 'atMost', value: 600},
];

export function makeOfferFiltersBench(): Bench {
  return {
    name: NAME,
    about: `${CLIENTS} clients refuse each of ${AGENTS} agents: ten million filters`,
    rounds: 3,
    isWholeRun: true,
    skipReason: () => undefined,
    measure: ({isQuick, profileFile}) => {
      const [agents, clients] = isQuick ? [AGENTS_QUICK, CLIENTS_QUICK] : [AGENTS, CLIENTS];
      const run = runWhole({
        program: PROGRAM,
        arguments: [agents, clients].map(String),
        profileFile,
      });
      const outcome = JSON.parse(run.stdout) as OfferFiltersOutcome;
      const {filters, refused, refusedMore, expired} = outcome;
      const count = agents * clients;
      demand(
        filters === count && refused === count && refusedMore === 0 && expired === count,
        () => `${NAME}: not ${count} filters in force: ${JSON.stringify(outcome)}`,
      );
      const perFilter = (what: string, seconds: number): Reading => ({
        name: `${NAME}/${what}`,
        unit: 'ns',
        values: [(seconds * 1e9) / count],
      });
      return [
        perFilter('add', outcome.addSeconds),
        perFilter('check', outcome.checkSeconds),
        perFilter('expire', outcome.expireSeconds),
        ...usageReadings(NAME, run),
      ];
    },
  };
}
