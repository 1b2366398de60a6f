// biome-ignore-all lint/suspicious/noTemplateCurlyInString: values of a runbook are written like this.
import fc from 'fast-check';
import {expect, test} from 'vitest';
import {malformedIn, referencesIn, resolve, shellWord} from '../../../src/domain/incident/template.ts';
import type {Json} from '../../../src/domain/json.ts';
import {tries} from '../../support/sweep.ts';

const scope = {inputs: {image: 'a:1', none: null}, steps: {'scan-disk': {findings: [{kind: 'x'}], count: 2}}};

test('a text that is one reference becomes the value itself; within a text it becomes text', () => {
	expect(resolve('${steps.scan-disk.findings}', scope)).toEqual({ok: true, value: [{kind: 'x'}]});
	expect(resolve({a: ['see ${inputs.image}, ${steps.scan-disk.count}']}, scope)).toEqual({
		ok: true,
		value: {a: ['see a:1, 2']},
	});
	expect(resolve('${steps.scan-disk.findings}!', scope)).toEqual({ok: true, value: '[{"kind":"x"}]!'});
});

test('a missing value is named; with a question mark it is null', () => {
	expect(resolve({a: {b: '${steps.gone.x}'}}, scope)).toEqual({ok: false, missing: '${steps.gone.x}'});
	expect(resolve('${steps.gone.x?}', scope)).toEqual({ok: true, value: null});
	expect(resolve('<${steps.gone.x?}>', scope)).toEqual({ok: true, value: '<>'});
});

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
	'nothing is found that nobody put there: %s',
	name => {
		expect(resolve(`\${inputs.${name}}`, scope)).toMatchObject({ok: false});
		expect(resolve(`\${${name}}`, scope)).toEqual(
			name === '__proto__' ? {ok: true, value: '${__proto__}'} : {ok: false, missing: `\${${name}}`},
		);
	},
);

test('a value that looks like a reference is a value: nothing is resolved twice', () => {
	fc.assert(
		fc.property(fc.oneof(fc.constant('${inputs.image}'), fc.constant("$&$1$'"), fc.string()), value => {
			expect(resolve('<${inputs.evil}>', {inputs: {evil: value, image: 'no'}})).toEqual({
				ok: true,
				value: `<${value}>`,
			});
		}),
		{numRuns: tries(50)},
	);
});

test('a value without a reference stays as it is', () => {
	fc.assert(
		fc.property(
			fc.jsonValue().filter(value => !JSON.stringify(value).includes('${')),
			value => {
				expect(resolve(value as Json, scope)).toEqual({ok: true, value});
				expect(referencesIn(value as Json)).toEqual([]);
			},
		),
		{numRuns: tries(50)},
	);
});

test('the key "__proto__" is a key like any other', () => {
	const value = JSON.parse('{"__proto__": null}');

	expect(resolve(value, scope)).toEqual({ok: true, value});
});

test('a malformed reference is reported as one', () => {
	expect(malformedIn({a: ['${inputs.image}', '${inputs.image!}', 'x ${Inputs.y} z', '${']})).toEqual([
		'${inputs.image!}',
		'${Inputs.y}',
		'${',
	]);
});

test('a value in a command for people is quoted as one word of the shell', () => {
	expect(shellWord('registry.example:5050/infra-ci:latest')).toBe('registry.example:5050/infra-ci:latest');
	expect(shellWord("it's; rm -rf $(x)")).toBe("'it'\\''s; rm -rf $(x)'");
	expect(resolve('verify ${inputs.image} --all', {inputs: {image: 'a b'}}, shellWord)).toEqual({
		ok: true,
		value: "verify 'a b' --all",
	});
});
