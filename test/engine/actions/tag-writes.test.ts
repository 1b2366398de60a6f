import {expect, test} from 'vitest';
import {type Change, isDestructive, sayChange, sayDangers} from '../../../src/domain/incident/change.ts';
import {parseSettings, type Settings} from '../../../src/domain/incident/settings.ts';
import type {RegistryLogin} from '../../../src/domain/registry-login.ts';
import type {ActionContext} from '../../../src/engine/actions/action.ts';
import {builderBuild} from '../../../src/engine/actions/builder-build.ts';
import {ciBuild} from '../../../src/engine/actions/ci-build.ts';
import type {BuildOrder} from '../../../src/engine/ports/builder.ts';
import {
	contextWith,
	type FakeRegistry,
	fakeBuilder,
	fakeCi,
	fakeRegistry,
	fakeStorage,
	image as latest,
	type Manifest,
	pipeline,
	settingsValues,
	smallManifest,
	unreachable,
} from '../../support/fake-ports.ts';

const image = {host: 'registry.example:5000', repository: 'infra-ci', tag: 'latest'};
const manual = latest.replace('latest', 'manual');
const [one, two] = ['one', 'two'].map(smallManifest) as [Manifest, Manifest];

/** As the journal keeps them, where the configuration says what the pipeline pushes. */
function settingsWith(more: object): Settings {
	return parseSettings({...settingsValues, ...more})!;
}

/** A registry in which the config of `broken` is gone. */
function registryWith(served: Record<string, Manifest>, ...broken: Manifest[]): FakeRegistry {
	const digests = Object.fromEntries(Object.values(served).map(manifest => [manifest.digest, manifest]));
	const registry = fakeRegistry({...served, ...digests});
	const lost = broken.map(({bytes}) => JSON.parse(new TextDecoder().decode(bytes)).config.digest);
	registry.blob = async (_repository, {digest}) =>
		lost.includes(digest) ? {state: 'missing', status: 404, detail: 'blob unknown'} : {state: 'present', status: 200};
	return registry;
}

function said(changes: readonly Change[]): string[] {
	return changes.flatMap(sayChange);
}

const pushes = ['latest', 'manual', 'stable', '1.4.2'];

test('the gate of a pipeline names every tag that it is declared to push, and what each is now', async () => {
	const registry = registryWith({latest: one, stable: two, '1.4.2': one}, one);
	const settings = settingsWith({pushes: ['latest', 'manual', 'stable']});
	const {changes, undo} = await ciBuild.gate!(
		{image},
		contextWith({ci: fakeCi(), registry, storage: fakeStorage()}, {settings}),
	);

	expect(changes).toMatchObject([
		{
			kind: 'start-pipeline',
			writes: [
				{tag: 'latest', now: one.digest, verdict: 'broken'},
				{tag: 'manual', verdict: 'absent'},
				{tag: 'stable', now: two.digest, verdict: 'intact'},
			],
		},
	]);
	const overwrites = `pushes ${latest.replace('latest', 'stable')} and overwrites an intact image: ${two.digest.slice(0, 19)}`;
	expect(said(changes)).toEqual([
		overwrites,
		'starts one manual pipeline of acme/infra, branch main',
		`pushes ${latest}, which is broken now: ${one.digest.slice(0, 19)}`,
		`pushes ${manual}, which does not exist now`,
	]);
	expect(changes.flatMap(sayDangers)).toEqual([overwrites]);
	expect(changes.map(isDestructive)).toEqual([true]);
	expect(undo).toContain(`the manifest of ${two.digest} under stable`);
});

test('nothing is claimed of a pipeline that nobody declared, not even the tag of the incident', async () => {
	const {changes} = await ciBuild.gate!(
		{image},
		contextWith({ci: fakeCi(), registry: registryWith({latest: one}), storage: fakeStorage()}),
	);

	expect(said(changes)).toEqual([
		'starts one manual pipeline of acme/infra, branch main',
		'it is not known which tags it pushes: images.….build.pushes does not say',
	]);
	expect(changes.map(isDestructive)).toEqual([false]);
});

test('a pipeline that pushes other tags is said not to push the one of the incident', async () => {
	const settings = settingsWith({pushes: ['main']});
	const {changes} = await ciBuild.gate!({image}, contextWith({ci: fakeCi()}, {settings}));

	expect(said(changes)).toContain(`does not push ${latest}`);
});

