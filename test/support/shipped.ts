import path from 'node:path';
import {inject} from 'vitest';

/** The folder of what is shipped: bin, dist and runbooks. @throws where it could not be built */
export function shippedHome(): string {
	const {home, problem} = inject('program');
	if (problem !== undefined) {
		throw new Error(problem);
	}

	return home;
}

export function shippedProgram(): string {
	return path.join(shippedHome(), 'bin/regmedic.js');
}
