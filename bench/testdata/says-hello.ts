/** A program to be measured: greets whom it is told, and fails where it is told nobody. */
import {argv, exit, stdout} from 'node:process';

const [, , name] = argv;
if (name === undefined) exit(3);
stdout.write(`hello ${name}`);
