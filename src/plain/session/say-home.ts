import {readableColumns, wrap} from '../../domain/text/wrap.ts';

const ways: readonly (readonly [command: string, about: string])[] = [
	['regmedic respond --image HOST/REPOSITORY:TAG', 'an image cannot be pulled'],
	['regmedic resume', 'go on with the latest incident'],
	['regmedic drill', 'rehearse it on simulators'],
	['regmedic verify HOST/REPOSITORY:TAG', 'is this image whole?'],
	['regmedic --help', 'everything else'],
];

/** What can be done, each with its command: beside it where there is room, below it where there is not. */
export function sayHome(terminalColumns?: number): string[] {
	const columns = readableColumns(terminalColumns);
	const margin = 2 + Math.max(...ways.map(([command]) => command.length)) + 2;
	const isWide = ways.every(([, about]) => margin + about.length <= columns);
	return ways.flatMap(([command, about]) =>
		isWide ? [`  ${command}`.padEnd(margin) + about] : [`  ${command}`, ...wrap(about, {first: '      ', columns})],
	);
}
