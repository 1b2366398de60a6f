import type {ScanProgress} from '../../engine/scan/scan-store.ts';
import {type ProgressTerminal, showStatusLine} from '../layout/status-line.ts';

/** Before that a rate is a guess. */
const rateAfterMs = 500;

/** Shows what a scan is doing, on the status line of a terminal: `entries read: 2100, 2000 a second`. */
export function showScanProgress({terminal, talk, monotonic}: ProgressTerminal) {
	let latest: ScanProgress | undefined;
	let started = {at: 0, done: 0};
	const line = showStatusLine(terminal, talk, () => {
		if (latest === undefined) {
			return '';
		}

		const {label, done, total} = latest;
		const elapsed = monotonic() - started.at;
		const rate = Math.round(((done - started.done) * 1000) / elapsed);
		return [
			`${label}: ${done}${total === undefined ? '' : ` of ${total}`}`,
			...(elapsed >= rateAfterMs ? [`${rate} a second`] : []),
		].join(', ');
	});

	return {
		update(progress: ScanProgress): void {
			if (progress.label !== latest?.label) {
				started = {at: monotonic(), done: progress.done};
			}

			latest = progress;
		},
		stop: line.clear,
	};
}
