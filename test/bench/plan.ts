// What a plan for a whole registry costs: its time and memory for 3,000 damaged images among 60,000 tags, beside the scan of the
// same store that it begins with.
// Run: npm run bench:plan (needs docker-registry; writes 160,000 files below the temporary folder; `--quick`: a tenth of it)
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import type {Plan} from '../../src/domain/plan/plan.ts';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore} from '../../src/drills/images/store.ts';
import {startDockerRegistry} from '../support/real.ts';

const program = path.resolve(import.meta.dirname, '../../bin/regmedic.js');
const repositories = process.argv.includes('--quick') ? 60 : 600;
const tagsOfRepository = 100;
const damagedOfRepository = 5;
const mostSeconds = 60;
const mostMegabytes = 400;

async function run(args: string[], folder: string): Promise<{seconds: number; peakMegabytes: number; text: string}> {
	const child = spawn(process.execPath, [program, ...args], {cwd: folder, stdio: ['ignore', 'pipe', 'ignore']});
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
	if (child.exitCode !== 3) {
		throw new Error(`regmedic ${args[0]} ended with ${child.exitCode}: ${text.slice(0, 500)}`);
	}

	return {seconds: (performance.now() - start) / 1000, peakMegabytes: peak, text};
}

const folder = await mkdtemp(path.join(tmpdir(), 'regmedic-bench-'));
const store = openStore(path.join(folder, 'store'));
const plain = {platforms: ['linux/amd64', 'linux/arm64'], attestations: false, layers: 1};
for (let n = 0; n < repositories; n++) {
	const repository = `team-${n % 40}/app-${n}`;
	for (let tag = 0; tag < damagedOfRepository; tag++) {
		const image = buildImage({seed: `${n} ${tag}`, ...plain});
		await store.push(repository, `broken-${tag}`, image);
		// What a collection leaves: a child without its link, and for every other image without its data.
		await store.remove(path.dirname(store.revisionLink(repository, image.manifests[0]!.digest)));
		if (tag % 2 === 1) {
			await store.remove(path.dirname(store.blobFile(image.blobs[0]!.digest)));
		}
	}

	const whole = buildImage({seed: `${n}`, ...plain});
	await store.push(repository, 'whole', whole);
	for (let tag = damagedOfRepository + 1; tag < tagsOfRepository; tag++) {
		await store.writeTag(repository, `tag-${tag}`, whole.index.digest);
	}
}

const registry = await startDockerRegistry({root: store.root, folder});
try {
	await writeFile(
		path.join(folder, 'regmedic.yaml'),
		JSON.stringify({registries: {bench: {url: `http://${registry.host}`, storage: {root: store.root}}}}),
	);
	const scan = await run(['scan', '--registry', 'bench', '--json'], folder);
	const {seconds, peakMegabytes} = await run(['respond', '--registry', 'bench', '--plan', 'plan.json'], folder);
	const plan = JSON.parse(await readFile(path.join(folder, 'plan.json'), 'utf8')) as Plan;
	console.log(
		`${repositories * tagsOfRepository} tags, ${plan.images.length} damaged images, ${plan.items.length} items`,
	);
	console.log(`scan       ${scan.seconds.toFixed(1)} s, ${scan.peakMegabytes.toFixed(0)} MB`);
	console.log(
		`plan       ${seconds.toFixed(1)} s (wanted: at most ${mostSeconds}), ${peakMegabytes.toFixed(0)} MB (wanted: at most ${mostMegabytes}), ${(seconds / scan.seconds).toFixed(2)}x of the scan`,
	);
} finally {
	await registry.stop();
	await rm(folder, {recursive: true, force: true});
}
