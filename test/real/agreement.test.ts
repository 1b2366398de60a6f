import {execFile} from 'node:child_process';
import {mkdir, rm} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {createLocalShell} from '../../src/adapters/ssh/local.ts';
import {createStorage} from '../../src/adapters/storage/storage.ts';
import {parseReference} from '../../src/domain/image/reference.ts';
import type {Depth, ImageCheck} from '../../src/domain/image/verdict.ts';
import {probe} from '../../src/engine/probe/probe.ts';
import {scanStore} from '../../src/engine/scan/scan-store.ts';
import {createWalker} from '../../src/engine/verify/walk-image.ts';
import {systemClock} from '../../src/wiring/setup.ts';
import {connect} from '../adapters/registry/server.ts';
import {type Checks, differencesOfProbe, differencesOfScan, differencesOfWalk} from '../support/agreement.ts';
import {type DisorderedStore, disorderedStore} from '../support/disordered-store.ts';
import {createNonces} from '../support/nonces.ts';
import {processes} from '../support/processes.ts';
import {numbersFrom} from '../support/random-store.ts';
import {describeReal, locate, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {storeTruth, type TagTruth} from '../support/store-truth.ts';
import {isSweep} from '../support/sweep.ts';

const run = promisify(execFile);
const {signal} = new AbortController();
const storesAtATime = 3;

/** REGMEDIC_SEED=N,N runs these stores again. */
const {REGMEDIC_SEED} = process.env;
const seeds =
	REGMEDIC_SEED === undefined
		? Array.from({length: isSweep ? 300 : 6}, (_, at) => at + 1)
		: REGMEDIC_SEED.split(',').map(Number);

const seen = {
	stores: 0,
	tags: 0,
	broken: 0,
	vanished: 0,
	faults: {} as Record<string, number>,
	damages: {} as Record<string, number>,
};

function count(counts: Record<string, number>, name: string): void {
	counts[name] = (counts[name] ?? 0) + 1;
}

describeReal(
	'probe, verify and scan of a random store agree with distribution 2.8 and with its disk',
	['docker-registry'],
	() => {
		let place: Awaited<ReturnType<typeof temporaryFolder>>;

		beforeAll(async () => {
			place = await temporaryFolder();
		});

		afterAll(async () => {
			await place?.[Symbol.asyncDispose]();
		});

		/** A registry that has served nothing of it yet. */
		async function serve({store, collection, pageSize}: DisorderedStore): Promise<RealRegistry> {
			const registry = await startDockerRegistry({root: store.root, folder: place.folder, pageSize});
			if (collection !== 'none') {
				await registry.stop();
				const more = collection === 'plain' ? [] : [collection];
				// It fails on a damaged store, and leaves it half collected.
				await run(locate('docker-registry')!, ['garbage-collect', ...more, registry.config]).catch(() => {});
				await registry.restart();
			}

			return registry;
		}

		async function walkAll(
			registry: ReturnType<typeof connect>,
			tags: readonly TagTruth[],
			depth: Depth,
		): Promise<Checks> {
			const walker = createWalker(registry, {depth, signal});
			const checks = tags.map(async ({repository, tag}) => {
				const walk = walker.walk(parseReference(`${registry.host}/${repository}:${tag}`));
				return [`${repository}:${tag}`, await walk.catch((error: Error) => error)] as const;
			});
			return new Map(await Promise.all(checks));
		}

		async function probeAll(registry: ReturnType<typeof connect>) {
			const checks = new Map<string, ImageCheck>();
			const onImage = (check: ImageCheck) => void checks.set(check.reference.slice(registry.host.length + 1), check);
			const report = await probe(registry, {depth: 'edge', role: 'authoritative', clock: systemClock, signal, onImage});
			return {report, checks};
		}

		async function differencesIn(seed: number): Promise<string[]> {
			const root = path.join(place.folder, `store-${seed}`);
			await mkdir(root);
			const disordered = await disorderedStore(root, numbersFrom(seed));
			const {store, parts, damages, vanished} = disordered;
			const server = await serve(disordered);
			try {
				const truth = storeTruth(store, parts, vanished);
				for (const {met} of truth.tags) {
					for (const {served} of met) {
						count(seen.faults, served);
					}
				}

				for (const damage of damages) {
					count(seen.damages, damage.replace(/:.*/, ''));
				}

				seen.stores++;
				seen.vanished += truth.vanished.size;
				seen.tags += truth.tags.length;
				seen.broken += truth.tags.filter(({met}) => met.length > 0).length;

				await using registry = connect({host: server.host});
				const {report, checks} = await probeAll(registry);
				const verified = await walkAll(registry, truth.tags, 'content');
				const storage = createStorage({shell: createLocalShell({processes, nonce: createNonces()}), root});
				const {scan: hashed} = await scanStore(storage, {role: 'authoritative', hash: {}, signal});
				const {scan} = await scanStore(storage, {role: 'authoritative', signal});
				const walked = truth.tags.filter(({repository, tag}) => checks.has(`${repository}:${tag}`));
				const differences = [
					...differencesOfProbe(report, truth, checks),
					...differencesOfWalk('probe', walked, checks, false),
					...differencesOfWalk('verify', truth.tags, verified, true),
					...differencesOfScan('scan', scan, truth, false),
					...differencesOfScan('scan --hash', hashed, truth, true),
				];
				return differences.map(
					(difference, at) => `seed ${seed}: ${difference}${at === 0 ? ` [${damages.join('; ')}]` : ''}`,
				);
			} finally {
				await server.stop();
				await rm(root, {recursive: true, force: true});
			}
		}

		test(
			`${seeds.length} stores, seeds ${seeds[0]} to ${seeds.at(-1)}`,
			async () => {
				const differences: string[] = [];
				const left = seeds.values();
				await Promise.all(
					Array.from({length: storesAtATime}, async () => {
						for (const seed of left) {
							differences.push(
								...(await differencesIn(seed).catch((error: Error) => [`seed ${seed}: ${error.stack}`])),
							);
						}
					}),
				);

				process.stdout.write(`${JSON.stringify({...seen, differences: differences.length})}\n`);
				expect(differences).toEqual([]);
			},
			isSweep ? 600_000 : 120_000,
		);
	},
);
