import {expect, test} from 'vitest';
import {askTogether} from '../../../src/adapters/storage/ask-together.ts';
import type {PathState} from '../../../src/domain/storage/listing/listing.ts';

const there: PathState = {state: 'there', size: 1};
const {signal} = new AbortController();

/** A disk that answers each command when it is told to. */
function slowDisk() {
	const commands: {paths: readonly string[]; signal: AbortSignal; answer(): void; fail(error: Error): void}[] = [];
	const begun: (() => void)[] = [];
	return {
		commands,
		/** Until so many commands have begun. */
		async begun(many: number) {
			while (commands.length < many) {
				await new Promise<void>(resolve => begun.push(resolve));
			}
		},
		recheck: askTogether((paths: readonly string[], waiting) => {
			const found = Promise.withResolvers<Map<string, PathState>>();
			commands.push({
				paths,
				signal: waiting.signal,
				answer: () => found.resolve(new Map(paths.map(path => [path, there]))),
				fail: found.reject,
			});
			for (const tell of begun.splice(0)) {
				tell();
			}

			return found.promise;
		}),
	};
}

test('what is asked at nearly the same time is asked by one command, and everybody gets what they asked for', async () => {
	const disk = slowDisk();
	const first = disk.recheck(['a'], {signal});
	await new Promise(resolve => setTimeout(resolve, 1));
	const second = disk.recheck(['b', 'a'], {signal});
	await disk.begun(1);
	disk.commands[0]!.answer();

	expect([...(await first).keys()]).toEqual(['a']);
	expect([...(await second).keys()]).toEqual(['b', 'a']);
	expect(disk.commands.map(({paths}) => paths)).toEqual([['a', 'b']]);
});

test('what is asked while three commands run is asked by one command after the first that ends', async () => {
	const disk = slowDisk();
	const firsts = [];
	for (const [n, path] of ['a', 'b', 'c'].entries()) {
		firsts.push(disk.recheck([path], {signal}));
		await disk.begun(n + 1);
	}

	const others = [disk.recheck(['d', 'e'], {signal})];
	await new Promise(resolve => setTimeout(resolve, 50));
	others.push(disk.recheck(['e', 'f'], {signal}));
	expect(disk.commands).toHaveLength(3);
	disk.commands[1]!.answer();
	await disk.begun(4);
	disk.commands[3]!.answer();

	expect((await Promise.all(others)).map(found => [...found.keys()])).toEqual([
		['d', 'e'],
		['e', 'f'],
	]);
	expect(disk.commands.map(({paths}) => paths)).toEqual([['a'], ['b'], ['c'], ['d', 'e', 'f']]);
	disk.commands[0]!.answer();
	disk.commands[2]!.answer();
	expect((await Promise.all(firsts)).flatMap(found => [...found.keys()])).toEqual(['a', 'b', 'c']);
});

test('a command that failed fails those who waited for it, and nobody after them', async () => {
	const disk = slowDisk();
	const first = disk.recheck(['a'], {signal});
	await disk.begun(1);
	disk.commands[0]!.fail(new Error('The host is gone.'));
	await expect(first).rejects.toThrow('The host is gone.');

	const second = disk.recheck(['a'], {signal});
	await disk.begun(2);
	disk.commands[1]!.answer();
	expect((await second).get('a')).toEqual(there);
});

test('who no longer waits is let go at once; the command ends when nobody waits', async () => {
	const disk = slowDisk();
	const [one, other] = [new AbortController(), new AbortController()];
	const calls = [disk.recheck(['a'], {signal: one.signal}), disk.recheck(['b'], {signal: other.signal})];
	await disk.begun(1);

	one.abort(new Error('Enough.'));
	await expect(calls[0]).rejects.toThrow('Enough.');
	expect(disk.commands[0]!.signal.aborted).toBe(false);
	other.abort(new Error('Enough, too.'));
	await expect(calls[1]).rejects.toThrow('Enough, too.');
	expect(disk.commands[0]!.signal.aborted).toBe(true);
});

test('who asks after the only one who waited has gone asks anew', async () => {
	const disk = slowDisk();
	const first = disk.recheck(['a'], {signal});
	await disk.begun(1);
	const gone = new AbortController();
	const second = disk.recheck(['b'], {signal: gone.signal});
	gone.abort(new Error('Enough.'));
	await expect(second).rejects.toThrow('Enough.');

	const third = disk.recheck(['c'], {signal});
	disk.commands[0]!.answer();
	await first;
	await disk.begun(2);
	disk.commands[1]!.answer();

	expect([...(await third).keys()]).toEqual(['c']);
	expect(disk.commands).toHaveLength(2);
});
