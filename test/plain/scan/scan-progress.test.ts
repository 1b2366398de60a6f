import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {showScanProgress} from '../../../src/plain/scan/scan-progress.ts';

const erase = '\r\u001b[K';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function show(columns = 80) {
	const written: string[] = [];
	const progress = showScanProgress({
		terminal: {isTTY: true, columns},
		talk: text => void written.push(text),
		monotonic: () => performance.now(),
	});
	return {...progress, written};
}

test('progress is one line, drawn over, with how many a second', () => {
	const {update, stop, written} = show();

	update({label: 'entries read', done: 100});
	vi.advanceTimersByTime(250);
	update({label: 'entries read', done: 150});
	vi.advanceTimersByTime(740);
	update({label: 'entries read', done: 2100});
	vi.advanceTimersByTime(10);
	stop();

	expect(written).toEqual([
		`${erase}entries read: 100`,
		`${erase}entries read: 150, 100 a second`,
		`${erase}entries read: 150, 67 a second`,
		`${erase}entries read: 2100, 2000 a second`,
		erase,
	]);
});

test('another label starts its own count, and a line that was never drawn is not erased', () => {
	const {update, stop, written} = show();
	const ended = show();

	ended.stop();
	update({label: 'entries read', done: 7});
	update({label: 'blobs hashed', done: 1, total: 9});
	vi.advanceTimersByTime(250);
	stop();

	expect(written).toEqual([`${erase}blobs hashed: 1 of 9`, erase]);
	expect(ended.written).toEqual([]);
});

test('the line is never as wide as the terminal', () => {
	const {update, stop, written} = show(20);

	update({label: 'suspects to check again', done: 123_456});
	vi.advanceTimersByTime(250);
	stop();

	expect(written[0]!.replace(erase, '')).toHaveLength(19);
});
