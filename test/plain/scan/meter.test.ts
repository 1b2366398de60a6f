import {expect, test} from 'vitest';
import {createMeter} from '../../../src/plain/scan/meter.ts';

function scene(columns = 80) {
	const written: string[] = [];
	let time = 0;
	const meter = createMeter({write: text => void written.push(text), now: () => time, columns});
	return {
		meter,
		written,
		wait(milliseconds: number) {
			time += milliseconds;
		},
	};
}

test('progress is one line, written over, with how many a second', () => {
	const {meter, written, wait} = scene();

	meter.show({label: 'entries read', done: 100});
	wait(50);
	meter.show({label: 'entries read', done: 150});
	wait(950);
	meter.show({label: 'entries read', done: 2100});
	meter.clear();

	expect(written).toEqual(['\r\u001b[Kentries read: 100', '\r\u001b[Kentries read: 2100, 2000 a second', '\r\u001b[K']);
});

test('another thing to count starts anew, and what was never shown is not taken away', () => {
	const {meter, written} = scene();

	meter.clear();
	meter.show({label: 'entries read', done: 7});
	meter.show({label: 'blobs hashed', done: 1, total: 9});

	expect(written.at(-1)).toBe('\r\u001b[Kblobs hashed: 1 of 9');
	expect(written).toHaveLength(2);
});

test('the line is never as wide as the terminal', () => {
	const {meter, written} = scene(20);

	meter.show({label: 'paths to read again', done: 123_456});

	expect(written[0]!.replace('\r\u001b[K', '')).toHaveLength(19);
});
