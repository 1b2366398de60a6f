// What an inventory costs a probe of 60,000 tags: pairs of runs with and without one, each pair in the other order than the last.
// Twenty tags share an image, so that a run spends little time on each tag: that makes the inventory's share larger, not smaller.
// Run: npm run bench:inventory (needs docker-registry; `--quick` takes 6,000 tags)
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm, stat} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {keepSightings, openInventory} from '../../src/adapters/inventory/inventory-file.ts';
import {entriesOf} from '../../src/domain/inventory/inventory.ts';
import {startDockerRegistry} from '../support/real.ts';
import {writeManyTags} from './many-tags.ts';

const program = path.resolve(import.meta.dirname, '../../bin/regmedic.js');
const pairs = 3;
const shape = {repositories: process.argv.includes('--quick') ? 6 : 60, tagsEach: 1000, tagsOfImage: 20};
const signal = new AbortController().signal;

/** Seconds of a whole process: of the clock, and of CPU, which other work on the machine changes little. */
type Cost = {wall: number; cpu: number};

async function probe(host: string, ...more: string[]): Promise<Cost> {
	const start = performance.now();
	const script = '"$@" >&2 || exit; times';
	const child = spawn('sh', ['-c', script, 'sh', process.execPath, program, 'probe', host, ...more], {
		stdio: ['ignore', 'pipe', 'ignore'],
	});
	let times = '';
	for await (const chunk of child.stdout) {
		times += chunk;
	}

	if (child.exitCode === null) {
		await once(child, 'exit');
	}

	const wall = (performance.now() - start) / 1000;
	// The second line is of the children: user and system. @see POSIX, times
	const [, user, system] = /\n(\S+) (\S+)/.exec(times) ?? [];
	if (child.exitCode !== 0 || user === undefined || system === undefined) {
		throw new Error(`regmedic probe ended with ${child.exitCode}`);
	}

	return {wall, cpu: secondsOf(user) + secondsOf(system)};
}

/** @param text `1m2.345s` */
function secondsOf(text: string): number {
	const [minutes, seconds] = text.split('m');
	return 60 * Number(minutes) + Number.parseFloat(seconds!);
}

function median(values: readonly number[]): number {
	return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function sayCost({wall, cpu}: Cost): string {
	return `${wall.toFixed(1)} s (${cpu.toFixed(1)} s of CPU)`;
}

const folder = await mkdtemp(path.join(tmpdir(), 'regmedic-bench-'));
const root = path.join(folder, 'data');
const file = path.join(folder, 'inventory.jsonl');
const {tags} = writeManyTags(root, shape);
const server = await startDockerRegistry({root, folder});
try {
	// Warms the server up, and makes the inventory that later runs have to read.
	await probe(server.host, '--inventory', file);
	const ratios: Cost[] = [];
	const plain: number[] = [];
	for (let pair = 0; pair < pairs; pair++) {
		const cost = {with: {wall: 0, cpu: 0}, without: {wall: 0, cpu: 0}};
		for (const kind of pair % 2 === 0 ? (['without', 'with'] as const) : (['with', 'without'] as const)) {
			cost[kind] = await probe(server.host, ...(kind === 'with' ? ['--inventory', file] : []));
		}

		const {with: kept, without} = cost;
		plain.push(without.cpu);
		ratios.push({wall: kept.wall / without.wall, cpu: kept.cpu / without.cpu});
		console.log(`pair ${pair + 1}: ${sayCost(without)} without, ${sayCost(kept)} with`);
	}

	const {inventory} = (await openInventory(file).read())!;
	const sightings = [...entriesOf(inventory)].map(({firstSeen: _, lastSeen, ...named}) => ({...named, seen: lastSeen}));
	if (sightings.length !== tags) {
		throw new Error(`The inventory has ${sightings.length} entries for ${tags} tags`);
	}

	const merges: number[] = [];
	for (let round = 0; round < pairs; round++) {
		const before = process.cpuUsage();
		await keepSightings(file, {registry: server.host, sightings, signal});
		const {user, system} = process.cpuUsage(before);
		merges.push((user + system) / 1_000_000);
	}

	const megabytes = (await stat(file)).size / 1_000_000;
	console.log(`${tags} tags, an inventory of ${megabytes.toFixed(1)} MB`);
	const [wall, cpu] = [median(ratios.map(each => each.wall)), median(ratios.map(each => each.cpu))];
	console.log(`with it    ${wall.toFixed(3)}x of the time, ${cpu.toFixed(3)}x of the CPU (wanted: at most 1.05)`);
	console.log(
		`the file   read, merged and written in ${median(merges).toFixed(2)} s of CPU, ${((100 * median(merges)) / median(plain)).toFixed(1)} % of a run's`,
	);
} finally {
	await server.stop();
	await rm(folder, {recursive: true, force: true});
}
