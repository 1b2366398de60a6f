import {wrap} from '../layout/fit.ts';

const usualColumns = 80;
const leastColumns = 40;

const ways: readonly (readonly [command: string, about: string])[] = [
	['regmedic respond --image HOST/REPOSITORY:TAG', 'an image cannot be pulled'],
	['regmedic resume', 'go on with the latest incident'],
	['regmedic drill', 'rehearse it on simulators'],
	['regmedic verify HOST/REPOSITORY:TAG', 'is this image whole?'],
	['regmedic --help', 'everything else'],
];

/** What can be done, each with its command: beside it where there is room, below it where there is not. */
export function sayHome(terminalColumns = usualColumns): string[] {
	const columns = Math.max(leastColumns, terminalColumns);
	const margin = 2 + Math.max(...ways.map(([command]) => command.length)) + 2;
	const isWide = ways.every(([, about]) => margin + about.length <= columns);
	return ways.flatMap(([command, about]) =>
		isWide ? [`  ${command}`.padEnd(margin) + about] : [`  ${command}`, ...wrap(about, {first: '      ', columns})],
	);
}
