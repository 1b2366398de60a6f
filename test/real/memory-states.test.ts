import path from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {type Incident, lastVisit} from '../../src/domain/incident/incident.ts';
import {buildImage} from '../../src/drills/images/image.ts';
import {forEachConcurrently} from '../../src/engine/bounded-concurrency.ts';
import {isPullable} from '../support/http-push.ts';
import {openMemoryLab} from '../support/memory-lab.ts';
import {describeReal, temporaryFolder} from '../support/real.ts';
import {registryVersion} from '../support/registry-program.ts';

const image = buildImage({seed: 'state', attestations: false, platforms: ['linux/amd64'], layers: 1});
const digests = {index: image.index.digest, child: image.manifests[0]!.digest, layer: image.blobs[1]!.digest};
const parts = ['index', 'child', 'layer'] as const;
const losses = ['link', 'data', 'link and data'] as const;
const memories = ['warm', 'cold'] as const;

type State = {part: (typeof parts)[number]; loss: (typeof losses)[number]; memory: (typeof memories)[number]};

const states: State[] = parts.flatMap(part => losses.flatMap(loss => memories.map(memory => ({part, loss, memory}))));
const statesAtATime = 3;

describeReal(`what registry ${registryVersion} remembers of what its disk lost`, ['docker-registry', 'curl'], () => {
	let place: Awaited<ReturnType<typeof temporaryFolder>>;

	beforeAll(async () => {
		place = await temporaryFolder();
	});

	afterAll(() => place?.[Symbol.asyncDispose]());

	/** `warm`: it was pulled before the loss, an hour ago, and the registry has run since. `cold`: it was started after the loss. */
	async function rowOf({part, loss, memory}: State): Promise<string[]> {
		await using lab = await openMemoryLab(path.join(place.folder, `${part} ${loss} ${memory}`.replaceAll(' ', '-')));
		const {store, host, registry} = lab;
		await store.push('acme/app', 'v1', image);
		expect(await isPullable(host, 'acme/app', 'v1')).toBe(true);
		const digest = digests[part];
		const link = (part === 'layer' ? store.layerLink : store.revisionLink)('acme/app', digest);
		const gone = [...(loss === 'data' ? [] : [link]), ...(loss === 'link' ? [] : [store.blobFile(digest)])];
		await Promise.all(gone.map(file => store.remove(path.dirname(file))));
		await lab.lostAt(memory === 'warm' ? 3600 : -3600);
		if (memory === 'cold') {
			await registry.restart();
		}

		const isServed = await isPullable(host, 'acme/app', 'v1');
		const incident = await lab.respond('acme/app', {});
		await registry.restart();
		const survives = await isPullable(host, 'acme/app', 'v1');
		return [part, loss, memory, isServed ? 'yes' : 'no', survives ? 'yes' : 'no', ...cellsOf(incident)];
	}

	test('its verdict, finding and remedy stand in docs', async () => {
		const rows = new Map<State, string[]>();
		const left = states.values();
		await forEachConcurrently(
			async () => left.next().value,
			statesAtATime,
			async state => void rows.set(state, await rowOf(state)),
		);

		await expect(`# What registry ${registryVersion} remembers of what its disk lost

Made by test/real/memory-states.test.ts on a real registry with \`cache: {blobdescriptor: inmemory}\`; with \`-u\` it makes
this page anew. Lost is the link or the data of an index, of its child or of a layer. Warm: the image was pulled before the loss, and the registry has
run since. Cold: the registry was started after the loss.

| lost | of it | memory | pulled | after a restart | verify | scan | remedy of the scan | \`respond\` recommends | a restart |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
${states.map(state => `| ${rows.get(state)!.join(' | ')} |`).join('\n')}
`).toMatchFileSnapshot(`../../docs/memory-of-${registryVersion}.md`);
	}, 300_000);
});

type Option = {key: string; why: string; blocked?: string};

function cellsOf(incident: Incident): string[] {
	const checks = incident.visits.flatMap(({output}) => (output?.kind === 'check' ? [output.check] : []));
	const {verdict, faults} = checks.at(-1)!;
	const scan = lastVisit(incident, 'scan-storage')?.output;
	const findings = scan?.kind === 'scan' ? scan.findings : [];
	const options = (incident.visits.at(-1)!.with.options ?? []) as Option[];
	const restart = options.find(({key}) => key === 'restart');
	return [
		[verdict, ...faults.map(({kind}) => kind)].join(', '),
		findings.map(({kind}) => kind).join(', '),
		findings.map(({remedy}) => remedy).join(', '),
		options[0]?.key ?? '',
		restart?.blocked === undefined
			? (restart?.why.match(/^(?:Proven|Suspected|Not proven|Not known)/)?.[0] ?? 'restores nothing')
			: 'breaks it',
	];
}
