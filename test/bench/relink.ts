// How long it takes from the start to "10 of 10 planned verified at content" where ten tags of a store of 10,000 only lost links: a plan
// over sshd, then its approved application, with the check of every byte of what was planned. Apart from that, how long the look at the
// disk and every tag goes on behind the follow-ups, beside a probe of the same registry. Times depend on what else the machine does.
// Run: npm run bench:relink (needs docker-registry, sshd; `--quick`: a tenth of the store)
import {createHash} from 'node:crypto';
import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {execa} from 'execa';
import type {JournalEvent} from '../../src/domain/incident/event.ts';
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
	const began = Date.now();
	const applied = await run(0, 'respond', '--apply', file, '--approve', approved);
	const incidents = path.join(folder, 'state/regmedic/incidents');
	const [incident = ''] = await readdir(incidents);
	const events = (await readFile(path.join(incidents, incident, 'events.jsonl'), 'utf8'))
		.trim()
		.split('\n')
		.map(line => JSON.parse(line) as JournalEvent);
	const endOf = (wanted: string) => {
		const event = events.findLast(
			({type, ...each}) => type === 'effect.finished' && 'step' in each && each.step === wanted,
		);
		return (Date.parse(event!.at) - began) / 1000;
	};
	const verified = endOf('verify-planned');
	const looked = endOf('verify-all') - verified;
	const probed = await run(0, 'probe', 'bench');
	const all = planned + verified;
	console.log(`${tags + damaged} tags, ${damaged} broken, over sshd`);
	console.log(`scan       ${scan.toFixed(1)} s`);
	console.log(`plan       ${planned.toFixed(1)} s`);
	console.log(
		`apply      ${verified.toFixed(1)} s to "${damaged} of ${damaged} planned verified at content" (scope ${endOf('scope').toFixed(1)}, items ${(endOf('apply') - endOf('scope')).toFixed(1)}, check ${(verified - endOf('apply')).toFixed(1)}); ${applied.toFixed(1)} s in all`,
	);
	console.log(
		`verified   ${all.toFixed(1)} s (wanted: at most ${mostSeconds}), ${(all / scan).toFixed(2)}x of the scan`,
	);
	console.log(
		`every tag  ${looked.toFixed(1)} s behind the follow-ups, ${(looked / probed).toFixed(2)}x of a probe (${probed.toFixed(1)} s)`,
	);
} finally {
	await Promise.all([registry.stop(), sshd.stop()]);
	await rm(folder, {recursive: true, force: true});
}
