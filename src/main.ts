/**
 * The entry of the command `geo-reconciler`. Holds nothing but the start, so that `--help` loads neither Nest nor a database.
 */
import { runProgram } from './cli/program.ts';

process.exitCode = await runProgram(process.argv);
