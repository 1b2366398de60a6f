import type {Configuration} from '../../src/domain/configuration.ts';
import type {Digest} from '../../src/domain/image/digest.ts';
import {parseReference} from '../../src/domain/image/reference.ts';
import type {Pipeline} from '../../src/domain/pipeline/pipeline.ts';
import {blobFolder, revisionFolder} from '../../src/domain/storage/listing/paths.ts';
import {type BuiltImage, buildImage} from '../../src/drills/images/image.ts';
import type {Ports} from '../../src/engine/actions/action.ts';
import type {Clock} from '../../src/engine/ports/clock.ts';
import {settingsOf} from '../../src/wiring/ports.ts';
import {type DyingProcess, untilDeath} from './dying-process.ts';
import {fakeBuilder, fakeCi, pipeline} from './fake-ports.ts';
import {memoryHost, readTree, serveTree, wrongInTree} from './memory-store.ts';
import {noSecrets} from './redacting.ts';
import {emptyTree, push, remove, type StoredImage} from './store-tree.ts';
import type {DoneToWorld} from './world-promises.ts';

export type MemoryScenario = 'orphan-index' | 'orphan-index-ci-down' | 'child-unlinked';

/** A registry, its host, a CI and a builder in memory, with a clock of their own. */
export type MemoryWorld = {
	image: string;
	settings: ReturnType<typeof settingsOf>;
	/** The ports of one process; they fail once that process is dead. */
	ports(process: DyingProcess): Ports;
	/** Advances the clock while no process runs. */
	pass(milliseconds: number): void;
	/** All changes so far, by every process. */
	done(): DoneToWorld;
};

const repository = 'infra-ci';
const tags = ['latest', 'manual'];
const buildLastsMs = 40_000;
const oldPipelines = [11, 12, 13];

export function createMemoryWorld(scenario: MemoryScenario): MemoryWorld {
	const tree = emptyTree();
	const stored: string[] = [];
	const builtInCi: number[] = [];
	const restarts = new Map<number, number>();
	const pipelines = new Map<number, Pipeline>(oldPipelines.map(number => [number, failedToPull(number)]));
	const builds = new Map<string, number>();
	const clock = createClock();
	const locked = {by: undefined as DyingProcess | undefined};

	const broken = buildImage({seed: 'before'});
	push(tree, repository, 'latest', storedImage(broken));
	push(tree, 'web/shop', '1.42.0', storedImage(buildImage({seed: 'shop'})));
	const children = broken.manifests.map(({digest}) => digest);
	// Two of them, so that a process can die between the first and the second relink.
	const lost = scenario === 'child-unlinked' ? children.slice(0, 2) : children;
	for (const digest of lost) {
		remove(tree, revisionFolder(repository, digest));
	}

	// `garbage-collect -m` unlinks the children, then sweeps their data.
	for (const digest of scenario === 'child-unlinked' ? [] : [...children, ...broken.blobs.map(blob => blob.digest)]) {
		remove(tree, blobFolder(digest as Digest));
	}

	function pushBuild(seed: string): void {
		for (const tag of tags) {
			push(tree, repository, tag, storedImage(buildImage({seed})));
		}
	}

	function addPipeline(more: Partial<Pipeline>): Pipeline {
		const added = pipeline({number: 40 + pipelines.size, state: 'running', status: 'running', ...more});
		pipelines.set(added.number, added);
		clock.at(buildLastsMs, () => {
			pipelines.set(added.number, {...added, state: 'succeeded', status: 'success'});
			if (added.requestId !== undefined) {
				pushBuild(`pipeline ${added.number}`);
			}
		});
		return added;
	}

	const ofParent = new Map<number, Pipeline>();
	const ci = {
		...fakeCi(),
		async trigger({requestId}: {requestId: string}) {
			const added = addPipeline({requestId});
			builtInCi.push(added.number);
			return {state: 'created' as const, pipeline: added};
		},
		find: async ({requestId}: {requestId: string}) =>
			[...pipelines.values()].find(each => each.requestId === requestId),
		pipeline: async (_: string, number: number) => pipelines.get(number)!,
		since: async () => [...pipelines.values()].reverse(),
		async restart(_: string, number: number) {
			restarts.set(number, (restarts.get(number) ?? 0) + 1);
			const added = addPipeline({event: 'push', branch: pipelines.get(number)!.branch});
			ofParent.set(number, added);
			return {state: 'created' as const, pipeline: added};
		},
		restartOf: async (_: string, number: number) => ofParent.get(number),
	};

	const builder: NonNullable<Ports['builder']> = {
		...fakeBuilder(),
		async start({requestId}) {
			if (!builds.has(requestId)) {
				builds.set(requestId, clock.monotonic() + buildLastsMs);
				clock.at(buildLastsMs, () => pushBuild(requestId));
			}

			return {state: 'started', program: 'docker'};
		},
		async status(requestId) {
			const end = builds.get(requestId);
			return end === undefined
				? {state: 'absent'}
				: end > clock.monotonic()
					? {state: 'running', stage: 'build'}
					: {state: 'pushed'};
		},
	};

	const registry = serveTree(tree, reference => void stored.push(reference));
	const storage = readTree(tree);
	const image = `${memoryHost}/${repository}:latest`;

	return {
		image,
		settings: settingsOf(parseReference(image), {configuration: configurationOf(scenario)}),
		ports: process => ({
			registry: untilDeath(registry, process),
			storage: untilDeath(
				{
					...storage,
					async lock() {
						if (locked.by && locked.by !== process && !locked.by.isDead()) {
							throw new Error('Two processes hold the lock of the store.');
						}

						locked.by = process;
						return {
							async release() {
								locked.by = undefined;
							},
						};
					},
				},
				process,
			),
			ci: untilDeath(ci, process),
			builder: untilDeath(builder, process),
			secrets: noSecrets,
			clock: {...clock, sleep: untilDeath(clock, process).sleep},
		}),
		pass: clock.pass,
		done: () => ({
			builtInCi: builtInCi.length,
			fallbackBuilds: builds.size,
			stored,
			restarts,
			damaged: lost.length,
			wrongWithImage: wrongInTree(tree, repository, 'latest'),
		}),
	};
}

