import stringWidth from 'string-width';
import type {ProbeProgress} from '../../domain/probe/probe.ts';
import {sayDuration} from '../../domain/text/duration.ts';
import {visibleLine} from '../../domain/text/visible.ts';
import {count} from '../../domain/text/wording.ts';
import {showStatusLine} from '../layout/status-line.ts';

/** Of a log, nobody wants more. */
const lineMs = 30_000;

export type ProgressOptions = {
	/** What is being probed, for people. */
	host: string;
	say(text: string): void;
	/** Where one line may be written anew; absent: nowhere, and every word stays. */
	terminal: {isTTY?: boolean; columns?: number} | undefined;
	/** Milliseconds that never go back. */
	monotonic(): number;
};

/** Says where a run stands: on one line of a terminal that is written anew, or as a line now and then. */
export function createProbeProgress({host, say, terminal, monotonic}: ProgressOptions) {
	const begun = monotonic();
	let latest: ProbeProgress | undefined;
	const words = (columns?: number) => sayProbeProgress(host, latest, monotonic() - begun, columns);
	const isWatched = terminal?.isTTY === true;
	const timer = isWatched ? undefined : setInterval(() => say(`${words()}\n`), lineMs);
	const line = showStatusLine(terminal, say, words);

	return {
		update(progress: ProbeProgress): void {
			latest = progress;
		},
		/** Before anybody else writes there, at the start of a line. */
		makeWay: line.makeWay,
		stop(): void {
			clearInterval(timer);
			line.clear();
		},
	};
}

/**
 * `HOST: 3 broken, 12 of 40 repositories, 350 tags, 1203 requests, 640 a second, 2 min left`
 * Where there is no room for all of it, what matters least is left out whole.
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
	return lines.find(line => stringWidth(line) <= columns) ?? lines.at(-1)!;
}
