/** All scenarios, by name. */
import {addAndUpdate, metrics, suppression, updateAllocation} from './changes.ts';
import {declines} from './declines.ts';
import {flatOrder, treeOrder} from './drf-order.ts';
import {fullCycle} from './full-cycle.ts';
import {halfFiltered} from './half-filtered.ts';
import {largeAndSmallQuota, nonQuotaVsQuota} from './quotas.ts';
import type {Scenario} from './scenario.ts';
import {steadyState} from './steady-state.ts';
import {persistentVolumes} from './volumes.ts';
import {workload} from './workload.ts';

export const SCENARIOS: ReadonlyMap<string, Scenario> = new Map([
  ['full-cycle', fullCycle],
  ['declines', declines],
  ['flat-order', flatOrder],
  ['tree-order', treeOrder],
  ['steady-state', steadyState],
  ['large-and-small-quota', largeAndSmallQuota],
  ['non-quota-vs-quota', nonQuotaVsQuota],
  ['persistent-volumes', persistentVolumes],
  ['add-and-update', addAndUpdate],
  ['suppression', suppression],
  ['update-allocation', updateAllocation],
  ['metrics', metrics],
  ['workload', workload],
  ['half-filtered', halfFiltered],
]);
