import {expect, it} from 'vitest';
import {OperatorError} from '../../../src/domain/errors.ts';
import type {HostNow} from '../../../src/domain/hold/host-now.ts';
import type {Scan} from '../../../src/domain/storage/findings/finding.ts';
import {lookAtHost, lookForCleaners, scanBetweenLooks} from '../../../src/engine/scan/between-looks.ts';
import {type Answers, fakeStorage, inTurn, quietHost} from '../../support/fake-ports.ts';
import {clock, hostNow, process} from '../../support/host-now.ts';

const whole: Scan = {
	root: '/srv/registry',
	complete: true,
	gaps: [],
	counts: {repositories: 1, tags: 1, indexes: 0, links: 1, blobs: 1},
	findings: [],
};
const quiet = hostNow();
const collecting = hostNow({
	processes: [process(['registry', 'garbage-collect', '-m', '/c.yml'], {pid: 812, store: 'same'})],
});

/** @param minutes how long the scan takes */
function scan(looks: Answers<HostNow>, minutes = 1): Promise<{scan: Scan}> {
	let now = clock('2026-04-18T12:00:30Z') * 1000;
	const storage = fakeStorage([], {hostNow: inTurn(looks)});
	const looking = {now: () => now, signal: new AbortController().signal};
	const scanNow = async () => {
		now += minutes * 60_000;
		return {scan: whole};
	};
	return scanBetweenLooks(storage, looking, scanNow, async read => read);
}

it('is as it was read where no cleaner is seen before and after it', async () => {
	expect(await scan([quiet, quiet])).toEqual({
		scan: {...whole, hold: {looked: '2026-04-18T12:01:30.000Z', running: [], next: [], gaps: []}},
	});
});

it.each([
	['before it', [collecting, quiet]],
	['after it', [quiet, collecting]],
])('is provisional and never whole where a collection runs %s', async (_, looks) => {
	const {scan: found} = await scan(looks);

	expect(found).toMatchObject({complete: false, provisional: true});
	expect(found.gaps).toEqual([
		expect.stringMatching(
			/^PROVISIONAL: the store may have changed while it was read\. A garbage collection runs on this store: registry garbage-collect -m \/c\.yml \(process 812, since 2026-04-18 11:0\d UTC\)\. Look again when it has ended\.$/,
		),
	]);
});

it('is provisional where a collection was to start while it was read, though none is seen', async () => {
	const planned = hostNow({crontabs: [{path: 'crontab -l', text: '5 12 * * * registry garbage-collect /c.yml'}]});

	expect((await scan([planned, quiet], 3)).scan.complete).toBe(true);
	expect((await scan([planned, quiet], 5)).scan).toMatchObject({
		complete: false,
		gaps: [expect.stringContaining('was to start while the disk was read (crontab -l:1)')],
	});
});

it('begins once it is known what runs, and what is asked about it is asked beside the second look', async () => {
	const events: string[] = [];
	const scheduled = Promise.withResolvers<void>();
	const asked = Promise.withResolvers<void>();
	let looks = 0;
	const storage = fakeStorage([], {
		async hostNow({onProcesses}) {
			looks++;
			events.push(`look ${looks}`);
			onProcesses?.();
			await (looks === 1 ? scheduled.promise : asked.promise);
			return quiet;
		},
	});
	const looking = {now: () => clock('2026-04-18T12:00:30Z') * 1000, signal: new AbortController().signal};

	await scanBetweenLooks(
		storage,
		looking,
		async () => {
			events.push('scan');
			scheduled.resolve();
			return {scan: whole};
		},
		async read => {
			events.push('weigh');
			asked.resolve();
			return read;
		},
	);

	expect(events).toEqual(['look 1', 'scan', 'look 2', 'weigh']);
});

it('counts what was to start from the moment when the processes were seen, not from the end of the look', async () => {
	let now = clock('2026-04-18T12:00:30Z') * 1000;
	const planned = hostNow({crontabs: [{path: 'crontab -l', text: '5 12 * * * registry garbage-collect /c.yml'}]});
	let looks = 0;
	const storage = fakeStorage([], {
		async hostNow({onProcesses}) {
			looks++;
			onProcesses?.();
			now += looks === 1 ? 6 * 60_000 : 0;
			return looks === 1 ? planned : quiet;
		},
	});
	const looking = {now: () => now, signal: new AbortController().signal};

	const {scan: found} = await scanBetweenLooks(
		storage,
		looking,
		async () => ({scan: whole}),
		async read => read,
	);

	expect(found.provisional).toBe(true);
});

it('that fails calls the look off, and fails with its own error', async () => {
	let signal: AbortSignal | undefined;
	const storage = fakeStorage([], {
		hostNow(looking) {
			signal = looking.signal;
			looking.onProcesses?.();
			return new Promise((_, reject) => looking.signal.addEventListener('abort', () => reject(looking.signal.reason)));
		},
	});
	const looking = {now: () => 0, signal: new AbortController().signal};
	const lost = new OperatorError('ssh.lost', 'The connection was cut.', {hint: 'Look.', exit: 'unreachable'});

	await expect(
		scanBetweenLooks(
			storage,
			looking,
			() => Promise.reject(lost),
			async read => read,
		),
	).rejects.toBe(lost);
	expect(signal?.aborted).toBe(true);
});

it('of a host whose processes cannot be read names that as a gap of the look', async () => {
	const refused = new OperatorError('ssh.lost', 'The connection was cut.', {hint: 'Look.', exit: 'unreachable'});

	expect((await scan([refused])).scan).toMatchObject({complete: true, hold: {gaps: ['The connection was cut.']}});
});

it('what is scheduled is read once a minute, what runs at each look, and a person who asks has both anew', async () => {
	const asked: string[] = [];
	const storage = {
		maintenance: async () => {
			asked.push('maintenance');
			return quietHost;
		},
		hostNow: async ({known}: {known?: HostNow}) => {
			asked.push(known === undefined ? 'now and next' : 'now');
			return hostNow();
		},
	};
	let time = 0;
	const looking = {now: () => time, signal: new AbortController().signal};
	const seen = () => asked.splice(0).sort().join(' ');

	await lookForCleaners(storage, looking);
	expect(seen()).toBe('maintenance now and next');
	time += 59_000;
	await lookForCleaners(storage, looking);
	expect(seen()).toBe('now');
	await lookAtHost(storage, looking);
	expect(seen()).toBe('maintenance now and next');
	time += 61_000;
	await lookForCleaners(storage, looking);
	expect(seen()).toBe('maintenance now and next');
});

it('ten who ask while a look is under way share the next, which begins after they asked', async () => {
	let looks = 0;
	let open = () => {};
	const storage = {
		maintenance: async () => quietHost,
		hostNow: async () => {
			looks++;
			await new Promise<void>(resolve => {
				open = resolve;
			});
			return looks === 1 ? quiet : collecting;
		},
	};
	const looking = {now: () => clock('2026-04-18T12:00:30Z') * 1000, signal: new AbortController().signal};
	const passed = async () => {
		await new Promise(resolve => setImmediate(resolve));
		open();
	};

	const first = lookForCleaners(storage, looking);
	await passed();
	const others = Array.from({length: 10}, () => lookForCleaners(storage, looking));
	expect((await first).running).toEqual([]);
	await passed();
	expect((await Promise.all(others)).map(({running}) => running.length)).toEqual(Array.from({length: 10}, () => 1));
	expect(looks).toBe(2);
});
