// What it costs to unpack a layer of 1.07 GB, beside reading and hashing the same bytes (content), zlib with two hashes alone, and
// `curl | gzip -t`: seconds on the clock, seconds of CPU and peak memory of a process each, all over HTTP from one registry.
// Run: npm run bench:content (needs docker-registry, curl and gzip; `--quick`: a tenth of it)
import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {createReadStream, createWriteStream} from 'node:fs';
import {mkdir, mkdtemp, rename, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {fileURLToPath} from 'node:url';
import {createGunzip, createGzip} from 'node:zlib';
import {createUnpacker} from '../../src/adapters/unpack/unpacker.ts';
import {parseDigest} from '../../src/domain/image/digest.ts';
import {startDockerRegistry} from '../support/real.ts';
import {tarEnd, tarFile} from '../support/tar.ts';

const files = process.argv.includes('--quick') ? 820 : 8200;
const bytesOfFile = 128 * 1024;
const rounds = 3;
const gzipType = 'application/vnd.oci.image.layer.v1.tar+gzip';

type Cost = {seconds: number; cpuSeconds: number; megabytes: number};
type Mode = 'content' | 'zlib' | 'unpack';

const [mode, url = ''] = process.argv.slice(2);
if (mode === 'content' || mode === 'zlib' || mode === 'unpack') {
	console.log(JSON.stringify(await read(mode, url)));
} else {
	await compare();
}

async function read(how: Mode, layerUrl: string): Promise<Cost> {
	const start = performance.now();
	const digest = parseDigest(layerUrl.slice(layerUrl.indexOf('sha256:')));
	const body = (await fetch(layerUrl)).body!;
	if (how === 'unpack') {
		const unpacker = createUnpacker();
		const layer = unpacker.open({mediaType: gzipType, digest});
		for await (const chunk of body) {
			await layer.write(chunk);
		}

		const unpacked = await layer.end();
		if (!unpacked.ok || unpacked.digest !== digest) {
			throw new Error(unpacked.ok ? `Its digest is ${unpacked.digest}.` : unpacked.reason);
		}

		await unpacker.close();
	} else {
		const hash = createHash('sha256');
		const contentHash = createHash('sha256');
		const bytes = Readable.from(hashed(body, hash));
		await (how === 'zlib'
			? pipeline(bytes, createGunzip(), consumer(contentHash))
			: pipeline(bytes, consumer({update() {}})));
		if (hash.digest('hex') !== digest.slice(7)) {
			throw new Error('The bytes do not hash to the digest.');
		}
	}

	const {user, system} = process.cpuUsage();
	return {
		seconds: (performance.now() - start) / 1000,
		cpuSeconds: (user + system) / 1e6,
		megabytes: process.resourceUsage().maxRSS / 1024,
	};
}

async function* hashed(body: AsyncIterable<Uint8Array>, hash: {update(chunk: Uint8Array): unknown}) {
	for await (const chunk of body) {
		hash.update(chunk);
		yield chunk;
	}
}

function consumer(hash: {update(chunk: Uint8Array): unknown}) {
	return async (source: AsyncIterable<Uint8Array>) => {
		for await (const chunk of source) {
			hash.update(chunk);
		}
	};
}

async function compare(): Promise<void> {
	const folder = await mkdtemp(path.join(tmpdir(), 'regmedic-bench-'));
	const {digest, size} = await writeLayer(path.join(folder, 'store/docker/registry/v2'), folder);
	const registry = await startDockerRegistry({root: path.join(folder, 'store'), folder});
	const layerUrl = `http://${registry.host}/v2/acme/large/blobs/${digest}`;
	const costs: Record<string, Cost[]> = {'curl | gzip -t': [], content: [], zlib: [], unpack: []};
	try {
		// In turn, so that other load on the machine meets all of them.
		for (let round = 0; round < rounds; round++) {
			costs['curl | gzip -t']!.push(gzipTest(layerUrl));
			for (const how of ['content', 'zlib', 'unpack'] as const) {
				const said = execFileSync(process.execPath, [fileURLToPath(import.meta.url), how, layerUrl]);
				costs[how]!.push(JSON.parse(String(said)));
			}
		}
	} finally {
		await registry.stop();
		await rm(folder, {recursive: true});
	}

	const least = (of: Cost[], key: keyof Cost) => Math.min(...of.map(cost => cost[key]));
	const base = costs['curl | gzip -t']!;
	console.log(
		`A layer of ${Math.round((files * bytesOfFile) / 1e6)} MB, ${Math.round(size / 1e6)} MB of gzip; the best of ${rounds} rounds.`,
	);
	for (const [name, of] of Object.entries(costs)) {
		console.log(
			[
				name.padEnd(15),
				`${least(of, 'seconds').toFixed(1)} s`,
				`${least(of, 'cpuSeconds').toFixed(1)} s of CPU`,
				`${(least(of, 'cpuSeconds') / least(base, 'cpuSeconds')).toFixed(2)} × curl | gzip -t`,
				`${Math.round(Math.max(...of.map(cost => cost.megabytes)))} MB`,
			].join('  '),
		);
	}
}

function gzipTest(layerUrl: string): Cost {
	const script = `TIMEFORMAT='%R %U %S'; { time curl -sS "$1" | gzip -t; } 2>&1`;
	const [seconds, user, system] = String(execFileSync('bash', ['-c', script, 'bash', layerUrl]))
		.split(' ')
		.map(Number);
	return {seconds: seconds!, cpuSeconds: user! + system!, megabytes: 0};
}

/** Files of words and of bytes that cannot be compressed, as in most layers: gzip makes some 40 % of it. */
async function writeLayer(store: string, folder: string) {
	const words = Array.from({length: 4096}, (_, n) =>
		createHash('sha256')
			.update(`${n}`)
			.digest('base64')
			.slice(0, 2 + (n % 9)),
	);
	let state = 1;
	const next = (below: number) => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return Math.floor((state / 2 ** 32) * below);
	};
	const text = Array.from({length: 1 << 20}, () => words[Math.floor(next(64) * next(64))]).join(' ');
	async function* archive() {
		for (let n = 0; n < files; n++) {
			const start = next(text.length - bytesOfFile);
			yield tarFile({name: `usr/lib/folder-${n % 90}/file-${n}`, content: text.slice(start, start + bytesOfFile)});
		}

		yield tarEnd;
	}

	const file = path.join(folder, 'layer');
	await pipeline(archive, createGzip(), createWriteStream(file));
	const hash = createHash('sha256');
	await pipeline(createReadStream(file), consumer(hash));
	const hex = hash.digest('hex');
	const {size} = await stat(file);
	await mkdir(`${store}/blobs/sha256/${hex.slice(0, 2)}/${hex}`, {recursive: true});
	await rename(file, `${store}/blobs/sha256/${hex.slice(0, 2)}/${hex}/data`);
	await mkdir(`${store}/repositories/acme/large/_layers/sha256/${hex}`, {recursive: true});
	await writeFile(`${store}/repositories/acme/large/_layers/sha256/${hex}/link`, `sha256:${hex}`);
	return {digest: parseDigest(`sha256:${hex}`), size};
}
