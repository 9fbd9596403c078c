/**
 * Identities of the things that the engine knows. Branded, so that one is never passed for another.
 */

declare const agentTag: unique symbol;
declare const frameworkTag: unique symbol;
declare const taskTag: unique symbol;
declare const offerTag: unique symbol;

/** Identity of an agent, unique over the life of the cluster. */
export type AgentId = string & {readonly [agentTag]: true};
/** Identity of a framework. */
export type FrameworkId = string & {readonly [frameworkTag]: true};
/** Identity of a task, unique per framework. */
export type TaskId = string & {readonly [taskTag]: true};
/** Serial number of an offer; the wire form `<masterId>-O<n>` is made by the HTTP face. */
export type OfferId = number & {readonly [offerTag]: true};

/**
 * Whether `text` may name an agent, framework or task (Mesos: non-empty, no slash, not `.` or
 * `..`).
 */
export function isValidId(text: string): boolean {
  return text !== '' && text !== '.' && text !== '..' && !text.includes('/');
}

/** Marks text as an agent's id; the master refuses ids for which {@link isValidId} is false. */
export const agentIdOf = (text: string): AgentId => text as AgentId;
/** Marks text as a framework's id. */
export const frameworkIdOf = (text: string): FrameworkId => text as FrameworkId;
/** Marks text as a task's id. */
export const taskIdOf = (text: string): TaskId => text as TaskId;
/** Marks a serial number as an offer's id. */
export const offerIdOf = (serial: number): OfferId => serial as OfferId;
