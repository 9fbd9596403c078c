import {checkSuites} from '../testing/check-suites.ts';
import {MARATHON_SUITES} from './suites.ts';

const COUNTS: Readonly<Record<string, number>> = {
  backoff: 23,
  constraints: 72,
  health: 28,
  http: 67,
  killservice: 13,
  matching: 36,
  normalise: 48,
  plan: 25,
  ports: 22,
  revert: 11,
  scale: 27,
  scenarios: 26,
  serviceports: 16,
  unreachable: 16,
  upgrade: 47,
  validate: 109,
  versioninfo: 10,
};

/** The cases as they were delivered, where they lie beside the tree; else the project's copy. */
const folders = ['../../../shared/conformance/marathon/', '../marathon/'].map(
  (path) => new URL(path, import.meta.url),
);

checkSuites({
  folders,
  suites: MARATHON_SUITES,
  counts: COUNTS,
  // It leaves something free, and expects nothing.
  free: /\.unorderedPrefix$/,
});
