import {createRedaction} from '../../src/domain/text/redaction.ts';
import type {Invocation} from '../../src/invocation.ts';
import {processes} from './processes.ts';
import {shippedHome} from './shipped.ts';

/** What a command is given where nobody is at a terminal. @param say takes what it prints */
export function plainInvocation(
	folder: string,
	environment: Invocation['environment'],
	say: (text: string) => void = () => {},
): Invocation {
	return {
		flags: {json: false, plain: true, color: false, verbose: false},
		environment,
		folder,
		home: shippedHome(),
		version: '0.0.0',
		actor: 'nora',
		processes,
		terminal: {
			stdin: process.stdin,
			stdout: process.stdout,
			columns: () => undefined,
			interactive: false,
			colors: false,
			unicode: true,
			suspend: async () => {},
		},
		redaction: createRedaction(),
		print: say,
		talk: say,
		signal: new AbortController().signal,
	};
}
