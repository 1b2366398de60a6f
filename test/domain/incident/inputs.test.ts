import {expect, test} from 'vitest';
import {parseChanges, sayChange} from '../../../src/domain/incident/change.ts';
import {inputParser} from '../../../src/domain/incident/inputs.ts';
import {parseOutput} from '../../../src/domain/incident/outputs.ts';
import {parseSettings} from '../../../src/domain/incident/settings.ts';

const image = 'registry.example:5000/infra-ci:latest';

test('the image of a step is parsed once, and a missing depth is edge', () => {
	expect(inputParser('registry.verify')({image, depth: null})).toEqual({
		image: {host: 'registry.example:5000', repository: 'infra-ci', tag: 'latest'},
		depth: 'edge',
	});
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

test('settings without a pipeline or a fallback have none', () => {
	expect(parseSettings({})).toEqual({
		role: 'authoritative',
		platforms: {},
		plainHttp: false,
		runsInItself: false,
		usedByPipelines: [],
	});
	expect(parseSettings({repository: 'acme/infra', branch: null, restart: ''})).toEqual(parseSettings({}));
	expect(parseSettings({role: 'somewhere'})).toBeUndefined();
});
