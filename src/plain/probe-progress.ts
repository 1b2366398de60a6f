import {sayDuration} from '../domain/duration.ts';
import type {ProbeProgress} from '../domain/probe/probe.ts';
import {visibleLine} from '../domain/visible.ts';
import {count} from '../domain/wording.ts';
import {showStatusLine} from './status-line.ts';

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
	const words = () => sayProbeProgress(host, latest, monotonic() - begun);
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
 * What matters most is at the ends: a narrow line loses its middle.
 */
export function sayProbeProgress(host: string, progress: ProbeProgress | undefined, milliseconds: number): string {
	if (progress === undefined || progress.known === 0) {
		return visibleLine(`${host}: reading the catalogue`);
	}

	const {repositories, known, isListed, tags, failures, unknown, requests} = progress;
	const left = (milliseconds / Math.max(repositories, 1)) * (known - repositories);
	const parts = [
		...(failures === 0 ? [] : [`${failures} broken`]),
		...(unknown === 0 ? [] : [`${unknown} unknown`]),
		`${repositories} of ${isListed ? known : `${known} or more`} repositories`,
		count(tags, 'tag'),
		count(requests, 'request'),
		`${Math.round(requests / Math.max(milliseconds / 1000, 0.1))} a second`,
		...(isListed && repositories > 0 && left > 0 ? [`${sayDuration(left)} left`] : []),
	];
	return visibleLine(`${host}: ${parts.join(', ')}`);
}
