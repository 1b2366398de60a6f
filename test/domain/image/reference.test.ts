import fc from 'fast-check';
import {expect, test} from 'vitest';
import {
	formatReference,
	type ImageReference,
	isLoopback,
	isRepositoryName,
	parseReference,
	shortName,
	target,
} from '../../../src/domain/image/reference.ts';

const letters = [...'abcdefghijklmnopqrstuvwxyz0123456789'];
const word = fc.string({unit: fc.constantFrom(...letters), minLength: 1, maxLength: 8});
const component = fc
	.array(fc.tuple(word, fc.constantFrom('.', '_', '__', '-', '---')), {minLength: 1, maxLength: 3})
	.map(parts => parts.flatMap(([name, between], n) => (n + 1 < parts.length ? [name, between] : [name])).join(''));
const repository = fc.array(component, {minLength: 1, maxLength: 4}).map(parts => parts.join('/'));
const tag = fc
	.tuple(
		fc.constantFrom(...letters, 'A', '_'),
		fc.string({unit: fc.constantFrom(...letters, '.', '-', '_', 'Z'), maxLength: 20}),
	)
	.map(([first, rest]) => first + rest);
const digest = fc
	.string({unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64})
	.map(hex => `sha256:${hex}`);
const host = fc.oneof(
	fc.tuple(word, fc.integer({min: 1, max: 65_535})).map(([name, port]) => `${name}:${port}`),
	fc.constantFrom('localhost', 'registry.example', '127.0.0.1:5055', '[::1]:5000', '[fe80::1]'),
);
const reference = fc.record({host, repository, tag, digest}, {requiredKeys: ['host', 'repository']});

test('every reference is read back as it was written', () => {
	fc.assert(
		fc.property(reference, parts => {
			const written = formatReference(parts as ImageReference);
			const read = parseReference(written);

			expect(read).toEqual(parts.tag === undefined && parts.digest === undefined ? {...parts, tag: 'latest'} : parts);
			expect(parseReference(formatReference(read))).toEqual(read);
			expect(target(read)).toBe(parts.digest ?? parts.tag ?? 'latest');
			expect(shortName(read)).toContain(parts.repository);
		}),
	);
});

test('any text is read, or refused with a hint', () => {
	fc.assert(
		fc.property(fc.oneof(fc.string(), fc.string({unit: fc.constantFrom(...'a:/@.-_[]0A ')})), text => {
			try {
				const {repository: name} = parseReference(text);
				expect(isRepositoryName(name)).toBe(true);
			} catch (error) {
				expect(error).toMatchObject({code: 'reference.malformed', exit: 'usage'});
			}
		}),
	);
});

test.each([
	'infra-ci:latest',
	'acme/infra-ci:latest',
	'registry.example/Infra:latest',
	'registry.example/',
	'registry.example/a//b',
	'registry.example/../etc',
	'registry.example/a:b:c/d',
	'registry.example/a:',
	'registry.example/a@',
	'registry.example/a@sha256:12',
	'registry.example:99999/a',
	'registry.example:0/a',
	'https://registry.example/a',
	'registry.example/a:latest\n',
	'registry.example/a?x=1:latest',
	'registry.example/a%2f:latest',
	'user:password@registry.example/a',
])('%j is refused: regmedic does not guess a host', text => {
	expect(() => parseReference(text)).toThrow(expect.objectContaining({code: 'reference.malformed'}));
});

test('only this machine is a loopback host', () => {
	const here = ['localhost', 'LOCALHOST:5000', '127.0.0.1', '127.8.8.8:80', '[::1]', '[::1]:5000'];
	const elsewhere = [
		'127.0.0.1.acme.example',
		'localhost.acme.example',
		'128.0.0.1',
		'[::2]',
		'registry.example:5000',
		'1127.0.0.1',
	];

	expect(here.filter(name => !isLoopback(name))).toEqual([]);
	expect(elsewhere.filter(isLoopback)).toEqual([]);
});

test.each([
	['docker.io/alpine:3', 'docker.io', 'library/alpine'],
	['index.docker.io/alpine', 'index.docker.io', 'library/alpine'],
	['docker.io/acme/app', 'docker.io', 'acme/app'],
	['registry.example/alpine', 'registry.example', 'alpine'],
])('%s names %s and %s', (text, host, repository) => {
	expect(parseReference(text)).toMatchObject({host, repository});
});
