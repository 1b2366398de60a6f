import {createHash} from 'node:crypto';
import type {Maintenance} from '../../src/domain/audit/maintenance.ts';
import type {DamagedImage} from '../../src/domain/damage/damaged-image.ts';
import {OperatorError} from '../../src/domain/errors.ts';
import type {Digest} from '../../src/domain/image/digest.ts';
import {mediaTypes} from '../../src/domain/image/media-type.ts';
import {parseSettings, type Settings} from '../../src/domain/incident/settings.ts';
import type {JsonObject} from '../../src/domain/json.ts';
import type {Pipeline} from '../../src/domain/pipeline/pipeline.ts';
import type {ActionContext, Ports} from '../../src/engine/actions/action.ts';
import type {Builder, BuildStatus, StartAnswer} from '../../src/engine/ports/builder.ts';
import type {Ci, PipelineLog, TriggerAnswer} from '../../src/engine/ports/ci.ts';
import type {Clock} from '../../src/engine/ports/clock.ts';
import type {CatalogueEnd, Registry} from '../../src/engine/ports/registry.ts';
import type {Storage} from '../../src/engine/ports/storage.ts';
import {hostNow} from './host-now.ts';
import {noSecrets} from './redacting.ts';

export const host = 'registry.example:5000';
export const image = `${host}/infra-ci:latest`;

/** As the journal keeps them. */
export const settingsValues: JsonObject = {
	host,
	role: 'authoritative',
	repository: 'acme/infra',
	branch: 'main',
	pipeline: 'acme/infra@main',
	build: {git: 'https://git.example/acme/infra', context: 'ci', tags: ['manual', 'latest']},
};

export const settings: Settings = parseSettings(settingsValues)!;

export function lostReply(): OperatorError {
	return new OperatorError('effect.unknown', 'The reply was lost.', {hint: 'Look.', exit: 'indeterminate'});
}

export function unreachable(): OperatorError {
	return new OperatorError('registry.unreachable', 'Nobody answers.', {
		hint: 'Look.',
		exit: 'unreachable',
		transient: true,
	});
}

export function refusal(): OperatorError {
	return new OperatorError('registry.forbidden', 'We are kept out.', {hint: 'Ask.', exit: 'refused'});
}

/** A clock that advances only when somebody sleeps. */
export function fakeClock(): Clock {
	let time = Date.parse('2026-04-19T03:00:00.000Z');
	return {
		now: () => new Date(time),
		monotonic: () => time,
		async sleep(milliseconds, {signal}) {
			signal.throwIfAborted();
			time += milliseconds;
		},
	};
}

export type Answers<T> = (T | Error)[];

/** Gives the answers in order, and the last one from then on. */
export function inTurn<T>(answers: Answers<T>): () => Promise<T> {
	return async () => {
		const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
		if (answer instanceof Error) {
			throw answer;
		}

		return answer;
	};
}

export type Manifest = {digest: Digest; bytes: Uint8Array};

/** An image of one platform without layers: the smallest intact one. */
export function smallManifest(name: string): Manifest {
	const config = {mediaType: 'application/vnd.acme.config.v1+json', size: 2, digest: digestOf(Buffer.from(name))};
	const bytes = Buffer.from(JSON.stringify({schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: []}));
	return {bytes, digest: digestOf(bytes)};
}

/** `infra-ci:latest`, of which a plan says that it is damaged. */
export function damagedImage(digest: Digest): DamagedImage {
	return {
		id: 'infra-ci@a',
		repository: 'infra-ci',
		digest,
		tags: ['latest'],
		platforms: {whole: [], lost: []},
		findings: ['child-swept'],
	};
}

