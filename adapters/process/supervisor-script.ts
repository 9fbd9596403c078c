/**
 * The supervisor of a task: a small shell that outlives the agent's process. It starts the task in
 * a session of its own, waits, ends what the task leaves behind, and writes down how it ended. A
 * shell takes a fraction of a megabyte, and `/bin/sh` is on every machine.
 *
 * It knows the files of `control-folder.ts`. Records are names of empty files where that is enough:
 * a full disk does not keep them from being written.
 */
import {join} from 'node:path';

/** What parts words: space, tab and new line. */
const BLANKS = ' \t\n';

export interface SupervisorTerms {
  /** The task's part of the control folder. */
  readonly folder: string;
  /** Where events go, with the task's name in front of them: `…/events/KEY`. */
  readonly events: string;
  readonly sandbox: string;
  readonly mkfifo: string;
  readonly setsid: string;
  /** Files that the task writes `0` into before anything else, and joins its control groups. */
  readonly joins: readonly string[];
  /** What becomes the task, with an environment of its own. */
  readonly argv: readonly string[];
}

/**
 * Its pipes: the supervisor opens them for writing, which waits for the log keeper, and then for
 * reading and writing, so that the death of the keeper breaks no pipe: output waits for the next
 * one. At the end it lets go of the latter and opens them for writing again, which once more waits
 * for a keeper: nothing that was written gets lost.
 */
export function supervisorScript(terms: SupervisorTerms): string {
  const {folder, sandbox, mkfifo, setsid, joins, argv} = terms;
  const events = (name: string): string => quote(`${terms.events}.${name}`);
  const at = (name: string): string => quote(join(folder, name));
  const [out, err] = [at('out'), at('err')];
  return `# Made by Drydock: runs one task and writes down how it ends.
IFS='${BLANKS}'
umask 022
read -r boot < /proc/sys/kernel/random/boot_id
read -r stat < /proc/self/stat
set -- \${stat##*) }
set -C
echo "$$ \${20} $boot" 2> /dev/null > ${at('claim')} || exit 0
set +C
${quote(mkfifo)} -m 622 ${out} ${err} || exit 1
: > ${events('logs')}
exec 3> ${out} 4> ${err}
exec 5<> ${out} 6<> ${err}
(
  exec 2>&4
  cd ${quote(sandbox)} || exit 126
${joins.map((path) => `  echo 0 > ${quote(path)} || exit 126\n`).join('')}\
  read -r stat < /proc/self/stat
  pid=\${stat%% *}
  set -- \${stat##*) }
  echo "$pid \${20}" > ${events('started')}
  exec ${[setsid, ...argv].map(quote).join(' ')} \\
    < /dev/null >&3 3>&- 4>&- 5>&- 6>&-
)
code=$?
read -r pid started < ${events('started')} && kill -s KILL -- "-$pid"
${joins.length === 0 ? '' : endOf(joins[0] ?? '')}: > ${events('exit')}."$code"
exec 5<&- 6<&-
exec 3> ${out} 4> ${err}
`;
}

/** Ends what has left the task's group, too; what will not end is the agent's to deal with. */
function endOf(members: string): string {
  return `rounds=0
while [ $rounds -lt 50 ] && read -r any < ${quote(members)}; do
  while read -r pid; do kill -s KILL "$pid"; done < ${quote(members)}
  rounds=$((rounds + 1))
done
`;
}

/** As one word of a shell, whatever is in it. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