test('a tag that cannot be read is unknown at the gate', async () => {
	const registry = registryWith({latest: one});
	registry.manifest = () => Promise.reject(unreachable());
	const settings = settingsWith({pushes: ['latest']});
	const {changes} = await ciBuild.gate!(
		{image},
		contextWith({ci: fakeCi(), registry, storage: fakeStorage()}, {settings}),
	);

	expect(said(changes)).toContain(`pushes ${latest}, of which it is not known what it is now`);
});

/** The incident is about the broken `latest`. */
async function pipelineAfter(change: (registry: FakeRegistry) => void) {
	const registry = registryWith({latest: one, stable: two}, one);
	const settings = settingsWith({pushes: ['latest', 'manual', 'stable']});
	const ci = fakeCi();
	const {changes} = await ciBuild.gate!({image}, contextWith({ci, registry}, {settings}));
	change(registry);
	const result = await ciBuild.run({image}, contextWith({ci, registry}, {settings, approved: changes}));
	return {...result, triggers: ci.triggers.length};
}

const whole = async () => ({state: 'present' as const, status: 200});

test('right before the order every tag is looked at again, and what moved, became intact or is silent ends it untouched', async () => {
	expect(await pipelineAfter(() => {})).toMatchObject({outcome: 'succeeded', triggers: 1});

	const ends: [RegExp, (registry: FakeRegistry) => void][] = [
		[/:latest is intact now .*and was not when you approved it/, registry => Object.assign(registry, {blob: whole})],
		[
			/:latest has moved since you approved it: it named sha256:\w{12}, and names sha256:\w{12} now/,
			registry => registry.served.set('latest', two),
		],
		[
			/:manual has moved since you approved it: it did not exist, and names/,
			registry => registry.served.set('manual', two),
		],
		[/:stable has moved .* names nothing now/, registry => registry.served.delete('stable')],
		[
			/It is not known what .*:latest is now\. Nobody answers/,
			registry => Object.assign(registry, {manifest: () => Promise.reject(unreachable())}),
		],
	];
	for (const [say, change] of ends) {
		expect(await pipelineAfter(change)).toMatchObject({
			outcome: 'rejected',
			triggers: 0,
			say: expect.stringMatching(say),
			problem: {code: 'build.tag-changed'},
		});
	}
});

test('an order whose pipeline is found after all is followed, whatever it pushed meanwhile', async () => {
	const registry = registryWith({latest: one}, one);
	const settings = settingsWith({pushes: ['latest']});
	const {changes} = await ciBuild.gate!(
		{image},
		contextWith({ci: fakeCi(), registry, storage: fakeStorage()}, {settings}),
	);
	registry.served.set('latest', two).set(two.digest, two);
	const ci = fakeCi({found: [pipeline()]});

	expect(
		await ciBuild.run({image}, contextWith({ci, registry}, {settings, approved: changes, again: true})),
	).toMatchObject({outcome: 'succeeded'});
	expect(ci.triggers).toEqual([]);
});

/** The fallback pushes the tags of the configuration beside the incident's own. */
function fallbackContext(registry: FakeRegistry, more: Partial<ActionContext> & {tags?: string[]} = {}) {
	const {tags = ['manual', 'stable'], ...rest} = more;
	const orders: BuildOrder[] = [];
	const builder = fakeBuilder();
	const {start} = builder;
	builder.start = (order, waiting) => {
		orders.push(order);
		return start(order, waiting);
	};
	const build = {git: 'https://git.example/acme/infra', context: 'ci', tags};
	const settings = settingsWith({build});
	return {orders, context: contextWith({builder, registry}, {settings, ...rest})};
}

test('the fallback pushes what is broken or absent, and leaves an intact tag alone', async () => {
	const registry = registryWith({latest: one, stable: two}, one);
	const {context} = fallbackContext(registry);
	const {changes, phrase} = await builderBuild.gate!({image}, context);

	expect(phrase).toBe('build infra-ci');
	expect(changes).toMatchObject([
		{
			images: [latest, manual],
			writes: [
				{tag: 'latest', now: one.digest, verdict: 'broken'},
				{tag: 'manual', verdict: 'absent'},
			],
			leaves: [{tag: 'stable', now: two.digest, verdict: 'intact'}],
		},
	]);
	expect(said(changes)).toContain(
		`leaves ${latest.replace('latest', 'stable')} alone: it is intact: ${two.digest.slice(0, 19)}`,
	);
	expect(changes.map(isDestructive)).toEqual([false]);

	const ordered = fallbackContext(registry, {approved: changes});
	expect(await builderBuild.run({image}, ordered.context)).toMatchObject({outcome: 'pushed'});
	expect(ordered.orders.map(({images}) => images)).toEqual([[latest, manual]]);
});

