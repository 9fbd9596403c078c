/** What the master tells of the cluster, as far as this command reads it. */
import type {Context} from '../context.ts';

export interface MesosState {
  readonly id?: string;
  readonly hostname?: string;
  readonly pid?: string;
  readonly version?: string;
  readonly cluster?: string;
  readonly leader_info?: {readonly hostname?: string; readonly port?: number};
  readonly domain?: FaultDomain;
  readonly slaves?: readonly MesosAgent[];
  readonly frameworks?: readonly MesosFramework[];
  readonly completed_frameworks?: readonly MesosFramework[];
}

interface FaultDomain {
  readonly fault_domain?: {
    readonly region?: {readonly name?: string};
    readonly zone?: {readonly name?: string};
  };
}

export interface MesosAgent {
  readonly id: string;
  readonly hostname?: string;
  readonly pid?: string;
  readonly active?: boolean;
  readonly deactivated?: boolean;
  readonly drain_info?: {readonly state?: string};
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly resources?: MesosResources;
  readonly used_resources?: MesosResources;
  readonly domain?: FaultDomain;
}

/** Amounts by kind; ranges and sets are texts. */
export type MesosResources = Readonly<Record<string, number | string>>;

export interface MesosFramework {
  readonly id: string;
  readonly name?: string;
  readonly hostname?: string;
  readonly user?: string;
  readonly active?: boolean;
  readonly resources?: MesosResources;
  readonly tasks?: readonly MesosTask[];
  readonly unreachable_tasks?: readonly MesosTask[];
  readonly completed_tasks?: readonly MesosTask[];
}

export interface MesosTask {
  readonly id: string;
  readonly name?: string;
  readonly framework_id: string;
  readonly executor_id?: string;
  readonly slave_id?: string;
  readonly state: string;
  readonly user?: string;
  readonly statuses?: readonly {
    readonly state?: string;
    readonly timestamp?: number;
    readonly container_status?: {readonly container_id?: {readonly value?: string}};
  }[];
}

export function readState({mesos}: Context): Promise<MesosState> {
  return mesos.get<MesosState>('/master/state');
}

/** The address in `slave(1)@10.0.0.1:5051`. */
export function ipOf(pid: string | undefined): string | undefined {
  return /@\[?([^\]]+?)\]?:\d+$/.exec(pid ?? '')?.[1];
}

export function regionOf({domain}: Pick<MesosAgent, 'domain'>): string | undefined {
  return domain?.fault_domain?.region?.name;
}

export function zoneOf({domain}: Pick<MesosAgent, 'domain'>): string | undefined {
  return domain?.fault_domain?.zone?.name;
}

/** Scalar resources; 0 where there are none. */
export function amountOf(resources: MesosResources | undefined, kind: string): number {
  const amount = resources?.[kind];
  return typeof amount === 'number' ? amount : 0;
}
