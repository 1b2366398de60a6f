// What a probe costs: its requests against the least that is needed, its throughput against a plain load generator with the
// same requests, its memory against the size of the catalogue, and one tag against the shell loop that it replaces.
// Run: npm run bench:probe (needs docker-registry, wrk, curl and jq; `--quick` leaves the large catalogues out)
import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {acceptedManifests} from '../../src/domain/image/media-type.ts';
import type {ProbeReport} from '../../src/domain/probe/probe.ts';
import {type RealRegistry, startDockerRegistry} from '../support/real.ts';
import {type ManyTags, type Needed, type Shape, writeManyTags} from './many-tags.ts';

const program = path.resolve(import.meta.dirname, '../../bin/regmedic.js');
const rounds = 5;
const connections = 8;
const loadSeconds = 8;
const curlTags = 40;
const accept = acceptedManifests.join(', ');

type Probed = {report: ProbeReport; seconds: number; peakMegabytes: number};

async function probe(host: string, ...more: string[]): Promise<Probed> {
	const child = spawn(process.execPath, [program, 'probe', host, '--json', ...more], {
		stdio: ['ignore', 'pipe', 'ignore'],
	});
	const start = performance.now();
	let peak = 0;
	const watch = setInterval(() => {
		void readFile(`/proc/${child.pid}/status`, 'utf8').then(
			status => {
				peak = Math.max(peak, Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024);
			},
			() => {},
		);
	}, 50);
	let text = '';
	for await (const chunk of child.stdout) {
		text += chunk;
	}

	if (child.exitCode === null) {
		await once(child, 'exit');
	}

	clearInterval(watch);
	if (child.exitCode !== 0) {
		throw new Error(`regmedic probe ended with ${child.exitCode}: ${text.slice(0, 500)}`);
	}

	return {report: JSON.parse(text), seconds: (performance.now() - start) / 1000, peakMegabytes: peak};
}

/** The same requests in the same order, repeated, on as many kept-alive connections. @returns requests a second */
async function load(host: string, needed: readonly Needed[], folder: string): Promise<number> {
	const script = path.join(folder, 'requests.lua');
	const list = path.join(folder, 'requests.txt');
	await writeFile(list, needed.map(({kind, path}) => `${kind === 'blob' ? 'b' : 'm'}/v2/${path}`).join('\n'));
	await writeFile(
		script,
		`local requests, at = {}, 0
function init()
	local blob, manifest = {Range = 'bytes=-1'}, {Accept = '${accept}'}
	for line in io.lines('${list}') do
		requests[#requests + 1] = wrk.format('GET', line:sub(2), line:sub(1, 1) == 'b' and blob or manifest)
	end
end
function request()
	at = at % #requests + 1
	return requests[at]
end
`,
	);
	const {stdout, status, stderr} = spawnSync(
		'wrk',
		['-t1', `-c${connections}`, `-d${loadSeconds}s`, '-s', script, `http://${host}`],
		{encoding: 'utf8'},
	);
	const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
	if (status !== 0 || !rate || /Non-2xx/.test(stdout)) {
		throw new Error(`wrk: ${stdout}${stderr}`);
	}

	return rate;
}

/** The shell loop: the index of a tag, then a HEAD for each of its children. It does not check configs and layers. */
function curlLoop(host: string, needed: readonly Needed[]): number {
	const tags = needed
		.filter(({kind, path}) => kind === 'manifest' && !path.includes('/manifests/sha256:'))
		.slice(0, curlTags)
		.map(({path}) => path);
	const start = performance.now();
	const {status, stderr} = spawnSync(
		'sh',
		[
			'-ec',
			`while read -r path; do
	repository=\${path%/manifests/*}
	for child in $(curl -sf -H 'Accept: ${accept}' "http://${host}/v2/$path" | jq -r '.manifests[].digest'); do
		test "$(curl -s -o /dev/null -w '%{http_code}' -I -H 'Accept: ${accept}' "http://${host}/v2/$repository/manifests/$child")" = 200
	done
done`,
		],
		{input: `${tags.join('\n')}\n`, encoding: 'utf8'},
	);
	if (status !== 0) {
		throw new Error(`the curl loop failed: ${stderr}`);
	}

	return (performance.now() - start) / tags.length;
}

