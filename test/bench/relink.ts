// How long it takes from the start to "10 of 10 planned verified at content" where ten tags of a store of 10,000 only lost links, over
// sshd, with the check of every byte of what was planned: in one session, as a responder has it at a terminal, whose questions are
// answered as soon as they are asked; and as a plan in a file, then its approved application. Apart from that, how long the look at the
// disk and every tag goes on behind the follow-ups, beside a probe of the same registry. Times depend on what else the machine does: the
// ratios to the scan, which ran beside them, and the commands over ssh do so less.
// Run: npm run bench:relink (needs docker-registry, sshd, script of util-linux; `--quick`: a tenth of the store)
import {createHash} from 'node:crypto';
import {chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {execa} from 'execa';
import type {JournalEvent} from '../../src/domain/incident/event.ts';
import type {Plan} from '../../src/domain/plan/plan.ts';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore} from '../../src/drills/images/store.ts';
import {runAnswered} from '../support/answered-terminal.ts';
import {locate, startDockerRegistry} from '../support/real.ts';
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
const links: string[] = [];
for (let n = 0; n < damaged; n++) {
	const repository = `acme/broken-${n % 4}`;
	const image = buildImage({seed: `${n}`, platforms: ['linux/amd64', 'linux/arm64'], attestations: false});
	await store.push(repository, `1.${n}`, image);
	links.push(path.dirname(store.revisionLink(repository, image.manifests[0]!.digest)));
}

const [registry, sshd] = await Promise.all([startDockerRegistry({root, folder}), startSshd({folder})]);
const file = path.join(folder, 'plan.json');

// An ssh that keeps a line for each command that regmedic runs by it.
const commandsFile = path.join(folder, 'commands');
const ssh = path.join(folder, 'bin/ssh');
await mkdir(path.dirname(ssh));
await writeFile(
	ssh,
	`#!/bin/sh\ncase "$*" in *' regmedic '*) echo command >>'${commandsFile}' ;; esac\nexec '${locate('ssh')}' "$@"\n`,
);
await chmod(ssh, 0o755);

async function breakAll(): Promise<void> {
	for (const link of links) {
		await store.remove(link);
	}
}

function environmentOf(run: string): NodeJS.ProcessEnv {
	const PATH = `${path.dirname(ssh)}:${process.env.PATH}`;
	return {...process.env, PATH, XDG_STATE_HOME: path.join(folder, run), TERM: 'dumb'};
}

/** @returns seconds */
async function run(code: number, ...args: string[]): Promise<number> {
	const start = performance.now();
	const options = {cwd: folder, reject: false, all: true, env: environmentOf('state')};
	const {exitCode, all} = await execa(process.execPath, [program, ...args], options);
	if (exitCode !== code) {
		throw new Error(`regmedic ${args.join(' ')} ended with ${exitCode}: ${all?.slice(-2000)}`);
	}

	return (performance.now() - start) / 1000;
}

/** The seconds from a moment to the end of each part of the only incident of a run. @param began milliseconds since 1970 */
async function partsOf(run: string, began: number) {
	const incidents = path.join(folder, run, 'regmedic/incidents');
	const [incident = ''] = await readdir(incidents);
	const events = (await readFile(path.join(incidents, incident, 'events.jsonl'), 'utf8'))
		.trim()
		.split('\n')
		.map(line => JSON.parse(line) as JournalEvent);
	const until = (type: JournalEvent['type'], step?: string) => {
		const event = events.findLast(
			({type: each, ...more}) => each === type && (step === undefined || ('step' in more && more.step === step)),
		);
		if (event === undefined) {
			throw new Error(`The journal of the incident has no ${type} of ${step}.`);
		}

		return (Date.parse(event.at) - began) / 1000;
	};
	return {
		opened: until('incident.opened'),
		diagnose: until('effect.finished', 'diagnose'),
		scope: until('effect.finished', 'scope'),
		plan: until('plan.settled'),
		gate: until('gate.answered', 'apply'),
		items: until('effect.finished', 'apply'),
		verified: until('effect.finished', 'verify-planned'),
		/** The look at every tag: its end is no part of what is wanted. */
		until,
	};
}

