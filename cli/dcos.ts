#!/usr/bin/env node
// The `dcos` command: a client of the cluster over HTTP. What it can do is in dcos/.
import {runDcos} from './dcos/run.ts';
import {realWorld} from './dcos/world.ts';
import {outliveReader} from './terminal/closed-pipe.ts';

outliveReader();
process.exitCode = await runDcos(process.argv.slice(2), realWorld());
