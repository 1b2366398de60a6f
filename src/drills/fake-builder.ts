import {contextOf, ProgramFailure} from './programs/context.ts';
import {docker} from './programs/docker.ts';
import {git} from './programs/git.ts';
import {restart} from './programs/restart.ts';

/** The programs docker, git and restart of the pretend host: `node fake-builder.ts FOLDER PROGRAM ARGUMENT…`. */
const [folder = '', program = '', ...args] = process.argv.slice(2);
const context = contextOf(folder);

try {
	if (program === 'docker') {
		await docker(args, context);
	} else if (program === 'git') {
		await git(args, context);
	} else {
		await restart(context);
	}
} catch (error) {
	if (!(error instanceof ProgramFailure)) {
		throw error;
	}

	context.err(error.message);
	process.exitCode = error.exitCode;
}