test('nothing but what was approved is pushed, whatever the configuration names by then', async () => {
	const registry = registryWith({latest: one}, one);
	const {changes} = await builderBuild.gate!({image}, fallbackContext(registry, {tags: []}).context);
	const {orders, context} = fallbackContext(registry, {approved: changes, tags: ['manual', '1.4.2']});

	await builderBuild.run({image}, context);
	expect(orders.map(({images}) => images)).toEqual([[latest]]);
});

test('a tag that became intact, moved or cannot be read since the gate starts no build', async () => {
	const changesAfter = async (change: (registry: FakeRegistry) => void) => {
		const registry = registryWith({latest: one}, one);
		const {changes} = await builderBuild.gate!({image}, fallbackContext(registry).context);
		change(registry);
		const {orders, context} = fallbackContext(registry, {approved: changes});
		return {...(await builderBuild.run({image}, context)), orders};
	};

	for (const change of [
		(registry: FakeRegistry) => Object.assign(registry, {blob: whole}),
		(registry: FakeRegistry) => registry.served.set('latest', two),
		(registry: FakeRegistry) => registry.served.set('manual', two),
		(registry: FakeRegistry) => Object.assign(registry, {manifest: () => Promise.reject(unreachable())}),
	]) {
		expect(await changesAfter(change)).toMatchObject({
			outcome: 'rejected',
			orders: [],
			problem: {code: 'build.tag-changed'},
		});
	}
});

test('where every tag is intact there is no gate: nothing would be pushed', async () => {
	const {context} = fallbackContext(registryWith({latest: one}), {tags: []});

	await expect(builderBuild.gate!({image}, context)).rejects.toMatchObject({code: 'build.nothing-to-push'});
});

test('bytes that the incident found corrupt are broken, though a look at their edges finds them whole', async () => {
	const registry = registryWith({latest: one, stable: one});
	const {context} = fallbackContext(registry, {corrupt: new Set([one.digest])});
	const {changes} = await builderBuild.gate!({image}, context);

	expect(changes).toMatchObject([
		{writes: [{tag: 'latest', verdict: 'broken'}, {}, {tag: 'stable', verdict: 'broken'}]},
	]);
});

test('tags of the same digest are never carried along: only those that are configured were asked for', async () => {
	const registry = registryWith(Object.fromEntries(pushes.map(tag => [tag, one])), one);
	const asked = await builderBuild.gate!({image}, fallbackContext(registry, {tags: ['1.4.2']}).context);
	const unasked = await builderBuild.gate!({image}, fallbackContext(registry, {tags: []}).context);

	expect(asked.changes).toMatchObject([{images: [latest, latest.replace('latest', '1.4.2')]}]);
	expect(unasked.changes).toMatchObject([{images: [latest]}]);
});

test('the platforms that a build leaves out want the phrase, unless the configuration leaves them out and none can be pulled', async () => {
	const original = {platforms: ['linux/amd64', 'linux/arm64/v8', 'linux/s390x'], tags: ['latest']};
	const {context} = fallbackContext(registryWith({latest: one}, one), {tags: [], original});
	const {changes} = await builderBuild.gate!({image}, context);

	expect(changes).toMatchObject([
		{
			platforms: {
				builds: 'linux/amd64',
				loses: [
					{platform: 'linux/arm64/v8', verdict: 'broken'},
					{platform: 'linux/s390x', verdict: 'broken'},
				],
			},
		},
	]);
	expect(said(changes)).toContain(
		'would lose linux/arm64/v8, linux/s390x: the host builds for linux/amd64 only; fallback.platforms can name more',
	);
	expect(changes.map(isDestructive)).toEqual([true]);
	const lossOf = (verdict: 'intact' | 'broken'): Change[] =>
		changes.map(change => ({
			...(change as Extract<Change, {kind: 'build-and-push'}>),
			platforms: {builds: 'linux/amd64', loses: [{platform: 'linux/arm64', verdict}]},
		}));
	expect(said(lossOf('intact')).join()).toContain('linux/arm64 can be pulled now');
	expect([lossOf('intact'), lossOf('broken')].map(([change]) => isDestructive(change!))).toEqual([true, false]);

	const silent = fallbackContext(registryWith({latest: one}, one), {tags: [], original});
	silent.context.ports.builder!.abilities = () => Promise.reject(unreachable());
	expect(said((await builderBuild.gate!({image}, silent.context)).changes)).toContain(
		'would lose all but one of linux/amd64, linux/arm64/v8, linux/s390x: the host builds for one platform',
	);
});

