import fc from 'fast-check';
import {expect, it} from 'vitest';
import {OperatorError} from '../../../src/domain/errors.ts';
import {isChosen, parseImages, parseRepositories, plainNames} from '../../../src/domain/probe/given.ts';

const host = 'registry.example:5050';
const where = {host, isOwn: (each: string) => [host, 'registry.internal'].includes(each), file: 'list.txt'};

it('repositories are named as such, or by references of the registry under any of its addresses', () => {
	const text = `# used in production
infra-ci

web/shop
my.team/app
${host}/tools/lint:1.2
registry.internal/tools/sign@sha256:${'a'.repeat(64)}
registry.internal/data/etl
infra-ci:latest
hub.example/acme/app:7
`;

	expect(parseRepositories(text, where)).toEqual({
		repositories: ['infra-ci', 'web/shop', 'my.team/app', 'tools/lint', 'tools/sign', 'data/etl'].map(name => ({name})),
		elsewhere: 1,
	});
});

it('images are grouped by repository, under the address that is asked', () => {
	const {repositories, elsewhere} = parseImages(
		`${host}/web/shop:1\nregistry.internal/web/shop:2\r\nhub.example/a/b:1\ninfra-ci:latest\n`,
		where,
	);

	expect(repositories).toEqual([
		{name: 'web/shop', images: ['1', '2'].map(tag => ({host, repository: 'web/shop', tag}))},
		{name: 'infra-ci', images: [{host, repository: 'infra-ci', tag: 'latest'}]},
	]);
	expect(elsewhere).toBe(1);
});

it.each([
	['', 'list.txt names no repository of registry.example:5050.'],
	['hub.example/a/b:1', 'It names 1 image of other registries.'],
	['infra-ci\nInfra CI', 'list.txt:2:'],
])('%j is refused', (text, message) => {
	expect(() => parseRepositories(text, where)).toThrow(
		expect.objectContaining({code: 'usage.repositories', message: expect.stringContaining(message)}),
	);
});

it('a glob chooses among names; names without a star need no catalogue', () => {
	expect(['tools/lint', 'tools/a/b', 'web'].map(name => isChosen(name, ['tools/*']))).toEqual([true, true, false]);
	expect(isChosen('anything')).toBe(true);
	expect(plainNames(['web', 'tools/lint'])).toEqual([{name: 'web'}, {name: 'tools/lint'}]);
	expect([plainNames(['web', 'tools/*']), plainNames([]), plainNames()]).toEqual([undefined, undefined, undefined]);
});

it('any text is read or refused with its line', () => {
	fc.assert(
		fc.property(fc.string({unit: 'binary', maxLength: 200}), text => {
			for (const parse of [parseRepositories, parseImages]) {
				try {
					expect(parse(text, where).repositories.length).toBeGreaterThan(0);
				} catch (error) {
					expect(error).toBeInstanceOf(OperatorError);
				}
			}
		}),
	);
});