function storedImage({manifests, index, blobs}: BuiltImage): StoredImage {
	return {manifests: [...manifests, index], blobs};
}

/** A clock that advances only when somebody sleeps or `pass` is called. Whatever is due by then happens. */
function createClock() {
	let time = Date.parse('2026-04-19T03:00:00.000Z');
	const due: {time: number; act: () => void}[] = [];

	function pass(milliseconds: number): void {
		time += milliseconds;
		for (const each of due.filter(one => one.time <= time)) {
			due.splice(due.indexOf(each), 1);
			each.act();
		}
	}

	return {
		now: () => new Date(time),
		monotonic: () => time,
		async sleep(milliseconds, {signal}) {
			signal.throwIfAborted();
			pass(milliseconds);
		},
		pass,
		at: (milliseconds: number, act: () => void) => void due.push({time: time + milliseconds, act}),
	} satisfies Clock & Record<string, unknown>;
}

/** A push of a branch of its own. */
function failedToPull(number: number): Pipeline {
	const error = 'Error response from daemon: No such image: infra-ci:latest';
	const step = {id: 1, name: 'lint', state: 'failed' as const, error, isService: false};
	return pipeline({
		number,
		state: 'failed',
		status: 'failure',
		event: 'push',
		branch: `change-${number}`,
		workflows: [{id: 1, name: 'woodpecker', state: 'failed', error, steps: [step]}],
		steps: [step],
	});
}

function configurationOf(scenario: MemoryScenario): Configuration {
	return {
		registries: {
			private: {
				url: `http://${memoryHost}`,
				role: 'authoritative',
				storage: {ssh: 'registry-vm', root: '/opt/registry/data', restart: 'docker compose restart registry'},
			},
		},
		woodpecker: {url: 'https://ci.example', token: {env: 'TOKEN'}},
		images: {
			[repository]: {
				registry: 'private',
				build: {
					repository: 'acme/infra',
					branch: 'main',
					runsIn: scenario === 'orphan-index-ci-down' ? [repository] : [],
				},
				usedByPipelines: [],
				fallback: {
					on: 'vm',
					git: 'https://git.example/acme/infra',
					context: 'ci',
					dockerfile: 'Dockerfile',
					tags,
					builder: 'auto',
					environment: {},
					args: {},
					secrets: {},
				},
			},
		},
	};
}