async function withCatalogue<T>(
	shape: Shape,
	work: (server: RealRegistry, catalogue: ManyTags, folder: string) => Promise<T>,
): Promise<T> {
	const folder = await mkdtemp(path.join(tmpdir(), 'regmedic-bench-'));
	const root = path.join(folder, 'data');
	const catalogue = writeManyTags(root, shape);
	const server = await startDockerRegistry({root, folder});
	try {
		return await work(server, catalogue, folder);
	} finally {
		await server.stop();
		await rm(folder, {recursive: true, force: true});
	}
}

function median(values: readonly number[]): number {
	return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

const small = await withCatalogue({repositories: 100, tagsEach: 20}, async ({host}, {tags, needed}, folder) => {
	// In turns, both on a warm server.
	const first = await probe(host);
	const probed: Probed[] = [];
	const loads: number[] = [];
	for (let round = 0; round < rounds; round++) {
		probed.push(await probe(host));
		loads.push(await load(host, needed, folder));
	}

	const catalogPages = 1;
	// Whether the registry serves manifests from memory is asked once.
	const memory = 1;
	const expected = needed.length + 100 + catalogPages + memory;
	// Nothing that an odd registry needs may cost a healthy one a request.
	for (const {report} of [first, ...probed]) {
		if (report.requests !== expected) {
			throw new Error(`regmedic probe made ${report.requests} requests, and ${expected} are needed`);
		}
	}

	const rates = probed.map(({report}) => report.requests / report.seconds);
	const [rate, plain] = [median(rates), median(loads)];
	// Each round is compared with its own neighbour: other load on the machine changes from minute to minute.
	const ratio = median(rates.map((one, round) => one / loads[round]!));
	const perTag = median(probed.map(({seconds}) => (seconds * 1000) / tags));
	const curl = curlLoop(host, needed);
	console.log(`${tags} tags, ${needed.length} distinct (repository, digest) pairs, all on a warm server`);
	console.log(
		`requests        ${first.report.requests} made, ${expected} needed with the listings   ${(first.report.requests / expected).toFixed(3)}x`,
	);
	console.log(
		`throughput      ${rate.toFixed(0)} a second; wrk with ${connections} connections ${plain.toFixed(0)}   ${ratio.toFixed(2)}x (wanted: 0.80)`,
	);
	console.log(
		`a tag           ${perTag.toFixed(1)} ms, every part of it; the curl loop ${curl.toFixed(1)} ms, children only   ${(curl / perTag).toFixed(1)}x`,
	);
	console.log(
		`peak RSS        ${Math.max(...probed.map(({peakMegabytes}) => peakMegabytes)).toFixed(0)} MB (wanted: under 200)`,
	);
	return probed;
});

if (!process.argv.includes('--quick')) {
	const peak = Math.max(...small.map(({peakMegabytes}) => peakMegabytes));
	for (const shape of [
		{repositories: 1000, tagsEach: 20},
		{repositories: 1, tagsEach: 20_000},
	]) {
		await withCatalogue(shape, async ({host}, {tags, needed}) => {
			const {report, peakMegabytes} = await probe(host);
			const where = shape.repositories === 1 ? 'one repository' : `${shape.repositories} repositories`;
			console.log(
				`${tags} tags in ${where}: peak RSS ${peakMegabytes.toFixed(0)} MB, ${(peakMegabytes / peak).toFixed(2)}x of that for 2,000; ${report.requests} requests for ${needed.length} pairs; ${(report.requests / report.seconds).toFixed(0)} a second`,
			);
		});
	}
}
