/**
 * Loaded into every measured process before its program. At the exit it says on descriptor 3 what
 * the process has used, start-up included: only the process itself can tell this exactly.
 */
import {writeSync} from 'node:fs';

const USAGE_DESCRIPTOR = 3;

process.on('exit', () => {
  const {userCPUTime, systemCPUTime, maxRSS} = process.resourceUsage();
  const usage = {cpuMicroseconds: userCPUTime + systemCPUTime, memoryPeakKiB: maxRSS};
  writeSync(USAGE_DESCRIPTOR, JSON.stringify(usage));
});
