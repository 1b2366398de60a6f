import {expect, test} from 'vitest';
import {parseDigest} from '../../../src/domain/image/digest.ts';
import {type Change, sayChange} from '../../../src/domain/incident/change.ts';
import {inputParser} from '../../../src/domain/incident/inputs.ts';
import {parseOutput} from '../../../src/domain/incident/outputs.ts';
import {parseChanges} from '../../../src/domain/incident/parse-changes.ts';
import {parseSettings} from '../../../src/domain/incident/settings.ts';
import {toJson} from '../../../src/domain/json.ts';

const image = 'registry.example:5000/infra-ci:latest';

test('the image of a step is parsed once, and a missing depth is edge', () => {
	expect(inputParser('registry.verify')({image, depth: null})).toEqual({
		image: {host: 'registry.example:5000', repository: 'infra-ci', tag: 'latest'},
		depth: 'edge',
	});
});

test('a depth is one of those that verify has; another is named', () => {
	expect(inputParser('registry.verify')({image, depth: 'unpack'})).toMatchObject({depth: 'unpack'});
	expect(() => inputParser('registry.verify')({image, depth: 'deep'})).toThrow(
		expect.objectContaining({
			code: 'verify.depth',
			message: '"deep" is not a depth: write head, edge, content or unpack.',
		}),
	);
});

test('a value that an action cannot use is named, with its place in the values', () => {
	const finding = {kind: 'no-such-fault', repository: 'infra-ci', tags: [], via: [], missing: [], detail: ''};

	expect(() => inputParser('registry.relink')({image, findings: [finding]})).toThrow(
		expect.objectContaining({
			code: 'runbook.value-invalid',
			message: expect.stringContaining('registry.relink cannot use its value "findings.0.kind"'),
		}),
	);
	expect(() => inputParser('registry.repoint')({image, to: null})).toThrow(
		expect.objectContaining({code: 'runbook.value-invalid', message: expect.stringContaining('"to"')}),
	);
	expect(() => inputParser('storage.scan')({image: 'no host'})).toThrow(
		expect.objectContaining({code: 'reference.malformed'}),
	);
});

test('an output without values, or with nulls alone, is none; another one that cannot be parsed is kept as it is', () => {
	expect(parseOutput('builder.build', {})).toEqual({kind: 'none'});
	expect(parseOutput('registry.relink', {relinked: null})).toEqual({kind: 'none'});
	expect(parseOutput('registry.relink', {relinked: 2})).toEqual({kind: 'unreadable', values: {relinked: 2}});
	expect(parseOutput('__proto__', {relinked: 2})).toEqual({kind: 'unreadable', values: {relinked: 2}});
	expect(parseOutput('ci.build', {number: 41, url: null})).toEqual({kind: 'pipeline', number: 41});
});

test('changes that this version cannot read are shown in the sentences of the journal', () => {
	const sentences = ['does something new'];

	for (const plan of [undefined, 'x', [{kind: 'something-new'}], [{kind: 'follow-pipeline', number: 'x'}]]) {
		expect(parseChanges(sentences, plan)).toEqual([{kind: 'sentence', text: 'does something new'}]);
	}

	const [change] = parseChanges(sentences, [{kind: 'follow-pipeline', number: 41}]);
	expect(sayChange(change!)).toEqual(['follows pipeline 41, which is under way; starts nothing']);
});

test('the tags that a build writes are kept in the journal as they were shown; those of version 0.1 open as they were', () => {
	const now = parseDigest(`sha256:${'a'.repeat(64)}`);
	const changes: Change[] = [
		{kind: 'start-pipeline', repository: 'acme/infra', branch: 'main', image: 'r.example/a:1', writes: null},
		{
			kind: 'start-pipeline',
			repository: 'acme/infra',
			branch: 'main',
			image: 'r.example/a:1',
			writes: [{tag: '1', now, verdict: 'broken'}],
		},
		{
			kind: 'build-and-push',
			git: 'g',
			context: '.',
			dockerfile: 'D',
			images: ['r.example/a:1'],
			writes: [{tag: '1', verdict: 'absent'}],
			leaves: [{tag: '2', now, verdict: 'intact'}],
			platforms: {builds: 'linux/amd64', loses: [{platform: 'linux/arm64', verdict: 'broken'}]},
		},
	];
	const before = [
		{kind: 'start-pipeline', repository: 'acme/infra', branch: 'main', image: 'r.example/a:1'},
		{kind: 'build-and-push', git: 'g', context: '.', dockerfile: 'D', images: ['r.example/a:1']},
	];

	expect(parseChanges([], toJson(changes))).toEqual(changes);
	expect(parseChanges([], before).flatMap(sayChange)).toEqual([
		'starts one manual pipeline of acme/infra, branch main',
		'which builds and pushes r.example/a:1',
		'clones g',
		'builds . with D',
		'pushes r.example/a:1',
	]);
});

test('settings without a pipeline or a fallback have none', () => {
	expect(parseSettings({})).toEqual({
		runsIn: [],
		neededByPipelines: false,
		role: 'authoritative',
		platforms: {},
		plainHttp: false,
		runsInItself: false,
		usedByPipelines: [],
	});
	expect(parseSettings({repository: 'acme/infra', branch: null, restart: ''})).toEqual(parseSettings({}));
	expect(parseSettings({role: 'somewhere'})).toBeUndefined();
});
