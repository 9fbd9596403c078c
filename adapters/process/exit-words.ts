/** How a command ended, in Mesos's words. */
import {constants} from 'node:os';

/** As strsignal(3) has them; Mesos prints these. */
const SIGNAL_WORDS: Readonly<Record<string, string>> = {
  SIGHUP: 'Hangup',
  SIGINT: 'Interrupt',
  SIGQUIT: 'Quit',
  SIGILL: 'Illegal instruction',
  SIGTRAP: 'Trace/breakpoint trap',
  SIGABRT: 'Aborted',
  SIGBUS: 'Bus error',
  SIGFPE: 'Floating point exception',
  SIGKILL: 'Killed',
  SIGUSR1: 'User defined signal 1',
  SIGSEGV: 'Segmentation fault',
  SIGUSR2: 'User defined signal 2',
  SIGPIPE: 'Broken pipe',
  SIGALRM: 'Alarm clock',
  SIGTERM: 'Terminated',
  SIGXCPU: 'CPU time limit exceeded',
  SIGXFSZ: 'File size limit exceeded',
  SIGSYS: 'Bad system call',
};

/** From here on a shell's code is that of a signal. */
const SIGNAL_BASE = 128;

/**
 * Of a code as a shell has it: 128 and the signal's number where a signal ended the command. A
 * program that itself exits with such a code cannot be told from that.
 */
export function exitWords(code: number): string {
  const found = Object.entries(constants.signals).find(
    ([, number]) => number === code - SIGNAL_BASE,
  );
  if (found === undefined) return `Command exited with status ${code}`;
  const [name] = found;
  return `Command terminated with signal ${SIGNAL_WORDS[name] ?? name}`;
}
