import {checkSuites} from '../testing/check-suites.ts';
import {CHRONOS_SUITES} from './suites.ts';

const COUNTS: Readonly<Record<string, number>> = {
  dependency: 18,
  dst: 68,
  fire: 45,
  http: 29,
  missed: 17,
  overlap: 14,
  parse: 40,
  retry: 20,
  taskid: 16,
  validation: 38,
};

/** The cases as they were delivered, where they lie beside the tree; else the project's copy. */
const folders = ['../../../shared/conformance/chronos/', '../chronos/'].map(
  (path) => new URL(path, import.meta.url),
);

checkSuites({folders, suites: CHRONOS_SUITES, counts: COUNTS});
