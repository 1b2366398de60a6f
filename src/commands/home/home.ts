import {exitCodes} from '../../domain/errors.ts';
import {readableColumns, wrap} from '../../domain/text/wrap.ts';
import type {Invocation} from '../../invocation.ts';
import {incidents} from '../incidents/incidents.ts';

/** `regmedic` alone: the open incidents, and the commands to begin with. */
export async function home(invocation: Invocation): Promise<number> {
	invocation.talk(`regmedic ${invocation.version}: guided recovery for container registries.\n\n`);
	await incidents({}, invocation);
	// Talk goes to standard error: its width counts.
	const {stderr} = invocation.terminal;
	const lines = sayHome(stderr?.isTTY ? stderr.columns : undefined);
	invocation.talk(`\n${lines.join('\n')}\n`);
	return exitCodes.done;
}

const commands: readonly (readonly [command: string, purpose: string])[] = [
	['regmedic respond --image HOST/REPOSITORY:TAG', 'an image cannot be pulled'],
	['regmedic resume', 'continue the latest incident'],
	['regmedic drill', 'rehearse an incident here'],
	['regmedic verify HOST/REPOSITORY:TAG', 'is this image intact?'],
	['regmedic --help', 'everything else'],
];

/** Each command with its purpose: beside it where there is room, below it where there is not. */
export function sayHome(terminalColumns?: number): string[] {
	const columns = readableColumns(terminalColumns);
	const margin = 2 + Math.max(...commands.map(([command]) => command.length)) + 2;
	const isWide = commands.every(([, purpose]) => margin + purpose.length <= columns);
	return commands.flatMap(([command, purpose]) =>
		isWide ? [`  ${command}`.padEnd(margin) + purpose] : [`  ${command}`, ...wrap(purpose, {first: '      ', columns})],
	);
}
