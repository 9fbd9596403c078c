/** Marathon's answers, as far as this command reads them. Any field may be missing. */

export interface AppForm {
  readonly id: string;
  readonly cmd?: string | null;
  readonly args?: readonly string[] | null;
  readonly cpus?: number;
  readonly mem?: number;
  readonly disk?: number;
  readonly gpus?: number;
  readonly instances?: number;
  readonly role?: string;
  readonly constraints?: readonly (readonly string[])[];
  readonly container?: {
    readonly type?: string;
    readonly portMappings?: readonly {
      readonly containerPort?: number;
      readonly hostPort?: number;
      readonly name?: string;
    }[];
  } | null;
  readonly portDefinitions?: readonly {readonly port?: number; readonly name?: string}[];
  readonly requirePorts?: boolean;
  readonly healthChecks?: readonly unknown[];
  readonly deployments?: readonly {readonly id: string}[];
  readonly tasksRunning?: number;
  readonly tasksHealthy?: number;
  readonly tasksStaged?: number;
  readonly lastTaskFailure?: {
    readonly message?: string;
    readonly state?: string;
    readonly timestamp?: string;
    readonly host?: string;
  };
}

export interface DeploymentForm {
  readonly id: string;
  readonly version?: string;
  readonly affectedApps?: readonly string[];
  readonly affectedPods?: readonly string[];
  readonly currentActions?: readonly DeploymentAction[];
  readonly currentStep?: number;
  readonly totalSteps?: number;
  /** Where it is not simply under way: `paused`, `awaitingConfirmation`. */
  readonly state?: string;
  readonly reason?: string;
  readonly deadline?: string;
}

export interface DeploymentAction {
  readonly action: string;
  readonly app?: string;
  readonly pod?: string;
}

/** What every change is answered with. */
export interface ChangeForm {
  readonly deploymentId?: string;
  readonly version?: string;
}

export interface GroupForm {
  readonly id: string;
  readonly apps?: readonly AppForm[];
  readonly groups?: readonly GroupForm[];
  readonly enforceRole?: boolean;
}

export interface MarathonTask {
  readonly id: string;
  readonly appId: string;
  readonly host?: string;
  readonly startedAt?: string;
  readonly ports?: readonly number[];
  readonly ipAddresses?: readonly {readonly ipAddress?: string}[];
  readonly state?: string;
  readonly role?: string;
  readonly healthCheckResults?: readonly ({readonly alive?: boolean} | null)[];
}

export interface QueueForm {
  readonly queue: readonly QueueItem[];
}

export interface QueueItem {
  readonly count?: number;
  readonly role?: string;
  readonly since?: string;
  readonly delay?: {readonly timeLeftSeconds?: number; readonly overdue?: boolean};
  readonly processedOffersSummary?: {
    readonly processedOffersCount?: number;
    readonly unusedOffersCount?: number;
    readonly lastUnusedOfferAt?: string;
    readonly lastUsedOfferAt?: string;
    readonly rejectSummaryLastOffers?: readonly FunnelRow[];
    readonly rejectSummaryLaunchAttempt?: readonly FunnelRow[];
  };
  readonly lastUnusedOffers?: readonly UnusedOffer[];
  readonly app?: AppForm;
  readonly pod?: {readonly id: string};
}

export interface FunnelRow {
  readonly reason: string;
  readonly declined: number;
  readonly processed: number;
}

export interface UnusedOffer {
  readonly offer?: {
    readonly hostname?: string;
    readonly resources?: readonly {
      readonly name?: string;
      readonly role?: string;
      readonly scalar?: number;
    }[];
  };
  readonly reason?: readonly string[];
  readonly timestamp?: string;
}

export function queuedId({app, pod}: QueueItem): string {
  return app?.id ?? pod?.id ?? '';
}