const commands = async () => (await readFile(commandsFile, 'utf8').catch(() => '')).split('\n').length - 1;
const said = (seconds: number) => seconds.toFixed(1);

function sayParts({opened, diagnose, scope, plan, gate, items, verified}: Awaited<ReturnType<typeof partsOf>>): string {
	const parts = {
		'start and diagnose': diagnose,
		scope: scope - diagnose,
		plan: plan - scope,
		gate: gate - plan,
		items: items - gate,
		check: verified - items,
	};
	const told = Object.entries(parts).map(([name, seconds]) => `${name} ${said(seconds)}`);
	return `${told.join(', ')}; opened after ${said(opened)}`;
}

try {
	const storage = {ssh: sshd.alias, sshConfig: sshd.configFile, root};
	await writeFile(
		path.join(folder, 'regmedic.yaml'),
		JSON.stringify({registries: {bench: {url: `http://${registry.host}`, storage}}}),
	);
	await breakAll();
	const scan = await run(3, 'scan', '--registry', 'bench', '--json');

	const before = await commands();
	const started = Date.now();
	const output = await runAnswered([process.execPath, program, '--plain', 'respond', '--registry', 'bench'], {
		folder,
		environment: environmentOf('session'),
		answers: [
			{asked: /Press enter to start it\./, typed: '\n'},
			{asked: /Type "accept"/, typed: 'accept\n'},
			{asked: /Type exactly: approve/, typed: 'approve\n'},
		],
		until: /\bplanned intact: every byte was read\./,
	});
	if (!output.includes(`${damaged} of ${damaged} planned intact`)) {
		throw new Error(`The session did not come to its end:\n${output.slice(-2000)}`);
	}

	const session = await partsOf('session', started);
	const asked = (await commands()) - before;

	await breakAll();
	const planned = await run(3, 'respond', '--registry', 'bench', '--plan', file);
	const text = await readFile(file);
	const {items, destructive} = JSON.parse(text.toString()) as Plan;
	if (items.length !== damaged || items.some(({remedy}) => remedy !== 'relink') || destructive !== 0) {
		throw new Error(`The plan has ${items.length} items, ${destructive} of them destructive.`);
	}

	const approved = createHash('sha256').update(text).digest('hex');
	const began = Date.now();
	const applied = await run(0, 'respond', '--apply', file, '--approve', approved);
	const apply = await partsOf('state', began);
	const looked = apply.until('effect.finished', 'verify-all') - apply.verified;
	const probed = await run(0, 'probe', 'bench');
	const all = planned + apply.verified;
	const wanted = `(wanted: at most ${mostSeconds}), `;
	const scans = (seconds: number) => `${(seconds / scan).toFixed(2)}x of the scan`;

	console.log(
		`${tags + damaged} tags, ${damaged} broken, over sshd, to "${damaged} of ${damaged} planned verified at content"`,
	);
	console.log(`scan       ${said(scan)} s`);
	console.log(`session    ${said(session.verified)} s ${wanted}${scans(session.verified)}, ${asked} commands over ssh`);
	console.log(`           ${sayParts(session)}`);
	console.log(`plan       ${said(planned)} s`);
	console.log(`apply      ${said(apply.verified)} s (${sayParts(apply)}); ${said(applied)} s in all`);
	console.log(`both       ${said(all)} s ${wanted}${scans(all)}`);
	console.log(
		`every tag  ${said(looked)} s behind the follow-ups, ${(looked / probed).toFixed(2)}x of a probe (${said(probed)} s)`,
	);
} finally {
	await Promise.all([registry.stop(), sshd.stop()]);
	await rm(folder, {recursive: true, force: true});
}
