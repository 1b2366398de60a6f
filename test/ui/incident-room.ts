import {readFileSync} from 'node:fs';
import path from 'node:path';
import {OperatorError} from '../../src/domain/errors.ts';
import {type Digest, parseDigest} from '../../src/domain/image/digest.ts';
import type {OutputValues} from '../../src/domain/incident/outputs.ts';
import type {JsonObject} from '../../src/domain/json.ts';
import type {Finding} from '../../src/domain/storage/findings/finding.ts';
import type {Action, ActionContext, ActionResult, GateText, Reconciliation} from '../../src/engine/actions/action.ts';
import {beginSession} from '../../src/engine/session/session.ts';
import {openScreen} from '../../src/ui/open-screen.tsx';
import {createMemoryJournal} from '../support/memory-journal.ts';
import {noSecrets} from '../support/redacting.ts';
import {anyInputs} from '../support/small-catalogue.ts';
import {createTerminal} from '../support/terminal.ts';

export const digests = {
	index: parseDigest(`sha256:4f0c${'1'.repeat(60)}`),
	amd64: parseDigest(`sha256:98f7${'2'.repeat(60)}`),
	proof: parseDigest(`sha256:27d5${'3'.repeat(60)}`),
	arm64: parseDigest(`sha256:1b8c${'4'.repeat(60)}`),
};

const runbook = readFileSync(path.join(import.meta.dirname, 'rehearsed-runbook.txt'), 'utf8');

export const brokenCheck: OutputValues<'registry.verify'> = {
	reference: 'registry.example:5050/infra-ci:latest',
	verdict: 'broken',
	digest: digests.index,
	mediaType: 'application/vnd.oci.image.index.v1+json',
	checked: {manifests: 3, blobs: 12},
	faults: [
		{
			kind: 'child-missing',
			digest: digests.amd64,
			via: [digests.index],
			platform: 'linux/amd64',
			status: 404,
			detail: 'manifest unknown',
		},
		{
			kind: 'child-missing',
			digest: digests.proof,
			via: [digests.index],
			platform: 'attestation',
			status: 404,
			detail: 'manifest unknown',
		},
	],
	unchecked: [],
	children: [
		{
			digest: digests.amd64,
			platform: 'linux/amd64',
			verdict: 'broken',
			status: 404,
			blobs: 0,
			detail: 'manifest unknown',
		},
		{
			digest: digests.proof,
			platform: 'attestation',
			verdict: 'broken',
			status: 404,
			blobs: 0,
			detail: 'manifest unknown',
		},
		{digest: digests.arm64, platform: 'linux/arm64', verdict: 'intact', status: 200, blobs: 12, detail: ''},
	],
};

export const intactCheck: OutputValues<'registry.verify'> = {
	...brokenCheck,
	verdict: 'intact',
	faults: [],
	children: brokenCheck.children.map(child => ({...child, verdict: 'intact', status: 200, blobs: 12, detail: ''})),
};

const finding = {
	repository: 'infra-ci',
	tags: ['latest'],
	via: [digests.index],
	missing: [],
	detail: '',
	since: '2026-04-19T02:00:11Z',
};

const unlinked = (digest: Digest): Finding => ({
	...finding,
	kind: 'child-unlinked',
	digest,
	remedy: 'relink',
	plan: {complete: true, parts: [{digest, role: 'manifest', where: 'disk'}]},
});

export const scanOutput: OutputValues<'storage.scan'> = {
	complete: true,
	gaps: [],
	counts: {repositories: 12, tags: 72, indexes: 9, links: 310, blobs: 240},
	sibling: null,
	findings: [
		{...unlinked(digests.amd64), platform: 'linux/amd64'},
		{...unlinked(digests.proof), platform: 'attestation'},
	],
	others: [
		{
			...finding,
			repository: 'base',
			kind: 'child-swept',
			digest: digests.arm64,
			platform: 'linux/arm64',
			missing: [digests.index],
			remedy: 'rebuild',
		},
	],
};

export type Doing = (inputs: JsonObject, context: ActionContext) => Promise<ActionResult>;

/** What the world answers in one test; each can be replaced. */
export type World = {
	verify: Doing;
	scan: Doing;
	relink: Doing;
	build: Doing;
	hold: Doing;
	suspend: Doing;
	/** Of a suspension. */
	suspension: GateText;
	reconcile: () => Promise<Reconciliation>;
	gate: GateText;
};

export function createWorld(over: Partial<World> = {}): World {
	let looks = 0;
	return {
		verify: async () =>
			looks++ === 0
				? {outcome: 'broken', output: brokenCheck, say: 'Broken.'}
				: {outcome: 'intact', output: intactCheck, say: 'Intact.'},
		scan: async () => ({outcome: 'done', output: scanOutput, say: 'Two manifests lost their link.'}),
		relink: async () => ({outcome: 'done', output: {relinked: 2}, say: 'Two manifests relinked.'}),
		build: async () => ({outcome: 'pushed', output: {}, say: 'Pushed.'}),
		hold: async () => ({outcome: 'none', output: {}, say: 'Nothing will clean the store.'}),
		suspend: async () => ({outcome: 'suspended', output: {}, say: 'Suspended.'}),
		suspension: {
			target: 'registry-vm, gc.timer',
			changes: [],
			undo: 'systemctl start gc.timer',
			phrase: 'systemctl stop gc.timer',
		},
		reconcile: async () => ({kind: 'unknown', say: 'The CI does not answer.'}),
		gate: {
			target: 'infra-ci in registry.example:5050',
			changes: [
				`PUT ${digests.amd64.slice(0, 19)} (linux/amd64)`,
				`PUT ${digests.proof.slice(0, 19)} (attestation)`,
			].map(text => ({kind: 'sentence', text})),
			undo: 'DELETE the two manifests by digest; the index stays as it is',
			phrase: 'relink 2 manifests',
		},
		...over,
	};
}

