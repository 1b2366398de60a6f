// How long it takes from the start to "10 of 10 verified" where ten tags of a store of 10,000 only lost links: a plan over sshd, then its
// approved application, with the check of every byte of what was planned. Beside it, a scan of the same store over the same sshd.
// Run: npm run bench:relink (needs docker-registry, sshd; `--quick`: a tenth of the store)
import {createHash} from 'node:crypto';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {execa} from 'execa';
import type {Plan} from '../../src/domain/plan/plan.ts';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore} from '../../src/drills/images/store.ts';
import {startDockerRegistry} from '../support/real.ts';
import {startSshd} from '../support/sshd.ts';
import {writeManyTags} from './many-tags.ts';

const program = path.resolve(import.meta.dirname, '../../bin/regmedic.js');
const shape = {repositories: process.argv.includes('--quick') ? 2 : 20, tagsEach: 500, tagsOfImage: 5};
const damaged = 10;
const mostSeconds = 5;

const folder = await mkdtemp(path.join(tmpdir(), 'regmedic-bench-'));
const root = path.join(folder, 'store');
const {tags} = writeManyTags(root, shape);
const store = openStore(root);
for (let n = 0; n < damaged; n++) {
	const repository = `acme/broken-${n % 4}`;
	const image = buildImage({seed: `${n}`, platforms: ['linux/amd64', 'linux/arm64'], attestations: false});
	await store.push(repository, `1.${n}`, image);
	await store.remove(path.dirname(store.revisionLink(repository, image.manifests[0]!.digest)));
}

const [registry, sshd] = await Promise.all([startDockerRegistry({root, folder}), startSshd({folder})]);
const file = path.join(folder, 'plan.json');
const options = {cwd: folder, reject: false, env: {XDG_STATE_HOME: path.join(folder, 'state')}} as const;

/** Seconds. */
async function run(code: number, ...args: string[]): Promise<number> {
	const start = performance.now();
	const {exitCode, all} = await execa(process.execPath, [program, ...args], {...options, all: true});
	if (exitCode !== code) {
		throw new Error(`regmedic ${args.join(' ')} ended with ${exitCode}: ${all?.slice(-2000)}`);
	}

	return (performance.now() - start) / 1000;
}

try {
	const storage = {ssh: sshd.alias, sshConfig: sshd.configFile, root};
	await writeFile(
		path.join(folder, 'regmedic.yaml'),
		JSON.stringify({registries: {bench: {url: `http://${registry.host}`, storage}}}),
	);
	const scan = await run(3, 'scan', '--registry', 'bench', '--json');
	const planned = await run(3, 'respond', '--registry', 'bench', '--plan', file);
	const text = await readFile(file);
	const {items, destructive} = JSON.parse(text.toString()) as Plan;
	if (items.length !== damaged || items.some(({remedy}) => remedy !== 'relink') || destructive !== 0) {
		throw new Error(`The plan has ${items.length} items, ${destructive} of them destructive.`);
	}

	const approved = createHash('sha256').update(text).digest('hex');
	const applied = await run(0, 'respond', '--apply', file, '--approve', approved);
	const all = planned + applied;
	console.log(`${tags + damaged} tags, ${damaged} broken, over sshd`);
	console.log(`scan       ${scan.toFixed(1)} s`);
	console.log(`plan       ${planned.toFixed(1)} s`);
	console.log(`apply      ${applied.toFixed(1)} s, to the end of the incident`);
	console.log(
		`all        ${all.toFixed(1)} s (wanted: at most ${mostSeconds}), ${(all / scan).toFixed(2)}x of the scan`,
	);
} finally {
	await Promise.all([registry.stop(), sshd.stop()]);
	await rm(folder, {recursive: true, force: true});
}
