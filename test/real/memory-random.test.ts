import {spawnSync} from 'node:child_process';
import {cp} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import type {Digest} from '../../src/domain/image/digest.ts';
import type {Visit} from '../../src/domain/incident/incident.ts';
import {isObject} from '../../src/domain/json.ts';
import {type BuiltImage, buildImage} from '../../src/drills/images/image.ts';
import {forEachConcurrently} from '../../src/engine/bounded-concurrency.ts';
import {isPullable, pushLikeDocker} from '../support/http-push.ts';
import {type MemoryLab, openMemoryLab} from '../support/memory-lab.ts';
import {numbersFrom} from '../support/random-store.ts';
import {describeReal, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {approve, choose, pick, type Script} from '../support/real-responder.ts';
import {registryProgram, registryVersion} from '../support/registry-program.ts';
import {isSweep} from '../support/sweep.ts';

/** REGMEDIC_SEED=N,N runs these stores again. */
const {REGMEDIC_SEED} = process.env;
const seeds =
	REGMEDIC_SEED === undefined
		? Array.from({length: isSweep ? 60 : 3}, (_, at) => at + 1)
		: REGMEDIC_SEED.split(',').map(Number);
const storesAtATime = 2;
const mostRemedies = 10;

const repositories = ['acme/app', 'acme/base', 'acme/tool'];
const seen: Record<string, number> = {};
const count = (what: string) => {
	seen[what] = (seen[what] ?? 0) + 1;
};

type Tagged = {repository: string; image: BuiltImage};

describeReal(
	`random losses, warm and cold, and what respond recommends, on registry ${registryVersion}`,
	['docker-registry', 'curl'],
	() => {
		let place: Awaited<ReturnType<typeof temporaryFolder>>;

		beforeAll(async () => {
			place = await temporaryFolder();
		});

		afterAll(() => place?.[Symbol.asyncDispose]());

		/** What of these images can be pulled. */
		async function pullable(host: string, tagged: readonly Tagged[]): Promise<Set<string>> {
			const names = await Promise.all(
				tagged.map(async ({repository}) => ((await isPullable(host, repository, 'v1')) ? [repository] : [])),
			);
			return new Set(names.flat());
		}

		/** What a registry that remembers nothing serves of a copy of the store. */
		async function pullableCold(lab: MemoryLab, folder: string, tagged: readonly Tagged[]): Promise<Set<string>> {
			const root = path.join(folder, `copy-${Math.random()}`);
			await cp(lab.store.root, root, {recursive: true});
			const cold = await startDockerRegistry({root, folder});
			return pullable(cold.host, tagged).finally(() => cold.stop());
		}

		/** Carries out the first remedy that is recommended. @returns its key */
		async function carryOut(lab: MemoryLab, {repository, image}: Tagged): Promise<string> {
			let recommended = 'none';
			const script: Script = {
				decide: [
					visit => {
						const [first] = visit.with.options as {key: string}[];
						recommended = first!.key;
						return choose(['rebuild-ci', 'by-hand'].includes(recommended) ? 'hand-over' : recommended)();
					},
				],
				'restart-registry': [approve],
				relink: [approve],
				'pick-sibling': [visit => pick(firstOption(visit))(visit)],
				're-point': [approve],
			};
			const incident = await lab.respond(repository, script);
			if (recommended === 'rebuild-ci') {
				// The pipeline builds the same image.
				await pushLikeDocker(lab.host, repository, 'v1', image);
			}

			return recommended === 'none' && incident.phase.kind === 'stopped' ? incident.phase.stop : recommended;
		}

		async function differencesIn(seed: number): Promise<string[]> {
			const random = numbersFrom(seed);
			const some = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
			const folder = path.join(place.folder, `seed-${seed}`);
			await using lab = await openMemoryLab(folder);
			const {store, host, registry} = lab;
			const differences: string[] = [];

			const tagged = repositories.map((repository): Tagged => {
				const platforms = random() < 0.5 ? ['linux/amd64'] : ['linux/amd64', 'linux/arm64'];
				// Two of them may be the same image.
				return {repository, image: buildImage({seed: some(['one', 'two']), platforms, attestations: false, layers: 1})};
			});
			for (const {repository, image} of tagged) {
				await (random() < 0.5 ? pushLikeDocker(host, repository, 'v1', image) : store.push(repository, 'v1', image));
			}

			for (const {repository} of tagged.filter(() => random() < 0.6)) {
				await isPullable(host, repository, 'v1');
			}

			const damages: string[] = [];
			/** Deleted over HTTP and not pushed again: the only one that nothing is recommended for. */
			let deleted: string | undefined;
			if (random() < 0.25) {
				const {repository, image} = some(tagged);
				for (const {digest} of [image.index, ...image.manifests]) {
					await fetch(`http://${host}/v2/${repository}/manifests/${digest}`, {method: 'DELETE'});
				}

				const more = random() < 0.5 ? ['-m'] : [];
				spawnSync(registryProgram(registryVersion)!, ['garbage-collect', ...more, registry.config]);
				damages.push(`deleted and collected ${repository} ${more}`);
				deleted = repository;
				if (random() < 0.7) {
					await pushLikeDocker(host, repository, 'v1', image).then(
						() => {
							deleted = undefined;
						},
						() => {},
					);
				}
			} else {
				for (let left = 1 + Math.floor(random() * 3); left > 0; left--) {
					damages.push(await damage(lab, some(tagged), {random, some}));
				}

				await lab.lostAt(3600);
			}

			if (random() < 0.3) {
				await lab.lostAt(-3600);
				await registry.restart();
				damages.push('restarted');
			}

			const without = new Set<string>();
			for (let round = 0; round < mostRemedies; round++) {
				const before = await pullable(host, tagged);
				const coldBefore = await pullableCold(lab, folder, tagged);
				const wanting = tagged.filter(
					({repository}) => !without.has(repository) && !(before.has(repository) && coldBefore.has(repository)),
				);
				if (wanting.length === 0) {
					break;
				}

				const target = some(wanting);
				const remedy = await carryOut(lab, target);
				count(remedy);
				if (remedy === 'no-such-image') {
					without.add(target.repository);
				}

				if (remedy === 'restart') {
					await lab.lostAt(-3600);
				}

				const after = await pullable(host, tagged);
				const coldAfter = await pullableCold(lab, folder, tagged);
				const said = `seed ${seed}, round ${round}: ${remedy} for ${target.repository}`;
				differences.push(
					...[...before].filter(name => !after.has(name)).map(name => `${said}: ${name} cannot be pulled any more`),
					...[...coldBefore]
						.filter(name => !coldAfter.has(name))
						.map(name => `${said}: ${name} does not survive a restart`),
					...(remedy === 'relink' && before.has(target.repository) && !coldAfter.has(target.repository)
						? [`${said}: it was pulled from memory, and is lost with a restart`]
						: []),
					...(remedy === 'rebuild-ci' && !coldAfter.has(target.repository) ? [`${said}: the push was lost`] : []),
				);
			}

			const left = await pullableCold(lab, folder, tagged);
			const lost = tagged.map(({repository}) => repository).filter(name => !left.has(name));
			differences.push(
				...lost.filter(name => name !== deleted).map(name => `seed ${seed}: nothing recommended made ${name} whole`),
				...[...without].filter(name => name !== deleted).map(name => `seed ${seed}: ${name} was not deleted`),
			);
			count(lost.length === 0 ? 'whole at the end' : 'whole but for the deleted');
			count('stores');
			return differences.map(difference => `${difference} [${damages.join('; ')}]`);
		}

		test(
			`${seeds.length} stores, seeds ${seeds[0]} to ${seeds.at(-1)}: no image that could be pulled before a remedy cannot be pulled after it, or after a restart, and all but the deleted are whole at the end`,
			async () => {
				const differences: string[] = [];
				const left = seeds.values();
				await forEachConcurrently(
					async () => left.next().value,
					storesAtATime,
					async seed => {
						differences.push(...(await differencesIn(seed).catch((error: Error) => [`seed ${seed}: ${error.stack}`])));
					},
				);

				process.stdout.write(`${JSON.stringify({...seen, differences: differences.length})}\n`);
				expect(differences).toEqual([]);
			},
			isSweep ? 3_000_000 : 300_000,
		);
	},
);

function firstOption({asked}: Visit): string {
	const [question] = asked?.kind === 'ask' ? asked.questions : [];
	const [option] = question?.options ?? [];
	return isObject(option) ? String(option.key) : '';
}

type Chance = {random: () => number; some: <T>(items: readonly T[]) => T};

/** Loses the link, the data or both of one part. */
async function damage({store}: MemoryLab, {repository, image}: Tagged, {some}: Chance): Promise<string> {
	const manifests = [image.index, ...image.manifests].map(({digest}) => digest);
	const digest: Digest = some([...manifests, ...image.blobs.map(blob => blob.digest)]);
	const isManifest = manifests.includes(digest);
	const link = (isManifest ? store.revisionLink : store.layerLink)(repository, digest);
	const loss = some(['link', 'data', 'link and data']);
	const files = [...(loss === 'data' ? [] : [link]), ...(loss === 'link' ? [] : [store.blobFile(digest)])];
	await Promise.all(files.map(file => store.remove(path.dirname(file))));
	return `${loss} of ${isManifest ? 'manifest' : 'blob'} ${digest.slice(7, 15)} in ${repository}`;
}
