/** /v2/info, /v2/leader, /v2/plugins, /ping and / (reference part 2.6). */
import type {MarathonOptions} from '../../../options.ts';
import type {FrameworkServices} from '../../../scheduler.ts';
import type {NormaliseConfig} from '../definition/app-definition.ts';
import {SERVICE_PORTS} from '../definition/service-ports.ts';
import {OVERDUE_MS, RECONCILE_FIRST_MS, RECONCILE_MS} from '../instances/watch.ts';
import {ok, redirect, textAnswer, type HttpAnswer} from '../../http/answers.ts';
import {accepts, acceptsJson, type Call} from '../../http/call.ts';
import type {Route} from '../../http/routes.ts';

/** The Marathon whose behaviour is kept: clients look at it for what they may ask. */
const VERSION = '1.11.24';

type Services = Pick<FrameworkServices, 'id' | 'role'>;

export function infoRoutes(
  services: Services,
  options: MarathonOptions,
  config: NormaliseConfig,
): readonly Route[] {
  const info = infoForm(services, options, config);
  return [
    ['GET', '/v2/info', () => ok(info)],
    ['GET', '/v2/leader', () => ok({leader: options.leader})],
    ['GET', '/v2/plugins', () => ok({plugins: []})],
    ['GET', '/ping', pong],
    ['GET', '/', () => redirect('/ui/')],
  ];
}

/** Text, but for whoever takes JSON only. */
function pong(call: Call): HttpAnswer {
  const isText = accepts(call, 'text/plain') || !acceptsJson(call);
  return isText ? textAnswer(200, 'pong') : ok('pong');
}

function infoForm({id, role}: Services, options: MarathonOptions, config: NormaliseConfig): object {
  const {leader} = options;
  return {
    name: id,
    version: VERSION,
    buildref: 'unknown',
    elected: true,
    leader,
    frameworkId: id,
    marathon_config: marathonConfig(role, options, config),
    // What survives is kept by whoever writes the records; here nothing is known of it.
    zookeeper_config: {
      zk: null,
      zk_compression: null,
      zk_compression_threshold: null,
      zk_connection_timeout: null,
      zk_max_node_size: null,
      zk_max_versions: 50,
      zk_session_timeout: null,
      zk_timeout: null,
    },
    http_config: {http_port: portOf(leader), https_port: null},
  };
}

/** Names and units are those of Marathon's flags; what cannot be set here has no value. */
function marathonConfig(
  role: string,
  options: MarathonOptions,
  {mesosBridgeName, defaultNetworkName, enabledFeatures}: NormaliseConfig,
): object {
  const {leader} = options;
  return {
    access_control_allow_origin: null,
    checkpoint: true,
    decline_offer_duration: options.declineOfferMs,
    default_network_name: defaultNetworkName ?? null,
    env_vars_prefix: options.envVarsPrefix ?? null,
    executor: '//cmd',
    failover_timeout: 604_800,
    features: enabledFeatures,
    framework_name: 'marathon',
    ha: true,
    hostname: leader.slice(0, leader.lastIndexOf(':')),
    launch_token: options.launchTokens ?? null,
    launch_token_refresh_interval: options.launchTokenRefreshMs,
    leader_proxy_connection_timeout_ms: 5000,
    leader_proxy_read_timeout_ms: 10_000,
    local_port_max: SERVICE_PORTS.last,
    local_port_min: SERVICE_PORTS.first,
    master: null,
    max_instances_per_offer: options.launchesPerOfferMax,
    mesos_bridge_name: mesosBridgeName,
    mesos_heartbeat_failure_threshold: null,
    mesos_heartbeat_interval: null,
    mesos_leader_ui_url: null,
    mesos_role: role,
    mesos_user: null,
    new_group_enforce_role: 'off',
    min_revive_offers_interval: options.reviveIntervalMs,
    offer_matching_timeout: null,
    on_elected_prepare_timeout: null,
    reconciliation_initial_delay: RECONCILE_FIRST_MS,
    reconciliation_interval: RECONCILE_MS,
    scale_apps_initial_delay: null,
    scale_apps_interval: null,
    store_cache: null,
    task_launch_confirm_timeout: OVERDUE_MS,
    task_launch_timeout: OVERDUE_MS,
    task_lost_expunge_initial_delay: null,
    task_lost_expunge_interval: null,
    task_reservation_timeout: null,
    webui_url: null,
    maintenance_mode: options.maintenanceMode,
  };
}

function portOf(leader: string): number | null {
  const port = Number(leader.slice(leader.lastIndexOf(':') + 1));
  return Number.isInteger(port) && port > 0 ? port : null;
}