/** Never ends by itself, and says so when it is called off. */
export const endless: Doing = (_inputs, {signal}) =>
	new Promise((_, reject) => {
		signal.addEventListener('abort', () => reject(signal.reason), {once: true});
	});

export const lost: Doing = async () => {
	throw new OperatorError('effect.unknown', 'The connection broke after the request was sent.', {
		hint: 'Look it up.',
		exit: 'indeterminate',
	});
};

function actionsOf(world: World): Action<JsonObject>[] {
	const about = {parse: anyInputs, inputs: {}, outcomes: {}, provides: {}, success: [] as string[]};
	const write = {...about, effect: 'write' as const, gate: async () => world.gate, reconcile: () => world.reconcile()};
	return [
		{
			...about,
			name: 'registry.verify',
			effect: 'read',
			shows: 'verdict',
			run: (inputs, context) => world.verify(inputs, context),
		},
		{
			...about,
			name: 'storage.scan',
			effect: 'read',
			shows: 'cause',
			run: (inputs, context) => world.scan(inputs, context),
		},
		{...write, name: 'registry.relink', success: ['done'], run: (inputs, context) => world.relink(inputs, context)},
		{...about, name: 'storage.hold', effect: 'read', run: (inputs, context) => world.hold(inputs, context)},
		{
			...write,
			name: 'storage.suspend',
			sparesImage: true,
			success: ['suspended'],
			gate: async () => world.suspension,
			run: (inputs, context) => world.suspend(inputs, context),
		},
		{...write, name: 'ci.build', success: ['pushed'], run: (inputs, context) => world.build(inputs, context)},
	];
}

export type RoomOptions = {
	columns?: number;
	rows?: number;
	colors?: boolean;
	unicode?: boolean;
	env?: NodeJS.ProcessEnv;
	real?: boolean;
	dryRun?: boolean;
	world?: Partial<World>;
	suspend?: () => Promise<void>;
	stop?: AbortSignal;
	settings?: JsonObject;
	/** Changes the page before it is run. */
	page?: (text: string) => string;
};

/** A real session over a made-up world, with a person at a terminal. */
export async function openRoom(options: RoomOptions = {}) {
	const {
		columns = 80,
		rows = 24,
		colors = true,
		unicode = true,
		env = {},
		real = false,
		dryRun = false,
		suspend,
		page = text => text,
	} = options;
	const terminal = createTerminal({columns, rows});
	const record = createMemoryJournal();
	const clock = {now: () => new Date(), monotonic: () => performance.now(), sleep: async () => {}};
	const secrets = noSecrets;
	const session = await beginSession(
		{
			journal: record.journal,
			ports: {registry: {} as never, secrets, clock},
			actions: actionsOf(createWorld(options.world)),
			actor: 'kim',
			pace: 'person',
		},
		{
			type: 'incident.opened',
			schema: 'regmedic.journal/1',
			incident: 'calm-otter',
			version: '0.1.0',
			runbook: page(runbook),
			inputs: {image: brokenCheck.reference},
			settings: {pipeline: 'acme/infra@main', repository: 'acme/infra', branch: 'main', ...options.settings},
			dryRun,
			...(real ? {} : {drill: {scenario: 'orphan-index', seed: 1}}),
		},
	);
	// A person needs longer than 300 ms to read a decision; the tests do not wait for that.
	let read = 0;
	const closed = openScreen({
		intro: {title: 'An index whose children are gone', story: 'All pipelines die.', drill: !real},
		begin: async () => ({session, image: 'infra-ci:latest', journalFolder: record.journal.folder}),
		stdin: terminal.stdin,
		stdout: terminal.stdout,
		env,
		now: () => Date.now() + read,
		colors,
		unicode,
		...(suspend ? {suspend} : {}),
		...(options.stop ? {stop: options.stop} : {}),
	});
	closed.catch(() => {});
	const press = (keys: string) => {
		read += 400;
		terminal.press(keys);
	};

	return {
		...terminal,
		press,
		pressAtOnce: terminal.press,
		session,
		record,
		closed,
		/** Presses enter on the way, until the screen shows this. */
		async reach(place: 'diagnosed' | 'scanned' | 'decide') {
			const way = {diagnosed: [], scanned: ['Next: Decide'], decide: ['Next: Decide', 'Which remedy?']}[place];
			await terminal.until('Next: Scan the storage');
			for (const next of way) {
				press('\r');
				await terminal.until(next);
			}

			return terminal.read();
		},
		events: (type: string) => record.events.filter(event => event.type === type),
		async leave() {
			terminal.press('\u0003');
			await closed.catch(() => {});
		},
	};
}
