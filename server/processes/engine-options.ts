/** From the settings of a master to the options of its engine. */
import type {EngineOptions} from '../../engine/index.ts';
import type {ClusterSettings} from '../config/tables.ts';

export function engineOptions(
  settings: ClusterSettings,
  leader: string,
): Omit<EngineOptions, 'epochMs' | 'seed'> {
  return {
    allocator: {allocationIntervalMs: settings['allocation-interval'], allocateOnRecovery: true},
    master: {
      agentPingTimeoutMs: settings['agent-ping-timeout'],
      agentPingTimeoutsMax: settings['max-agent-ping-timeouts'],
      agentReregisterTimeoutMs: settings['agent-reregister-timeout'],
      registry: 'stored',
      registryMaxAgentAgeMs: settings['registry-max-agent-age'],
      registryMaxAgentCount: settings['registry-max-agent-count'],
    },
    frameworks: [
      {
        id: 'marathon',
        type: 'marathon',
        role: settings['marathon-role'],
        marathon: {
          leader,
          legacyAppForm: settings['marathon-legacy-app-form'],
          reviveIntervalMs: settings['min-revive-offers-interval'],
          usedOfferRefuseMs: 0,
        },
      },
      {
        id: 'chronos',
        type: 'chronos',
        role: settings['chronos-role'],
        chronos: {leader, preset: settings['chronos-preset']},
      },
    ],
  };
}