export function digestOf(bytes: Uint8Array): Digest {
	return `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
}

export type FakeRegistry = Registry & {
	puts: string[];
	served: Map<string, Manifest>;
	onPut: (reference: string) => void;
};

/** `Registry.repositories` of a registry with these. */
export const catalogueOf = (...names: string[]) =>
	async function* repositories(): AsyncGenerator<string, CatalogueEnd> {
		yield* names;
		return {pages: 1, furtherRequests: 0, mayOmit: []};
	};

/** Serves, by tag and by digest, what was put into it. */
export function fakeRegistry(served: Record<string, Manifest> = {}): FakeRegistry {
	const self: FakeRegistry = {
		host,
		puts: [],
		served: new Map(Object.entries(served)),
		onPut: () => {},
		async manifest(_repository, reference, {signal}) {
			signal.throwIfAborted();
			const found = self.served.get(reference);
			return found
				? {state: 'found', ...found, mediaType: mediaTypes.ociManifest}
				: {state: 'missing', status: 404, detail: 'manifest unknown'};
		},
		blob: async () => ({state: 'present', status: 200}),
		servesFromMemory: async () => false,
		tags: async () => [...self.served.keys()].filter(key => !key.startsWith('sha256:')),
		async putManifest(_repository, reference, {bytes}, {signal}) {
			signal.throwIfAborted();
			self.puts.push(reference);
			self.onPut(reference);
			self.served.set(reference, {bytes, digest: digestOf(bytes)});
			return {state: 'stored', digest: digestOf(bytes), status: 201};
		},
		deleteManifest: async () => neverAsked(),
		mountBlob: async () => neverAsked(),
		uploadBlob: async () => neverAsked(),
		repositories: catalogueOf(),
		busy: () => 0,
		certificate: () => undefined,
		login: () => undefined,
		rateLimit: () => undefined,
		askLimit: async () => undefined,
		requests: () => 1,
		fresh: () => self,
		close: async () => {},
	};
	return self;
}

/** A host with nothing that harms the registry, and without gaps. */
export const quietHost: Maintenance = {
	files: [
		{path: '/opt/registry/compose.yml', kind: 'compose', text: 'services: {r: {image: "registry:2.8.3"}}', cut: false},
	],
	running: [],
	disk: {mountedOn: '/', size: 100_000_000, free: 50_000_000, line: '/dev/sda1 100000000 50000000 50000000 50% /'},
	gaps: [],
};

export function fakeStorage(blobs: readonly Manifest[] = [], more: Partial<Storage> = {}): Storage & {locks: string[]} {
	const locks: string[] = [];
	return {
		place: 'registry-vm:/opt/registry/data',
		restartCommand: 'docker compose restart registry',
		locks,
		list: async () => neverAsked(),
		recheck: async paths => new Map(paths.map(path => [path, {state: 'there', size: 71, changed: 0}])),
		tagLinks: async () => new Map(),
		sample: async () => neverAsked(),
		applied: async () => undefined,
		markApplied: async () => undefined,
		identity: async () => ({root: '/opt/registry/data', device: '1:2', hostKey: null}),
		streamBlob: () => neverAsked(),
		hash: async () => neverAsked(),
		readBlob: async digest => blobs.find(blob => blob.digest === digest)?.bytes,
		maintenance: async () => quietHost,
		hostNow: async () => hostNow(),
		suspend: async () => ({exitCode: 0, output: ''}),
		dryRunCollection: async () => neverAsked(),
		survey: async () => ({unreadable: [], isWhole: true}),
		moveAside: async ({digest, incident}) => ({
			state: 'moved',
			to: `/opt/registry/data/regmedic-aside/${incident}/${digest}`,
		}),
		redisAnswer: async () => ({exitCode: 0, output: 'PONG'}),
		forget: async () => ({exitCode: 0, output: ''}),
		putBack: async () => 'back',
		aside: async () => [],
		restartObstacles: async () => [],
		restart: async () => ({exitCode: 0, output: 'restarted'}),
		restartLog: async () => undefined,
		async lock(holder) {
			locks.push(`taken ${holder}`);
			return {
				holder,
				release: async () => {
					locks.push('released');
				},
			};
		},
		close: async () => {},
		...more,
	};
}

export function pipeline(more: Partial<Pipeline> = {}): Pipeline {
	return {
		number: 41,
		state: 'succeeded',
		status: more.state ?? 'success',
		branch: 'main',
		commit: 'abc',
		event: 'manual',
		ref: 'main',
		refspec: '',
		deployTo: '',
		author: 'oncall',
		parent: 0,
		tellsWhoCancelled: true,
		created: '2026-04-19T03:00:00Z',
		title: 'nightly',
		errors: [],
		workflows: [],
		steps: [],
		...more,
	};
}

export type FakeCi = Ci & {triggers: string[]; restarts: number[]};

export function fakeCi({
	triggers = [{state: 'created', pipeline: pipeline({state: 'running'})}],
	pipelines = [pipeline()],
	found = [undefined],
	restarts = [],
	restartedAs = [undefined],
	...more
}: {
	triggers?: Answers<TriggerAnswer>;
	pipelines?: Answers<Pipeline>;
	found?: Answers<Pipeline | undefined>;
	restarts?: Answers<TriggerAnswer>;
	/** What is found of a restart whose response was lost. */
	restartedAs?: Answers<Pipeline | undefined>;
} & Partial<Pick<Ci, 'log' | 'since' | 'live' | 'access' | 'ready' | 'queue'>> = {}): FakeCi {
	const self = {triggers: [] as string[], restarts: [] as number[]};
	const [trigger, next, find, restart] = [inTurn(triggers), inTurn(pipelines), inTurn(found), inTurn(restarts)];
	return {
		...self,
		place: 'ci.example',
		trigger({requestId}) {
			self.triggers.push(requestId);
			return trigger();
		},
		find,
		pipeline: next,
		patience: {logQuietMs: 4_000, lostReplyMs: 75_000},
		ready: async () => ({login: 'oncall', version: '3.17.0', cancels: [], timeoutMs: 3_600_000, ranManually: true}),
		log: () => noLog(),
		live: async () => [],
		since: async () => [],
		access: async () => ({login: 'oncall', cancels: []}),
		queue: async () => undefined,
		cancel: async () => {},
		approve: async () => {},
		restart(_repository, number) {
			self.restarts.push(number);
			return restart();
		},
		restartOf: inTurn(restartedAs),
		close: async () => {},
		...more,
	};
}

/** A log that was whole from the beginning. */
export function noLog(read: PipelineLog['read'] = async function* () {}): PipelineLog {
	return {read, isWhole: () => true, lastLines: () => [], lastLineMs: () => undefined};
}

/** `tidied`: the builds that were tidied up after. */
export type FakeBuilder = Builder & {starts: string[]; tidied: string[]};

export function fakeBuilder({
	starts = [{state: 'started', program: 'buildah'}],
	statuses = [{state: 'pushed'}],
	...more
}: {starts?: Answers<StartAnswer>; statuses?: Answers<BuildStatus>} & Partial<Pick<Builder, 'log'>> = {}): FakeBuilder {
	const asked: string[] = [];
	const tidied: string[] = [];
	const [start, status] = [inTurn(starts), inTurn(statuses)];
	return {
		place: 'registry-vm',
		check: async () => neverAsked(),
		abilities: async () => ({program: 'buildah', platform: 'linux/amd64', emulates: [], buildx: false, unreadable: []}),
		recipe: async () => ({state: 'read', commit: '0', dockerfile: 'FROM scratch\n'}),
		starts: asked,
		start({requestId}) {
			asked.push(requestId);
			return start();
		},
		status,
		log: async (_requestId, fromByte) => ({text: '', nextByte: fromByte}),
		cancel: async () => {},
		tidy: async requestId => void tidied.push(requestId),
		tidied,
		close: async () => {},
		...more,
	};
}

export type FakeContext = ActionContext & {logged: string[]; records: {name: string; detail: JsonObject}[]};

export function contextWith(ports: Partial<Ports>, more: Partial<ActionContext> = {}): FakeContext {
	const logged: string[] = [];
	const records: {name: string; detail: JsonObject}[] = [];
	return {
		ports: {
			registry: fakeRegistry(),
			secrets: noSecrets,
			clock: fakeClock(),
			...ports,
		},
		settings,
		request: 'incident.step.1',
		incident: 'incident',
		opened: '2026-04-19T03:00:00.000Z',
		approved: [],
		recorded: [],
		timeoutMs: 600_000,
		signal: new AbortController().signal,
		logged,
		records,
		log: text => void logged.push(text),
		progress: () => {},
		record: async (name, detail) => void records.push({name, detail}),
		...more,
	};
}

function neverAsked(): never {
	throw new Error('nobody asks for this');
}