test('what the configuration says may be lost is named, and wants no phrase', async () => {
	const original = {platforms: ['linux/amd64', 'linux/arm64/v8'], tags: ['latest']};
	const {context} = fallbackContext(registryWith({latest: one}, one), {tags: [], original});
	Object.assign(context.settings.fallback!, {platforms: ['linux/amd64']});
	const {changes} = await builderBuild.gate!({image}, context);

	expect(said(changes)).toContain('would lose linux/arm64/v8: it is built for linux/amd64 only');
	expect(changes.map(isDestructive)).toEqual([false]);
});

test('a platform or a secret that the host cannot build with is refused before the gate', async () => {
	const gateWith = (fallback: object, found: object, dockerfile = 'FROM a.example/go:1\nRUN make\n') => {
		const {context} = fallbackContext(registryWith({latest: one}, one), {tags: []});
		Object.assign(context.settings.fallback!, fallback);
		const abilities = {
			program: 'docker',
			platform: 'linux/amd64',
			emulates: [],
			buildx: true,
			unreadable: [],
			...found,
		};
		context.ports.builder!.abilities = async () => abilities;
		context.ports.builder!.recipe = async () => ({state: 'read', commit: '0', dockerfile});
		return builderBuild.gate!({image}, context);
	};
	const both = {platforms: ['linux/amd64', 'linux/arm64']};

	await expect(gateWith(both, {})).rejects.toMatchObject({
		code: 'build.platform',
		message: expect.stringMatching(/can't build linux\/arm64: the Dockerfile runs programs \(RUN\)/),
	});
	await expect(gateWith(both, {onePlatform: 'docker has no buildx there'})).rejects.toMatchObject({
		message: expect.stringContaining("can't build linux/amd64, linux/arm64: docker has no buildx there."),
	});
	await expect(gateWith({secrets: {npm: {file: '/no'}}}, {unreadable: ['/no']})).rejects.toMatchObject({
		code: 'build.secret',
	});
	expect(said((await gateWith(both, {emulates: ['linux/arm64']})).changes).join()).toContain(
		'for linux/amd64, linux/arm64',
	);
	expect(said((await gateWith(both, {}, 'FROM scratch\nCOPY x /\n')).changes).join()).not.toContain('would lose');
});

test('a login that no build program can push with is refused before the gate', async () => {
	const {context} = fallbackContext(registryWith({latest: one}, one), {tags: []});
	const gateWith = (login: RegistryLogin) => {
		const secrets = {...context.ports.secrets, registry: async () => login};
		return builderBuild.gate!({image}, {...context, ports: {...context.ports, secrets}});
	};

	await expect(gateWith({registryToken: 't', from: 'the entry of a file'})).rejects.toMatchObject({
		code: 'build.login',
		message: expect.stringContaining('the entry of a file is a registry token'),
	});
	expect((await gateWith({identityToken: 't'})).changes).toHaveLength(1);
});

test('a base image of the same registry that is broken is named as a danger', async () => {
	const {context} = fallbackContext(registryWith({latest: one}, one), {tags: []});
	const base = latest;
	context.ports.builder!.recipe = async () => ({
		state: 'read',
		commit: '0',
		dockerfile: `FROM ${base}\nCOPY --from=docker.io/library/certs:1 /x /x\n`,
	});

	const {changes} = await builderBuild.gate!({image}, context);

	expect(said(changes)).toContain(`starts from ${base}, which is broken now and has to be repaired first`);
	expect(said(changes)).toContain('starts from docker.io/library/certs:1, pulled anew');
});
