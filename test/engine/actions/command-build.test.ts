import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {createBuildCommand} from '../../../src/adapters/build-command/build-command.ts';
import {parseReference} from '../../../src/domain/image/reference.ts';
import {isDestructive, sayChange} from '../../../src/domain/incident/change.ts';
import {parseSettings} from '../../../src/domain/incident/settings.ts';
import {planChangeOf} from '../../../src/domain/plan/plan-change.ts';
import {buildImage} from '../../../src/drills/images/image.ts';
import {commandBuild} from '../../../src/engine/actions/command-build.ts';
import {contextWith, type FakeRegistry, fakeRegistry} from '../../support/fake-ports.ts';
import {processes} from '../../support/processes.ts';

const one = buildImage({seed: 'one'}).index;
const image = parseReference('registry.example/infra-ci:latest');
let folder: string;

beforeEach(async () => {
	folder = await mkdtemp(path.join(tmpdir(), 'regmedic-command-'));
});
afterEach(() => rm(folder, {recursive: true, force: true}));

const script = (text: string) => ['sh', '-c', text];

/** A registry without the image, and a command that is really run. */
async function scene(
	command: string[],
	{follow, registry = fakeRegistry()}: {follow?: string[]; registry?: FakeRegistry} = {},
) {
	const settings = parseSettings({order: {command: '', pushes: ['latest']}})!;
	const buildCommand = createBuildCommand({
		command,
		...(follow && {follow}),
		environment: {PATH: process.env.PATH, HOME: folder},
		processes,
	});
	const context = contextWith({registry, buildCommand}, {settings, request: 'req-1', timeoutMs: 2_000});
	const {changes} = await commandBuild.gate!({image}, context);
	return {context: {...context, approved: changes}, changes, registry};
}

test('the gate names the command and the tags; a plan holds nothing to execute', async () => {
	const {changes} = await scene(['gh', 'workflow', 'run', 'a b.yml', '-f', 'id={request}'], {
		follow: ['gh', 'run', 'watch'],
	});

	expect(changes.flatMap(sayChange)).toEqual([
		"runs on this machine: gh workflow run 'a b.yml' -f id={request}",
		'then waits with: gh run watch',
		'pushes registry.example/infra-ci:latest, which does not exist now',
		'an order cannot be looked up: if its reply is lost, you say what became of it',
	]);
	expect(changes.map(isDestructive)).toEqual([false]);
	expect(JSON.stringify(changes.map(planChangeOf))).toBe('[{"type":"run-build-command","pushes":["latest"]}]');
});

test('the command gets the request id, once, and the registry proves the build', async () => {
	const {context, registry} = await scene(script('echo "{request} $REGMEDIC_REQUEST" >>"$HOME/orders"'), {
		follow: script('echo followed >>"$HOME/orders"'),
	});
	const {record} = context;
	context.record = async (...args) => {
		registry.served.set('latest', one).set(one.digest, one);
		return record(...args);
	};

	expect(await commandBuild.run({image}, context)).toMatchObject({outcome: 'pushed'});

	expect(await readFile(path.join(folder, 'orders'), 'utf8')).toBe('req-1 req-1\nfollowed\n');
});

test('a command that fails, a build that fails, and an image that does not come are told apart', async () => {
	const refused = await scene(script('echo no such workflow >&2; exit 3'));
	const failed = await scene(script('true'), {follow: script('echo make: error; exit 1')});
	const late = await scene(script('true'));
	const elsewhere = await scene(script('true'), {follow: script('echo pushed a/b')});

	expect(await commandBuild.run({image}, refused.context)).toMatchObject({
		outcome: 'failed',
		say: expect.stringMatching(/exit 3.*\nno such workflow$/s),
	});
	expect(await commandBuild.run({image}, failed.context)).toMatchObject({
		outcome: 'failed',
		say: expect.stringMatching(/The build failed.*\nmake: error$/s),
	});
	expect(await commandBuild.run({image}, late.context)).toMatchObject({outcome: 'late'});
	expect(await commandBuild.run({image}, elsewhere.context)).toMatchObject({
		outcome: 'failed',
		say: expect.stringMatching(/it pushed nothing, or elsewhere\..*\npushed a\/b$/s),
	});
});

test('an order whose reply was lost is unsure until a person says; one that was recorded is never placed again', async () => {
	const {context} = await scene(script('kill -9 $$'));
	await writeFile(path.join(folder, 'orders'), '');

	await expect(commandBuild.run({image}, context)).rejects.toMatchObject({code: 'effect.unknown'});
	expect(await commandBuild.reconcile!({image}, context)).toMatchObject({kind: 'unknown'});

	const again = await scene(script('echo order >>"$HOME/orders"'));
	const recorded = [{name: 'ordered', detail: {}}];
	expect(await commandBuild.reconcile!({image}, {...again.context, recorded})).toMatchObject({kind: 'running'});
	expect(await commandBuild.run({image}, {...again.context, recorded, attach: {kind: 'none'}})).toMatchObject({
		outcome: 'late',
	});
	expect(await readFile(path.join(folder, 'orders'), 'utf8')).toBe('');

	const following = await scene(script('echo order >>"$HOME/orders"'), {follow: script('echo make: error; exit 1')});
	expect(await commandBuild.run({image}, {...following.context, recorded, attach: {kind: 'none'}})).toMatchObject({
		outcome: 'failed',
		say: expect.stringMatching(/The build failed/),
	});
	expect(await readFile(path.join(folder, 'orders'), 'utf8')).toBe('');
});

test('a command that was changed after the approval is not run', async () => {
	const {context} = await scene(script('echo order >>"$HOME/orders"'));
	for (const changed of [{command: 'another'}, {follow: 'another'}]) {
		const approved = context.approved.map(change => ({...change, ...changed})) as typeof context.approved;
		expect(await commandBuild.run({image}, {...context, approved})).toMatchObject({outcome: 'rejected'});
	}

	await expect(readFile(path.join(folder, 'orders'))).rejects.toThrow('ENOENT');
});
