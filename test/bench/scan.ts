// How fast a store is read over a real SSH connection, as a multiple of a bare find on the same host.
// Run: npm run bench:scan (needs sshd, ssh, find, gzip and python3; writes 500,000 files below the temporary folder)
import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {createOpenSshShell} from '../../src/adapters/ssh/openssh/openssh.ts';
import {createStorage} from '../../src/adapters/storage/storage.ts';
import {assess} from '../../src/domain/storage/findings/assess.ts';
import {writeLargeStore} from '../support/large-store.ts';
import {createNonces} from '../support/nonces.ts';
import {processes} from '../support/processes.ts';
import {startSshd} from '../support/sshd.ts';

const rounds = 5;
const self = fileURLToPath(import.meta.url);
const [mode, root = '', configFile = ''] = process.argv.slice(2);
const now = () => performance.now();

// Each scan is a process of its own, so that its peak memory is its own.
if (mode === 'one') {
	const shell = createOpenSshShell({
		processes,
		destination: 'vm',
		configFile,
		environment: process.env,
		nonce: createNonces(),
		controlFolder: path.join(path.dirname(root), 'c'),
	});
	const start = now();
	const listing = await createStorage({shell, root}).list({signal: AbortSignal.timeout(600_000)});
	const listed = now();
	const scan = assess(listing, {role: 'authoritative'});
	console.log(
		JSON.stringify({
			list: listed - start,
			assess: now() - listed,
			rss: process.resourceUsage().maxRSS / 1024,
			complete: scan.complete,
			findings: scan.findings.length,
			taken: listing.linksTakenBySize,
		}),
	);
	await shell.close();
} else {
	await measure();
}

type One = {list: number; assess: number; rss: number; complete: boolean; findings: number; taken: number};

async function measure(): Promise<void> {
	const folder = mkdtempSync(path.join(tmpdir(), 'regmedic-bench-'));
	const sshd = await startSshd({folder});

	try {
		const small = inFolder('small', 100_000);
		const large = inFolder('large', 500_000);
		const bare: number[] = [];
		const ours: One[] = [];
		const few: One[] = [];
		one(large, sshd.configFile);

		// In turns, so that other load on the machine affects all of them alike.
		for (let round = 0; round < rounds; round++) {
			bare.push(bareFind(large, sshd.configFile));
			ours.push(one(large, sshd.configFile));
			few.push(one(small, sshd.configFile));
		}

		const walker = timed('python3', [path.join(import.meta.dirname, 'sequential-walker.py'), large]);
		const base = median(bare);
		const list = median(ours.map(result => result.list));
		const rss = Math.max(...ours.map(result => result.rss));
		const row = (name: string, value: string, aim = '') =>
			console.log(`${name.padEnd(48)} ${value.padStart(12)}  ${aim}`);
		row('bare find | gzip over ssh', `${base.toFixed(0)} ms`);
		row('the scan reads the same', `${list.toFixed(0)} ms`);
		row('  as a multiple', `${(list / base).toFixed(2)} x`, 'aim: at most 1.3 x');
		row('  and derives the findings', `+ ${median(ours.map(result => result.assess)).toFixed(0)} ms`);
		row(
			'  five times the files',
			`${(list / median(few.map(result => result.list))).toFixed(2)} x`,
			'aim: at most 5.5 x',
		);
		row('  peak memory', `${rss.toFixed(0)} MiB`, 'aim: less than 512 MiB');
		row('  links taken by their size and time', `${ours[0]!.taken}`);
		row('a sequential walker in Python, no network', `${walker.ms.toFixed(0)} ms`, walker.said);
	} finally {
		await sshd.stop();
		rmSync(folder, {recursive: true, force: true});
	}

	function inFolder(name: string, files: number): string {
		const place = path.join(folder, name);
		const start = now();
		const written = writeLargeStore(place, files);
		console.log(`${name}: ${JSON.stringify(written)} in ${((now() - start) / 1000).toFixed(0)} s`);
		return place;
	}
}

function bareFind(place: string, config: string): number {
	const command = `cd ${place}/docker/registry/v2 && find . -printf '%y %s %T@ %P\\0' | gzip`;
	return timed('ssh', ['-F', config, 'vm', command]).ms;
}

function one(place: string, config: string): One {
	const result = JSON.parse(timed(process.execPath, [self, 'one', place, config]).said) as One;
	if (!result.complete || result.findings > 0) {
		throw new Error(`Not a healthy store: ${JSON.stringify(result)}`);
	}

	return result;
}

function timed(program: string, args: string[]): {ms: number; said: string} {
	const start = now();
	const {status, stdout, stderr} = spawnSync(program, args, {maxBuffer: 1 << 30});
	if (status !== 0) {
		throw new Error(`${program} ended with ${status}: ${stderr}`);
	}

	return {ms: now() - start, said: stdout.length < 10_000 ? stdout.toString().trim() : ''};
}

function median(values: number[]): number {
	return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
