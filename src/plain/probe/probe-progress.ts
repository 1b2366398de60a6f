import type {ProbeProgress} from '../../domain/probe/probe.ts';
import {sayDuration} from '../../domain/text/time.ts';
import {visibleLine} from '../../domain/text/visible.ts';
import {count} from '../../domain/text/wording.ts';
import {textWidth} from '../../domain/text/wrap.ts';
import {type ProgressTerminal, showStatusLine} from '../layout/status-line.ts';

/** More often would fill a log. */
const lineEveryMs = 30_000;

/** Shows how far a probe is: on the status line of a terminal, or as a line of a log now and then. */
export function showProbeProgress(host: string, {terminal, talk, monotonic}: ProgressTerminal) {
	const begun = monotonic();
	let latest: ProbeProgress | undefined;
	const sayNow = (columns?: number) => sayProbeProgress(host, latest, monotonic() - begun, columns);
	const timer = terminal?.isTTY === true ? undefined : setInterval(() => talk(`${sayNow()}\n`), lineEveryMs);
	const line = showStatusLine(terminal, talk, sayNow);

	return {
		update(progress: ProbeProgress): void {
			latest = progress;
		},
		/** Before anything else is written there, at the start of a line. */
		makeWay: line.makeWay,
		stop(): void {
			clearInterval(timer);
			line.clear();
		},
	};
}

/**
 * `HOST: 3 broken, 12 of 40 repositories, 350 tags, 1203 requests, 640 a second, 2 min left`
 * Where there is no room for all of it, the least important numbers are left out.
 */
export function sayProbeProgress(
	host: string,
	progress: ProbeProgress | undefined,
	milliseconds: number,
	columns = Number.POSITIVE_INFINITY,
): string {
	if (progress === undefined || progress.known === 0) {
		return visibleLine(`${host}: reading the catalogue`);
	}

	const {repositories, known, isListed, tags, failures, unknown, requests} = progress;
	const left = (milliseconds / Math.max(repositories, 1)) * (known - repositories);
	const found = [
		...(failures === 0 ? [] : [`${failures} broken`]),
		...(unknown === 0 ? [] : [`${unknown} unknown`]),
		`${repositories} of ${isListed ? known : `${known} or more`} repositories`,
	];
	const speed = [
		count(tags, 'tag'),
		count(requests, 'request'),
		`${Math.round(requests / Math.max(milliseconds / 1000, 0.1))} a second`,
	];
	const end = isListed && repositories > 0 && left > 0 ? [`${sayDuration(left)} left`] : [];
	const lines = [speed, speed.slice(0, 2), speed.slice(0, 1), []].map(shown =>
		visibleLine(`${host}: ${[...found, ...shown, ...end].join(', ')}`),
	);
	return lines.find(line => textWidth(line) <= columns) ?? lines.at(-1)!;
}
